# Outside libraries as imported targets. tools/setup installs them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(Boost ${FLOE_BOOST_VERSION} REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(GTest REQUIRED)
find_library(FLOE_PROMETHEUS prometheus-cpp-core REQUIRED)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(EDIT REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
find_library(FLOE_SNAPPY snappy REQUIRED)
find_library(FLOE_SIMDJSON simdjson REQUIRED)

# Where tools/setup puts what is not a package of Debian's.
if(DEFINED ENV{FLOE_DEPS})
  set(fetched $ENV{FLOE_DEPS})
else()
  set(fetched $ENV{HOME}/.cache/floe)
endif()

# Node.js builds the page: the fetched one, or the machine's own where that is new enough (tools/setup decides).
if(EXISTS ${fetched}/node-${FLOE_NODE_VERSION}/.complete)
  set(FLOE_NODE ${fetched}/node-${FLOE_NODE_VERSION}/bin/node)
  set(FLOE_NPM ${fetched}/node-${FLOE_NODE_VERSION}/bin/npm)
else()
  find_program(FLOE_NODE node)
  find_program(FLOE_NPM npm)
endif()

# DuckDB: library and headers of exactly one version (design D1). -DFLOE_DUCKDB_ROOT= takes an installed one.
if(NOT FLOE_DUCKDB_ROOT)
  set(FLOE_DUCKDB_ROOT ${fetched}/duckdb-${FLOE_DUCKDB_VERSION})
endif()
if(NOT EXISTS ${FLOE_DUCKDB_ROOT}/lib/libduckdb.so)
  message(FATAL_ERROR "DuckDB ${FLOE_DUCKDB_VERSION} is not at ${FLOE_DUCKDB_ROOT}. Run tools/setup build, or give -DFLOE_DUCKDB_ROOT=DIR.")
endif()
add_library(duckdb::duckdb SHARED IMPORTED)
set_target_properties(duckdb::duckdb PROPERTIES
  IMPORTED_LOCATION ${FLOE_DUCKDB_ROOT}/lib/libduckdb.so
  INTERFACE_INCLUDE_DIRECTORIES "${FLOE_DUCKDB_ROOT}/include"
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${FLOE_DUCKDB_ROOT}/include")
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set_property(TARGET duckdb::duckdb PROPERTY INTERFACE_COMPILE_OPTIONS
               "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/duckdb_with_clang.h>")
endif()

# Boost.Asio with C++20 coroutines, header only; errors come back as values (as_tuple), threads are ours.
add_library(floe_asio INTERFACE)
target_link_libraries(floe_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(floe_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 takes Asio's coroutine frame allocator for a mismatched delete once it is inlined.
  target_compile_options(floe_asio INTERFACE -Wno-mismatched-new-delete)
endif()
