// SPDX-License-Identifier: Apache-2.0
#include "duck/instance.h"

#include <duckdb.hpp>
#include <fmt/format.h>

#include "duck/guard.h"

namespace floe::duck {
namespace {

/// SET in a fresh connection; GLOBAL settings reach the whole database.
Status SetGlobal(duckdb::DuckDB& database, const std::string& assignment) {
  return Guard([&]() -> Status {
    duckdb::Connection connection(database);
    auto result = connection.Query("SET GLOBAL " + assignment);
    if (result->HasError()) return Fail(ErrorKind::kInvalidInput, result->GetError());
    return {};
  });
}

}  // namespace

Status CheckLibraryVersion() {
  const std::string loaded = duckdb::DuckDB::LibraryVersion();
  if (loaded == FLOE_DUCKDB_VERSION) return {};
  return Fail(
      ErrorKind::kFailedPrecondition,
      fmt::format(
          "libduckdb.so is version {}, but this program was built for {}; run tools/setup or point the library path at "
          "the right one",
          loaded, FLOE_DUCKDB_VERSION));
}

Instance::Instance(InstanceOptions options) : options_(std::move(options)) {}
Instance::~Instance() = default;

Status Instance::OpenLocked() {
  if (database_) return {};
  FLOE_TRY_VOID(CheckLibraryVersion());
  FLOE_TRY_VOID(Guard([&] {
    duckdb::DBConfig config;
    if (options_.threads > 0) config.SetOptionByName("threads", duckdb::Value::BIGINT(options_.threads));
    if (options_.memory_limit_bytes > 0) {
      config.SetOptionByName("memory_limit", duckdb::Value(fmt::format("{}B", options_.memory_limit_bytes)));
    }
    config.SetOptionByName("temp_directory", duckdb::Value(options_.temp_directory));
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
    database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
  }));
  if (!options_.on_open) return {};
  Status hooked = options_.on_open(*database_->instance);
  if (!hooked) database_.reset();
  return hooked;
}

Result<std::unique_ptr<duckdb::Connection>> Instance::Connect() {
  const std::lock_guard lock(mu_);
  FLOE_TRY_VOID(OpenLocked());
  return Guard([&] { return std::make_unique<duckdb::Connection>(*database_); });
}

Result<duckdb::DatabaseInstance*> Instance::Database() {
  const std::lock_guard lock(mu_);
  FLOE_TRY_VOID(OpenLocked());
  return database_->instance.get();
}

bool Instance::IsOpen() const {
  const std::lock_guard lock(mu_);
  return database_ != nullptr;
}

Status Instance::SetThreads(int threads) {
  const std::lock_guard lock(mu_);
  options_.threads = threads;
  return database_ ? SetGlobal(*database_, fmt::format("threads = {}", threads)) : Status{};
}

Status Instance::SetMemoryLimit(std::uint64_t bytes) {
  const std::lock_guard lock(mu_);
  options_.memory_limit_bytes = bytes;
  return database_ ? SetGlobal(*database_, fmt::format("memory_limit = '{}B'", bytes)) : Status{};
}

}  // namespace floe::duck
