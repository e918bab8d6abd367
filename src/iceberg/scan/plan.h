// SPDX-License-Identifier: Apache-2.0
// Which files a query over a table must read: plain data out, no row read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "iceberg/commit/table_io.h"
#include "iceberg/manifest/manifest.h"

namespace floe::iceberg {

enum class CompareOp : std::uint8_t {
  kEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,
  kIsNull,
  kIsNotNull
};

/// A condition every wanted row fulfils; a list of them is a conjunction. Literals are of the column's current type.
struct ColumnPredicate {
  std::int32_t field_id = 0;
  CompareOp op = CompareOp::kEqual;
  std::vector<Literal> values;  ///< one, or any number for kIn; none for the null tests
};

struct AsOfTimestamp {
  TimestampMs at;
};
struct AsOfRef {
  std::string name;
};
/// Nothing: the current snapshot.
using AsOf = std::variant<std::monostate, SnapshotId, AsOfTimestamp, AsOfRef>;

struct ScanFileTask {
  DataFile file;
  std::int64_t sequence_number = 0;
  std::vector<DataFile> deletes;  ///< position delete files that may hold rows of it
};

struct ScanPlan {
  std::shared_ptr<const TableMetadata> metadata;
  Schema schema;                       ///< what the result looks like: the snapshot's when one was asked for
  const Snapshot* snapshot = nullptr;  ///< null: no rows
  std::vector<ScanFileTask> tasks;
  std::int64_t manifests_skipped = 0;
  std::int64_t files_skipped = 0;
};

/// The snapshot an AS OF names. By time: the snapshot log decides; where it was cut by thinning, the newest kept
/// snapshot of main's history at or before the instant (docs/format/iceberg-layout.md). kNotFound.
Result<const Snapshot*> ResolveSnapshot(const TableMetadata& metadata, const AsOf& as_of);

/// Prunes manifests by partition summaries, files by partition values and bounds: conservative, rows still need
/// filtering. kNotSupported, naming the file: equality deletes, deletion vectors, data files that are not Parquet,
/// encrypted files.
Result<ScanPlan> PlanScan(TableIo& io, const LoadedTable& table, const AsOf& as_of,
                          const std::vector<ColumnPredicate>& predicates);

/// Whether rows of a column with these bounds can fulfil the predicate; missing facts are null or -1.
struct ColumnFacts {
  std::optional<Literal> lower;
  std::optional<Literal> upper;
  std::int64_t values = -1;
  std::int64_t nulls = -1;
  bool may_have_nan = true;
};
bool MayMatch(const ColumnPredicate& predicate, const ColumnFacts& facts);

}  // namespace floe::iceberg
