// SPDX-License-Identifier: Apache-2.0
#include "server/check.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"
#include "iceberg/commit/catalog.h"
#include "iceberg/scan/plan.h"
#include "io/file_system.h"
#include "log/check.h"
#include "meta/store.h"
#include "server/data_directory.h"

namespace floe::server {
namespace {

using nlohmann::ordered_json;

class Findings {
 public:
  void Good(const std::string& area, const std::string& text) { Add(area, text, false); }
  void Bad(const std::string& area, const std::string& text) { Add(area, text, true); }

  CheckReport Finish() const {
    CheckReport report;
    report.problems = problems_;
    report.text = text_ + (problems_ == 0 ? "No problems found.\n" : fmt::format("{} problems found.\n", problems_));
    report.json = ordered_json{{"problems", problems_}, {"findings", findings_}}.dump(2);
    return report;
  }

 private:
  void Add(const std::string& area, const std::string& text, bool bad) {
    problems_ += bad ? 1 : 0;
    text_ += fmt::format("{:<4} {:<9} {}\n", bad ? "BAD" : "ok", area, text);
    findings_.push_back({{"ok", !bad}, {"area", area}, {"text", text}});
  }
  std::int64_t problems_ = 0;
  std::string text_;
  ordered_json findings_ = ordered_json::array();
};

void CheckLog(const std::string& path, Findings& findings) {
  auto reports = log::CheckDirectory(io::LocalFileSystem(), path);
  if (!reports) {
    if (reports.error().kind() == ErrorKind::kNotFound) return findings.Good("log", "no records yet");
    return findings.Bad("log", reports.error().ToString());
  }
  for (const log::PartitionReport& report : *reports) {
    std::string size = fmt::format("{}: {} segments, {} batches, {} records, {}", report.directory, report.segments,
                                   HumanCount(report.batches), HumanCount(report.records), HumanBytes(report.bytes));
    if (!report.bad) {
      findings.Good("log", size);
    } else if (report.bad->torn_tail) {
      findings.Good("log", fmt::format("{}; unacknowledged tail at byte {} of {}, cut at the next start", size,
                                       report.bad->position, report.bad->file));
    } else {
      findings.Bad("log", fmt::format("{}; {} at byte {} of {}", size, report.bad->reason, report.bad->position,
                                      report.bad->file));
    }
  }
}

void CheckTable(iceberg::Catalog& catalog, const iceberg::TableName& name, Findings& findings) {
  auto loaded = catalog.LoadTable(name);
  if (!loaded) return findings.Bad("iceberg", fmt::format("{}: {}", name.ToString(), loaded.error().ToString()));
  auto plan = iceberg::PlanScan(catalog.io(), *loaded, {}, {});
  if (!plan) return findings.Bad("iceberg", fmt::format("{}: {}", name.ToString(), plan.error().ToString()));
  std::int64_t rows = 0;
  std::int64_t missing = 0;
  for (const iceberg::ScanFileTask& task : plan->tasks) {
    rows += task.file.record_count;
    auto path = iceberg::LocalPath(task.file.path);
    auto file = path ? io::LocalFileSystem().OpenReadable(*path)
                     : Result<std::unique_ptr<io::ReadableFile>>(Fail(path.error()));
    auto size = file ? (*file)->Size() : Result<std::uint64_t>(Fail(file.error()));
    if (size && static_cast<std::int64_t>(*size) == task.file.file_size) continue;
    ++missing;
    findings.Bad("iceberg",
                 fmt::format("{}: data file {} is missing or has another size", name.ToString(), task.file.path));
  }
  if (missing == 0)
    findings.Good("iceberg",
                  fmt::format("{}: {} files, {} rows", name.ToString(), plan->tasks.size(), HumanCount(rows)));
}

Status CheckWarehouse(meta::Store& store, const std::string& path, Findings& findings) {
  FLOE_TRY(auto catalog, iceberg::Catalog::Open(store, io::LocalFileSystem(), path, SystemClock(), SystemRandom()));
  FLOE_TRY(std::vector<std::string> databases, catalog->ListDatabases());
  for (const std::string& database : databases) {
    FLOE_TRY(std::vector<std::string> tables, catalog->ListTables(database));
    for (const std::string& table : tables) CheckTable(*catalog, {database, table}, findings);
  }
  return {};
}

}  // namespace

Result<CheckReport> CheckDataDirectory(const std::string& path) {
  FLOE_TRY(bool exists, io::LocalFileSystem().Exists(path + "/floe.json"));
  if (!exists) return Fail(ErrorKind::kNotFound, fmt::format("'{}' is not a data directory of floe", path));
  FLOE_TRY(auto directory, DataDirectory::Open(path));
  Findings findings;
  CheckLog(directory->Sub("log"), findings);
  auto store = meta::Store::Open(directory->Sub("meta.db"));
  if (!store) {
    findings.Bad("meta.db", store.error().ToString());
    return findings.Finish();
  }
  std::string integrity;
  FLOE_TRY_VOID((*store)->Read([&](meta::Transaction& transaction) {
    return transaction.Query("PRAGMA integrity_check", {}, [&](const meta::Row& row) -> Status {
      integrity += (integrity.empty() ? "" : "; ") + std::string(row.Bytes(0));
      return {};
    });
  }));
  if (integrity == "ok") {
    findings.Good("meta.db", "integrity check passed");
  } else {
    findings.Bad("meta.db", integrity);
  }
  FLOE_TRY_VOID(CheckWarehouse(**store, directory->Sub("warehouse"), findings));
  return findings.Finish();
}

}  // namespace floe::server
