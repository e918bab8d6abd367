// SPDX-License-Identifier: Apache-2.0
#include "realtime/table.h"

#include <algorithm>
#include <cstring>

#include <duckdb/common/vector_operations/vector_operations.hpp>
#include <fmt/format.h>

#include "data/duckdb_type.h"

namespace floe::realtime {
namespace {

using data::RowKind;
using data::TypeKind;

constexpr std::size_t kSegmentRows = STANDARD_VECTOR_SIZE;

template <typename T>
void AppendRaw(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// One key column: a null flag, then fixed-size bytes or a length and bytes. Only equality matters.
void AppendKey(const formats::Input& input, std::size_t row, std::string& out) {
  std::size_t index = input.Index(row);
  bool null = input.IsNull(index);
  out += null ? '\0' : '\1';
  if (null) return;
  const data::Type& type = input.type;
  switch (type.kind()) {
    case TypeKind::kBoolean: AppendRaw(out, input.Get<bool>(index)); return;
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt: AppendRaw(out, input.Integer(index)); return;
    case TypeKind::kFloat: AppendRaw(out, input.Get<float>(index)); return;
    case TypeKind::kDouble: AppendRaw(out, input.Get<double>(index)); return;
    case TypeKind::kDecimal: AppendRaw(out, input.Decimal(index)); return;
    case TypeKind::kDate: AppendRaw(out, input.Get<std::int32_t>(index)); return;
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: AppendRaw(out, input.Get<std::int64_t>(index)); return;
    default: {
      std::string_view text = input.Text(index);
      AppendRaw(out, static_cast<std::uint32_t>(text.size()));
      out += text;
      return;
    }
  }
}

std::string SchemaText(const TableSpec& spec) {
  return fmt::format("{} PRIMARY KEY ({})", spec.schema.ToString(), fmt::join(spec.primary_key, ", "));
}

std::shared_ptr<Segment> NewSegment(const duckdb::vector<duckdb::LogicalType>& types) {
  auto segment = std::make_shared<Segment>();
  segment->rows.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  return segment;
}

std::shared_ptr<Segment> Clone(const Segment& from, const duckdb::vector<duckdb::LogicalType>& types) {
  auto copy = NewSegment(types);
  for (std::size_t i = 0; i < from.rows.data.size(); ++i) {
    duckdb::VectorOperations::Copy(from.rows.data[i], copy->rows.data[i], from.rows.size(), 0, 0);
  }
  copy->rows.SetCardinality(from.rows.size());
  return copy;
}

}  // namespace

Result<std::shared_ptr<Table>> Table::Open(meta::Store& store, TableSpec spec, MemoryAccount memory) {
  std::shared_ptr<Table> table(new Table(store, std::move(spec), memory));
  FLOE_TRY_VOID(table->Init());
  {
    std::lock_guard lock(table->mu_);
    FLOE_TRY_VOID(table->Load());
    FLOE_TRY_VOID(table->AccountLocked(table->rows_));
  }
  FLOE_TRY_VOID(table->Register());
  return table;
}

/// Without mu_: WriteTo takes it inside a transaction.
Status Table::Register() {
  return store_.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY([[maybe_unused]] std::int64_t added,
             transaction.Execute("INSERT OR IGNORE INTO realtime_tables (name, definition) VALUES (?, ?)",
                                 {spec_.name, SchemaText(spec_)}));
    return {};
  });
}

Status Table::Init() {
  FLOE_TRY(types_, data::ToDuckDB(spec_.schema));
  FLOE_TRY(encoder_, formats::MakeEncoder({"json", spec_.schema, {}}));
  for (std::size_t i = 0; i < spec_.schema.size(); ++i) all_columns_.push_back(static_cast<int>(i));
  for (const std::string& name : spec_.primary_key) {
    int column = spec_.schema.Find(name);
    if (column < 0)
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("table {}: primary key column '{}' does not exist", spec_.name, name));
    const data::Field& field = spec_.schema.fields[static_cast<std::size_t>(column)];
    if (!field.type.fields().empty()) {
      return Fail(ErrorKind::kNotSupported, fmt::format("table {}: {} cannot be in a primary key (column '{}')",
                                                        spec_.name, field.type.ToString(), name));
    }
    key_columns_.push_back(column);
    key_inputs_.push_back(formats::Input::Make(field.type, name));
  }
  // Rows are stored as JSON; this tells now whether they can be read back.
  FLOE_TRY(auto decoder, formats::MakeDecoder({"json", spec_.schema, all_columns_, {}}));
  return {};
}

Status Table::Load() {
  segments_.clear();
  keys_.clear();
  index_.clear();
  dirty_.clear();
  pending_.clear();
  rows_ = 0;
  next_sequence_ = 0;
  ++version_;
  std::string stored;
  return store_.Read([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Query("SELECT definition FROM realtime_tables WHERE name = ?", {spec_.name},
                                    [&](const meta::Row& row) -> Status {
                                      stored = row.Bytes(0);
                                      return {};
                                    }));
    if (!stored.empty() && stored != SchemaText(spec_)) {
      return Fail(ErrorKind::kFailedPrecondition,
                  fmt::format("table {} holds rows with another schema, {}; DROP TABLE it first", spec_.name, stored));
    }
    return LoadRows(transaction);
  });
}

Status Table::LoadRows(meta::Transaction& transaction) {
  FLOE_TRY(auto decoder, formats::MakeDecoder({"json", spec_.schema, all_columns_, {}}));
  data::Batch batch;
  batch.rows.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
  std::size_t row = 0;
  auto bind = [&] {
    batch.rows.Reset();
    std::vector<duckdb::Vector*> vectors;
    for (auto& vector : batch.rows.data) vectors.push_back(&vector);
    decoder->Bind(vectors);
    row = 0;
  };
  auto flush = [&]() -> Status {
    batch.rows.SetCardinality(row);
    FLOE_TRY_VOID(ApplyLocked(batch));
    bind();
    return {};
  };
  bind();
  FLOE_TRY_VOID(transaction.Query("SELECT value, key FROM realtime_rows WHERE name = ? ORDER BY key", {spec_.name},
                                  [&](const meta::Row& stored) -> Status {
                                    if (decoder->Append(stored.Bytes(0), row) != formats::DecodeStatus::kRow) {
                                      return Fail(ErrorKind::kCorruption,
                                                  fmt::format("a stored row of table {} is damaged: {}", spec_.name,
                                                              decoder->error().message));
                                    }
                                    return ++row == kSegmentRows ? flush() : Status();
                                  }));
  FLOE_TRY_VOID(flush());
  dirty_.clear();
  return {};
}

Snapshot Table::TakeSnapshot() const {
  std::lock_guard lock(mu_);
  Snapshot snapshot;
  snapshot.version = version_;
  snapshot.rows = rows_;
  snapshot.segments.assign(segments_.begin(), segments_.end());
  return snapshot;
}

std::uint64_t Table::version() const {
  std::lock_guard lock(mu_);
  return version_;
}

std::size_t Table::row_count() const {
  std::lock_guard lock(mu_);
  return rows_;
}

std::size_t Table::size_bytes() const {
  std::lock_guard lock(mu_);
  return SizeLocked();
}

std::size_t Table::SizeLocked() const {
  constexpr std::size_t kPerKey = 96;  // the node of the index, a short key
  std::size_t bytes = index_.size() * kPerKey;
  for (const auto& segment : segments_) bytes += segment->rows.GetAllocationSize();
  return bytes;
}

Status Table::AccountLocked(std::size_t rows) {
  constexpr std::size_t kEvery = 8 * STANDARD_VECTOR_SIZE;
  if (memory_.budget == nullptr) return {};
  uncounted_rows_ += rows;
  if (reserved_ && uncounted_rows_ < kEvery) return {};
  if (!reserved_) {
    FLOE_TRY(reserved_, memory_.budget->Reserve(memory_.component, 0));
  }
  Status taken = reserved_->Resize(SizeLocked());
  if (!taken) return Fail(std::move(taken).error().WithContext("table " + spec_.name));
  uncounted_rows_ = 0;
  return {};
}

std::uint64_t Table::Subscribe(std::function<void(std::uint64_t)> on_change) {
  std::lock_guard lock(subscribers_mu_);
  subscribers_.emplace(next_token_, std::move(on_change));
  return next_token_++;
}

void Table::Unsubscribe(std::uint64_t token) {
  std::lock_guard lock(subscribers_mu_);
  subscribers_.erase(token);
}

void Table::Notify() {
  std::uint64_t now = version();
  std::lock_guard lock(subscribers_mu_);
  for (auto& [token, call] : subscribers_) call(now);
}

Status Table::Apply(const data::Batch& batch) {
  if (batch.size() == 0) return {};
  {
    std::lock_guard lock(mu_);
    FLOE_TRY_VOID(AccountLocked(batch.size()));
    FLOE_TRY_VOID(ApplyLocked(batch));
  }
  Notify();
  return {};
}

Status Table::ApplyLocked(const data::Batch& batch) {
  bool keyed = !key_columns_.empty();
  for (std::size_t i = 0; i < key_inputs_.size(); ++i) {
    key_inputs_[i].Bind(batch.rows.data[static_cast<std::size_t>(key_columns_[i])], batch.size());
  }
  for (std::size_t row = 0; row < batch.size(); ++row) {
    RowKind kind = batch.kind(row);
    if (!keyed && kind != RowKind::kInsert) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("table {} has no primary key and takes only inserts, not {}",
                                                        spec_.name, data::ToString(kind)));
    }
    if (kind == RowKind::kUpdateBefore) continue;
    std::string key = KeyOf(row);
    if (kind == RowKind::kDelete) {
      Delete(key);
    } else {
      Upsert(batch, row, key);
    }
  }
  ++version_;
  return {};
}

/// Of a row of the batch the key inputs are bound to. Append-only rows are numbered, big-endian so that they load in
/// order.
std::string Table::KeyOf(std::size_t row) {
  std::string key;
  if (key_columns_.empty()) {
    for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(next_sequence_ >> shift);
    ++next_sequence_;
  }
  for (const formats::Input& input : key_inputs_) AppendKey(input, row, key);
  return key;
}

Segment& Table::Writable(std::size_t index) {
  std::shared_ptr<Segment>& segment = segments_[index];
  bool wasteful = segment->overwritten > 2 * kSegmentRows;
  if (segment.use_count() > 1 || wasteful) segment = Clone(*segment, types_);
  return *segment;
}

void Table::CopyRow(const duckdb::DataChunk& from, std::size_t from_row, RowId to) {
  Segment& segment = Writable(to.segment);
  for (std::size_t i = 0; i < types_.size(); ++i) {
    duckdb::VectorOperations::Copy(from.data[i], segment.rows.data[i], from_row + 1, from_row, to.row);
  }
}

void Table::Upsert(const data::Batch& batch, std::size_t row, const std::string& key) {
  dirty_[key] = true;
  auto [entry, added] = index_.try_emplace(key);
  if (!added) {
    CopyRow(batch.rows, row, entry->second);
    ++segments_[entry->second.segment]->overwritten;
    return;
  }
  std::size_t segment = rows_ / kSegmentRows;
  if (segment == segments_.size()) segments_.push_back(NewSegment(types_));
  entry->second = {static_cast<std::uint32_t>(segment), static_cast<std::uint32_t>(rows_ % kSegmentRows)};
  CopyRow(batch.rows, row, entry->second);
  segments_[segment]->rows.SetCardinality(entry->second.row + 1);
  keys_.push_back(&entry->first);
  ++rows_;
}

/// The last row moves into the hole, so that rows stay dense.
void Table::Delete(const std::string& key) {
  auto entry = index_.find(key);
  if (entry == index_.end()) return;
  dirty_[key] = false;
  RowId hole = entry->second;
  std::size_t last = --rows_;
  RowId from{static_cast<std::uint32_t>(last / kSegmentRows), static_cast<std::uint32_t>(last % kSegmentRows)};
  if (from.segment != hole.segment || from.row != hole.row) {
    // A clone may replace the segment that is read here; keep it alive.
    std::shared_ptr<Segment> source = segments_[from.segment];
    duckdb::DataChunk moved;
    moved.Initialize(duckdb::Allocator::DefaultAllocator(), types_, 1);
    for (std::size_t i = 0; i < types_.size(); ++i) {
      duckdb::VectorOperations::Copy(source->rows.data[i], moved.data[i], from.row + 1, from.row, 0);
    }
    source.reset();
    CopyRow(moved, 0, hole);
    ++segments_[hole.segment]->overwritten;
    std::size_t hole_number = hole.segment * kSegmentRows + hole.row;
    keys_[hole_number] = keys_[last];
    index_[*keys_[last]] = hole;
  }
  keys_.pop_back();
  Writable(from.segment).rows.SetCardinality(from.row);
  if (from.row == 0) segments_.pop_back();
  index_.erase(entry);
}

Status Table::Prepare() {
  std::lock_guard lock(mu_);
  const Segment* bound = nullptr;
  data::Batch view;
  for (const auto& [key, exists] : dirty_) {
    auto entry = index_.find(key);
    if (!exists || entry == index_.end()) {
      pending_[key] = std::nullopt;
      continue;
    }
    const Segment& segment = *segments_[entry->second.segment];
    if (bound != &segment) {
      view.rows.Destroy();
      view.rows.InitializeEmpty(types_);
      view.rows.Reference(const_cast<duckdb::DataChunk&>(segment.rows));
      encoder_->Bind(view, all_columns_);
      bound = &segment;
    }
    std::string bytes;
    FLOE_TRY_VOID(encoder_->Encode(entry->second.row, bytes));
    pending_[key] = std::move(bytes);
  }
  dirty_.clear();
  return {};
}

Status Table::WriteTo(meta::Transaction& transaction) {
  std::lock_guard lock(mu_);
  for (const auto& [key, value] : pending_) {
    Result<std::int64_t> changed =
        value ? transaction.Execute("INSERT OR REPLACE INTO realtime_rows (name, key, value) VALUES (?, ?, ?)",
                                    {spec_.name, meta::Blob{key}, meta::Blob{*value}})
              : transaction.Execute("DELETE FROM realtime_rows WHERE name = ? AND key = ?",
                                    {spec_.name, meta::Blob{key}});
    if (!changed) return Fail(std::move(changed.error()));
  }
  return {};
}

void Table::Committed() {
  std::lock_guard lock(mu_);
  pending_.clear();
}

Status Table::Revert() {
  {
    std::lock_guard lock(mu_);
    if (dirty_.empty() && pending_.empty()) return {};
    FLOE_TRY_VOID(Load());
  }
  Notify();
  return {};
}

Result<std::unique_ptr<Tables>> Tables::Open(meta::Store& store, MemoryAccount memory) {
  FLOE_TRY_VOID(
      store.Migrate({"realtime",
                     {"CREATE TABLE realtime_tables (name TEXT PRIMARY KEY, definition TEXT NOT NULL) WITHOUT ROWID;"
                      "CREATE TABLE realtime_rows (name TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, "
                      "PRIMARY KEY (name, key)) WITHOUT ROWID;"}}));
  return std::unique_ptr<Tables>(new Tables(store, memory));
}

Result<std::shared_ptr<Table>> Tables::OpenTable(TableSpec spec) {
  std::lock_guard lock(mu_);
  if (auto it = tables_.find(spec.name); it != tables_.end()) {
    if (SchemaText(it->second->spec()) == SchemaText(spec)) return it->second;
    return Fail(ErrorKind::kConflict, fmt::format("table {} is open with another schema, {}; DROP TABLE it first",
                                                  spec.name, SchemaText(it->second->spec())));
  }
  std::string name = spec.name;
  FLOE_TRY(auto table, Table::Open(store_, std::move(spec), memory_));
  tables_[name] = table;
  return table;
}

std::shared_ptr<Table> Tables::Find(const std::string& name) const {
  std::lock_guard lock(mu_);
  auto it = tables_.find(name);
  return it == tables_.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<Table>> Tables::List() const {
  std::lock_guard lock(mu_);
  std::vector<std::shared_ptr<Table>> list;
  for (const auto& [name, table] : tables_) list.push_back(table);
  return list;
}

Status Tables::Drop(const std::string& name) {
  std::lock_guard lock(mu_);
  tables_.erase(name);
  return store_.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY(std::int64_t rows, transaction.Execute("DELETE FROM realtime_rows WHERE name = ?", {name}));
    FLOE_TRY(std::int64_t tables, transaction.Execute("DELETE FROM realtime_tables WHERE name = ?", {name}));
    (void)rows;
    (void)tables;
    return {};
  });
}

}  // namespace floe::realtime
