// SPDX-License-Identifier: Apache-2.0
#include "server/check.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"
#include "iceberg/commit/catalog.h"
#include "iceberg/scan/verify.h"
#include "io/file_system.h"
#include "log/check.h"
#include "meta/store.h"
#include "server/data_directory.h"
#include "stream/checkpoint/manifest.h"
#include "stream/state/state_io.h"

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
    for (const log::BadSideFile& bad : report.bad_side_files) {
      findings.Bad("log", fmt::format("{}: {} (byte {}). The records are whole: remove the file, the next start builds "
                                      "it again",
                                      bad.file, bad.reason, bad.position));
    }
  }
}

std::string CheckState(const stream::OperatorSnapshot& state, const std::string& directory) {
  std::string bytes = state.inline_state;
  if (!state.file.empty()) {
    auto content = io::ReadFile(io::LocalFileSystem(), directory + "/" + state.file);
    if (!content) return content.error().ToString();
    if (content->size() != state.file_size)
      return fmt::format("{}/{} has {} bytes, not {}", directory, state.file, content->size(), state.file_size);
    bytes = std::move(*content);
  }
  if (bytes.empty()) return {};
  auto reader = stream::StateReader::Open(bytes);
  if (reader) return {};
  return fmt::format("{}: {}", state.file.empty() ? "meta.db" : directory + "/" + state.file,
                     reader.error().ToString());
}

/// Of every job that has one: the manifest and the state it names.
Status CheckCheckpoints(meta::Store& store, const std::string& root, Findings& findings) {
  bool any = false;
  FLOE_TRY_VOID(store.Read([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Query("SELECT 1 FROM sqlite_master WHERE name = 'stream_checkpoints'", {},
                                    [&](const meta::Row&) -> Status {
                                      any = true;
                                      return {};
                                    }));
    if (!any) return {};
    return transaction.Query(
        "SELECT job_id, manifest FROM stream_checkpoints ORDER BY job_id", {}, [&](const meta::Row& row) -> Status {
          const std::string job(row.Bytes(0));
          auto manifest = stream::DecodeManifest(row.Bytes(1));
          std::string bad = manifest ? "" : "its manifest in meta.db: " + manifest.error().ToString();
          for (std::size_t i = 0; bad.empty() && i < manifest->operators.size(); ++i)
            bad = CheckState(manifest->operators[i], root + "/" + job);
          if (bad.empty()) {
            findings.Good("state", fmt::format("job {}: checkpoint {}, {}", job, manifest->id.value(),
                                               HumanBytes(manifest->state_bytes())));
          } else {
            findings.Bad("state",
                         fmt::format("job {}: {}. Bring it back from a backup, or remove the job and submit it "
                                     "again",
                                     job, bad));
          }
          return {};
        });
  }));
  return {};
}

void CheckTable(iceberg::Catalog& catalog, iceberg::TableVerifier& verifier, const iceberg::TableName& name,
                Findings& findings) {
  auto loaded = catalog.LoadTable(name);
  if (!loaded) return findings.Bad("iceberg", fmt::format("{}: {}", name.ToString(), loaded.error().ToString()));
  const iceberg::TableReport report = verifier.Verify(*loaded);
  for (const iceberg::FileDamage& damage : report.damages) {
    findings.Bad("iceberg", fmt::format("{}: {}: {}. Bring the file back from a backup", name.ToString(), damage.path,
                                        damage.reason));
  }
  if (!report.damages.empty()) return;
  std::string text = fmt::format("{}: {} files, {} rows, {} snapshots", name.ToString(), HumanCount(report.files),
                                 HumanCount(report.rows), HumanCount(report.snapshots));
  if (report.without_checksum > 0)
    text += fmt::format("; {} files without checksum, only decoded", HumanCount(report.without_checksum));
  findings.Good("iceberg", text);
}

Status CheckWarehouse(meta::Store& store, const std::string& path, Findings& findings) {
  FLOE_TRY(auto catalog, iceberg::Catalog::Open(store, io::LocalFileSystem(), path, SystemClock(), SystemRandom()));
  iceberg::TableVerifier verifier(catalog->io());
  FLOE_TRY(std::vector<std::string> databases, catalog->ListDatabases());
  for (const std::string& database : databases) {
    FLOE_TRY(std::vector<std::string> tables, catalog->ListTables(database));
    for (const std::string& table : tables) CheckTable(*catalog, verifier, {database, table}, findings);
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
  FLOE_TRY_VOID(CheckCheckpoints(**store, directory->Sub("checkpoints"), findings));
  FLOE_TRY_VOID(CheckWarehouse(**store, directory->Sub("warehouse"), findings));
  return findings.Finish();
}

}  // namespace floe::server
