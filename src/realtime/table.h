// SPDX-License-Identifier: Apache-2.0
// A table in memory, keyed or append-only, that other threads may read at any moment while one job writes it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/memory_budget.h"
#include "base/result.h"
#include "data/batch.h"
#include "data/type.h"
#include "formats/format.h"
#include "formats/input.h"
#include "meta/store.h"

namespace floe::realtime {

/// Up to STANDARD_VECTOR_SIZE rows. Never changes once it is in a snapshot.
struct Segment {
  duckdb::DataChunk rows;
  std::size_t overwritten = 0;  ///< rows replaced in place: their strings still take memory
};

/// The table at one moment. Cheap to make and to copy; holds its memory while it lives. Thread-safe to read through
/// const access only: reference or copy the vectors, do not flatten them in place.
struct Snapshot {
  std::uint64_t version = 0;
  std::size_t rows = 0;
  std::vector<std::shared_ptr<const Segment>> segments;
};

struct TableSpec {
  std::string name;  ///< "catalog.database.name"
  data::Schema schema;
  std::vector<std::string> primary_key;  ///< empty: append-only
};

/// Where tables take their memory from; null: not counted.
struct MemoryAccount {
  MemoryBudget* budget = nullptr;
  int component = -1;
};

/// Invariants: rows lie densely (all segments full but the last); `index_` has exactly one entry per row of a keyed
/// table; a segment that a snapshot holds is cloned before it is changed. Thread-safe; writers take turns.
class Table {
 public:
  /// Loads the rows of the last checkpoint. kNotSupported (column types), kCorruption, kFailedPrecondition when the
  /// stored rows have another schema.
  static Result<std::shared_ptr<Table>> Open(meta::Store& store, TableSpec spec, MemoryAccount memory = {});

  const TableSpec& spec() const { return spec_; }
  Snapshot TakeSnapshot() const;
  /// Grows with every Apply that changed something.
  std::uint64_t version() const;
  std::size_t row_count() const;
  /// Estimate of the memory taken.
  std::size_t size_bytes() const;
  /// Called by the writing thread after each change, with the new version; must be cheap. Returns a token for
  /// Unsubscribe.
  std::uint64_t Subscribe(std::function<void(std::uint64_t version)> on_change);
  /// After it returns the callback is not running and will not run; not to be called from inside a callback.
  void Unsubscribe(std::uint64_t token);

  /// Upserts and deletes by primary key; -U is skipped. Visible when it returns. Append-only tables: kInvalidInput for
  /// anything but inserts. kResourceExhausted, with nothing applied, when the node's memory is used up.
  Status Apply(const data::Batch& batch);
  /// Encodes the rows changed since the last checkpoint; they stay pending until Committed.
  Status Prepare();
  /// Writes the pending rows.
  Status WriteTo(meta::Transaction& transaction);
  void Committed();
  /// Back to the last checkpoint, if anything was applied since.
  Status Revert();

 private:
  struct RowId {
    std::uint32_t segment = 0;
    std::uint32_t row = 0;
  };
  using Index = std::unordered_map<std::string, RowId>;

  Table(meta::Store& store, TableSpec spec, MemoryAccount memory)
      : store_(store), spec_(std::move(spec)), memory_(memory) {}
  Status Init();
  /// Reads what is stored; with mu_ held.
  Status Load();
  Status Register();
  Status LoadRows(meta::Transaction& transaction);
  Status ApplyLocked(const data::Batch& batch);
  void Upsert(const data::Batch& batch, std::size_t row, const std::string& key);
  void Delete(const std::string& key);
  Segment& Writable(std::size_t index);
  void CopyRow(const duckdb::DataChunk& from, std::size_t from_row, RowId to);
  std::string KeyOf(std::size_t row);
  void Notify();
  std::size_t SizeLocked() const;
  /// Brings the reservation up to date once enough rows have come since the last time.
  Status AccountLocked(std::size_t rows);

  // Constant after Open.
  meta::Store& store_;
  TableSpec spec_;
  const MemoryAccount memory_;
  duckdb::vector<duckdb::LogicalType> types_;
  std::vector<int> key_columns_;
  std::vector<int> all_columns_;

  mutable std::mutex mu_;
  // Guarded by mu_.
  std::vector<std::shared_ptr<Segment>> segments_;
  std::size_t rows_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t next_sequence_ = 0;  ///< keys of append-only rows
  Index index_;
  std::vector<const std::string*> keys_;  ///< by row number; points into index_
  std::vector<formats::Input> key_inputs_;
  std::map<std::string, bool> dirty_;                          ///< key to "exists"
  std::map<std::string, std::optional<std::string>> pending_;  ///< key to encoded row; nothing: deleted
  std::unique_ptr<formats::RowEncoder> encoder_;
  std::optional<MemoryReservation> reserved_;
  std::size_t uncounted_rows_ = 0;

  std::mutex subscribers_mu_;
  std::map<std::uint64_t, std::function<void(std::uint64_t)>> subscribers_;  // guarded by subscribers_mu_
  std::uint64_t next_token_ = 1;                                             // guarded by subscribers_mu_
};

/// All real-time tables of a node. Thread-safe.
class Tables {
 public:
  /// Makes its tables in meta.db.
  static Result<std::unique_ptr<Tables>> Open(meta::Store& store, MemoryAccount memory = {});
  /// The table, loaded when it is not open yet. kConflict when it is open with another schema.
  Result<std::shared_ptr<Table>> OpenTable(TableSpec spec);
  /// An open one, or nullptr.
  std::shared_ptr<Table> Find(const std::string& name) const;
  std::vector<std::shared_ptr<Table>> List() const;
  /// Forgets the table and its stored rows; readers keep what they hold.
  Status Drop(const std::string& name);

 private:
  Tables(meta::Store& store, MemoryAccount memory) : store_(store), memory_(memory) {}
  meta::Store& store_;
  const MemoryAccount memory_;
  mutable std::mutex mu_;
  std::map<std::string, std::shared_ptr<Table>> tables_;  // guarded by mu_
};

}  // namespace floe::realtime
