# A thin front over CMake presets. `make help` lists the targets.
SHELL := /bin/bash
DEMO_RATE ?=
JOBS ?= $(shell nproc)

.PHONY: help demo test check build dev release tsan fuzz setup-build setup-test interop clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 14

setup-build:
	@tools/setup build

setup-test:
	@tools/setup test

build/%/build.ninja: | setup-build
	@cmake --preset $* >build-$*.log 2>&1 || { cat build-$*.log; exit 1; }; rm -f build-$*.log

release: setup-build build/release/build.ninja ## build what users run: build/release/floe
	@cmake --build --preset release --target floe -j $(JOBS) -- --quiet

dev: setup-build build/dev/build.ninja ## build with AddressSanitizer and UBSan
	@cmake --build --preset dev -j $(JOBS) -- --quiet

demo: release ## install, build, run the weather pipeline (DEMO_SECONDS=20 ends by itself, DEMO_RATE=5000 events/s)
	@build/release/floe demo weather $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS)) $(if $(DEMO_RATE),--rate $(DEMO_RATE))

test: setup-test dev ## install, build, pass all tests
	@ctest --preset dev

check: ## layers, sizes, format, clang-tidy on what changed
	@tools/check

tsan: setup-build build/tsan/build.ninja ## unit tests under ThreadSanitizer
	@cmake --build --preset tsan -j $(JOBS) -- --quiet
	@ctest --preset tsan -L unit

fuzz: setup-test build/fuzz/build.ninja ## each fuzz target for 60 s
	@cmake --build --preset fuzz --target fuzzers -j $(JOBS) -- --quiet
	@tools/fuzz 60

interop: release ## real outside clients and systems (slow): tools/interop lists them
	@tools/interop all

clean: ## remove build folders
	@rm -rf build
