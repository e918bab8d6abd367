// SPDX-License-Identifier: Apache-2.0
// The log and the Kafka service alone, for clients' tests: floe_broker --data DIR [--port N] [--partitions N] prints
// its address and runs until SIGTERM or SIGINT.
#include <charconv>
#include <csignal>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "base/async/compute_pool.h"
#include "base/async/io_threads.h"
#include "base/clock.h"
#include "base/logging.h"
#include "io/file_system.h"
#include "kafka/server/server.h"
#include "log/log.h"
#include "meta/store.h"

namespace {

struct Arguments {
  std::string data;
  std::uint16_t port = 0;
  int partitions = 1;
};

floe::Result<Arguments> Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    int number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (name == "--data") {
      arguments.data = value;
    } else if (name == "--port") {
      arguments.port = static_cast<std::uint16_t>(number);
    } else if (name == "--partitions") {
      arguments.partitions = number;
    } else {
      return floe::Fail(floe::ErrorKind::kInvalidInput, "unknown argument " + name);
    }
  }
  if (arguments.data.empty())
    return floe::Fail(floe::ErrorKind::kInvalidInput, "usage: floe_broker --data DIR [--port N] [--partitions N]");
  return arguments;
}

floe::Status Run(const Arguments& arguments, const sigset_t& signals) {
  auto& files = floe::io::LocalFileSystem();
  FLOE_TRY_VOID(files.CreateDirectories(arguments.data));
  FLOE_TRY(auto store, floe::meta::Store::Open(arguments.data + "/meta.db"));
  FLOE_TRY(auto log, floe::log::Log::Open(files, *store, floe::SystemClock(), {.directory = arguments.data + "/log"}));
  floe::IoThreads io(1);
  floe::ComputePool compute(2);
  FLOE_TRY(auto offsets, floe::kafka::OffsetStore::Open(*store, compute));
  floe::kafka::ServerOptions options;
  options.listen.address.port = arguments.port;
  options.default_partitions = arguments.partitions;
  options.log_directory = arguments.data + "/log";
  FLOE_TRY(auto server, floe::kafka::Server::Start({.io = io,
                                                    .compute = compute,
                                                    .log = *log,
                                                    .store = *store,
                                                    .offsets = *offsets,
                                                    .clock = floe::SystemClock(),
                                                    .random = floe::SystemRandom()},
                                                   options));
  fmt::print("{}\n", server->address().ToString());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server->Stop();
  FLOE_TRY_VOID(log->Close());
  compute.Stop();
  io.Stop();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  // Blocked before any thread exists, so that only sigwait sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto arguments = Parse(argc, argv);
  const auto ended = arguments ? Run(*arguments, signals) : floe::Status(floe::Fail(arguments.error()));
  if (ended) return 0;
  fmt::print(stderr, "floe_broker: {}\n", ended.error().ToString());
  return 1;
}
