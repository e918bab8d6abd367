// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <span>
#include <thread>

#include <fmt/format.h>

#include "connect/jdbc/jdbc_internal.h"
#include "formats/input.h"

namespace floe::connect::jdbc {
namespace {

using data::RowKind;
using data::TypeKind;

using Values = std::vector<std::optional<std::string>>;

/// PostgreSQL takes 65535 parameters per statement.
constexpr std::size_t kMaxParameters = 65'000;
constexpr std::size_t kMaxRowsPerStatement = 1000;

std::string PostgresType(const data::Type& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean: return "boolean";
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt: return "smallint";
    case TypeKind::kInt: return "integer";
    case TypeKind::kBigInt: return "bigint";
    case TypeKind::kFloat: return "real";
    case TypeKind::kDouble: return "double precision";
    case TypeKind::kDecimal: return fmt::format("numeric({}, {})", type.precision(), type.scale());
    case TypeKind::kDate: return "date";
    case TypeKind::kTime: return "time";
    case TypeKind::kTimestamp: return "timestamp";
    case TypeKind::kTimestampLtz: return "timestamptz";
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return "bytea";
    default: return "text";
  }
}

class PostgresSink final : public Sink {
 public:
  PostgresSink(SinkOptions options, SinkRequest request) : options_(std::move(options)), request_(std::move(request)) {}

  Status Open() {
    for (const data::Field& field : request_.input.fields) {
      if (!field.type.fields().empty() || field.type.IsInterval()) {
        return Fail(ErrorKind::kNotSupported,
                    fmt::format("table {}: column '{}' of type {} cannot be written to PostgreSQL",
                                request_.table.FullName(), field.name, field.type.ToString()));
      }
      inputs_.push_back(formats::Input::Make(field.type, field.name));
    }
    for (const std::string& name : request_.table.primary_key)
      keys_.push_back(static_cast<std::size_t>(request_.input.Find(name)));
    FLOE_TRY(connection_, Postgres::Connect(options_.address));
    return ReadColumnTypes();
  }

  Status Write(const data::Batch& batch) override {
    for (std::size_t i = 0; i < inputs_.size(); ++i) inputs_[i].Bind(batch.rows.data[i], batch.size());
    for (std::size_t row = 0; row < batch.size(); ++row) {
      RowKind kind = batch.kind(row);
      if (kind == RowKind::kUpdateBefore) continue;
      Values values = Texts(row);
      if (keys_.empty()) {
        if (kind != RowKind::kInsert) {
          return Fail(ErrorKind::kInvalidInput,
                      fmt::format("table {}: {} needs a primary key; declare PRIMARY KEY (...) NOT ENFORCED",
                                  request_.table.FullName(), data::ToString(kind)));
        }
        appended_.push_back(std::move(values));
      } else {
        // One statement may touch a row once: only the last change of a key counts.
        std::string key = KeyOf(values);
        changes_[std::move(key)] = {kind == RowKind::kDelete, std::move(values)};
      }
      auto buffered = static_cast<std::int64_t>(changes_.size() + appended_.size());
      if (options_.flush_rows > 0 && buffered >= options_.flush_rows * 10) FLOE_TRY_VOID(Flush());
    }
    if (options_.flush_rows > 0 && static_cast<std::int64_t>(changes_.size() + appended_.size()) >= options_.flush_rows)
      return Flush();
    return {};
  }

  Result<std::string> Prepare(CheckpointId) override {
    FLOE_TRY_VOID(Flush());
    return std::string();
  }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId) override { return {}; }
  Status OnTick() override {
    bool due = options_.flush_interval.count() > 0 &&
               std::chrono::steady_clock::now() - last_flush_ >= options_.flush_interval;
    return due ? Flush() : Status();
  }
  Status Close() override { return Flush(); }

 private:
  struct Change {
    bool remove = false;
    Values values;
  };

  Status ReadColumnTypes() {
    FLOE_TRY(ResultPtr result,
             connection_->Execute("SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
                                  "WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped",
                                  {QuoteName(options_.table)}));
    std::map<std::string, std::string> types;
    for (int i = 0; i < PQntuples(result.get()); ++i)
      types[PQgetvalue(result.get(), i, 0)] = PQgetvalue(result.get(), i, 1);
    if (types.empty()) {
      return Fail(ErrorKind::kNotFound, fmt::format("PostgreSQL table '{}' of table {} does not exist; create it: {}",
                                                    options_.table, request_.table.FullName(), CreateStatement()));
    }
    for (const data::Field& field : request_.input.fields) {
      auto it = types.find(field.name);
      if (it == types.end()) {
        return Fail(ErrorKind::kNotFound,
                    fmt::format("PostgreSQL table '{}' has no column '{}'; add it: ALTER TABLE {} ADD COLUMN {} {}",
                                options_.table, field.name, QuoteName(options_.table), QuoteIdentifier(field.name),
                                PostgresType(field.type)));
      }
      types_.push_back(it->second);
    }
    return {};
  }

  std::string CreateStatement() const {
    std::string sql = "CREATE TABLE " + QuoteName(options_.table) + " (";
    for (const data::Field& field : request_.input.fields)
      sql += QuoteIdentifier(field.name) + " " + PostgresType(field.type) + ", ";
    if (keys_.empty()) {
      sql.resize(sql.size() - 2);
    } else {
      sql += "PRIMARY KEY (" + KeyList() + ")";
    }
    return sql + ")";
  }

  std::string KeyList() const {
    std::string list;
    for (std::size_t key : keys_) list += (list.empty() ? "" : ", ") + QuoteIdentifier(request_.input.fields[key].name);
    return list;
  }

  Values Texts(std::size_t row) const {
    Values values;
    for (const formats::Input& input : inputs_) {
      std::size_t index = input.Index(row);
      if (input.IsNull(index)) {
        values.emplace_back(std::nullopt);
        continue;
      }
      std::string text;
      if (input.type.IsBinary()) {
        text = "\\x";
        for (unsigned char byte : input.Text(index)) text += fmt::format("{:02x}", byte);
      } else if (input.type.IsCharacter()) {
        text = input.Text(index);
        std::erase(text, '\0');  // which PostgreSQL's text cannot hold
      } else {
        formats::AppendScalar(input, index, {formats::TextStyle::Timestamps::kSql}, text);
      }
      values.emplace_back(std::move(text));
    }
    return values;
  }

  std::string KeyOf(const Values& values) const {
    std::string key;
    for (std::size_t column : keys_) {
      const auto& value = values[column];
      key += value ? fmt::format("{}:", value->size()) + *value : "-";
    }
    return key;
  }

  Status Flush() {
    last_flush_ = std::chrono::steady_clock::now();
    if (changes_.empty() && appended_.empty()) return {};
    std::chrono::milliseconds pause(100);
    for (std::int64_t attempt = 0;; ++attempt) {
      Status status = FlushOnce();
      if (status) break;
      bool again = status.error().kind() == ErrorKind::kUnavailable || status.error().kind() == ErrorKind::kConflict;
      if (!again || attempt >= options_.max_retries) return status;
      std::this_thread::sleep_for(pause);
      pause *= 2;
      if (PQstatus(connection_->raw()) != CONNECTION_OK) (void)connection_->Reset().has_value();
    }
    changes_.clear();
    appended_.clear();
    return {};
  }

  /// All of the buffer in one transaction.
  Status FlushOnce() {
    FLOE_TRY_VOID(Run("BEGIN", {}));
    Status status = WriteChanges();
    if (status) return Run("COMMIT", {});
    (void)Run("ROLLBACK", {}).has_value();
    return status;
  }

  Status WriteChanges() {
    std::vector<const Values*> upserts, deletes;
    for (const auto& [key, change] : changes_) (change.remove ? deletes : upserts).push_back(&change.values);
    for (const Values& values : appended_) upserts.push_back(&values);
    for (const Values* values : deletes) FLOE_TRY_VOID(Delete(*values));
    std::size_t step = std::min(kMaxRowsPerStatement, kMaxParameters / std::max<std::size_t>(1, inputs_.size()));
    for (std::size_t at = 0; at < upserts.size(); at += step) {
      FLOE_TRY_VOID(Insert({upserts.data() + at, std::min(step, upserts.size() - at)}));
    }
    return {};
  }

  Status Insert(std::span<const Values* const> rows) {
    std::string sql = "INSERT INTO " + QuoteName(options_.table) + " (";
    for (std::size_t i = 0; i < inputs_.size(); ++i) sql += (i > 0 ? ", " : "") + QuoteIdentifier(inputs_[i].name);
    sql += ") VALUES ";
    Values parameters;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      sql += r > 0 ? ", (" : "(";
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        parameters.push_back((*rows[r])[i]);
        sql += fmt::format("{}${}::{}", i > 0 ? ", " : "", parameters.size(), types_[i]);
      }
      sql += ")";
    }
    if (!keys_.empty()) sql += " ON CONFLICT (" + KeyList() + ") DO " + UpdateClause();
    return Run(sql, parameters);
  }

  std::string UpdateClause() const {
    std::string set;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (std::ranges::find(keys_, i) != keys_.end()) continue;
      std::string name = QuoteIdentifier(inputs_[i].name);
      set += (set.empty() ? "UPDATE SET " : ", ") + name + " = EXCLUDED." + name;
    }
    return set.empty() ? "NOTHING" : set;
  }

  Status Delete(const Values& values) {
    std::string sql = "DELETE FROM " + QuoteName(options_.table) + " WHERE ";
    Values parameters;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      parameters.push_back(values[keys_[i]]);
      sql += fmt::format("{}{} = ${}::{}", i > 0 ? " AND " : "", QuoteIdentifier(inputs_[keys_[i]].name), i + 1,
                         types_[keys_[i]]);
    }
    return Run(sql, parameters);
  }

  Status Run(const std::string& sql, const Values& parameters) {
    auto result = connection_->Execute(sql, parameters);
    if (result) return {};
    return Fail(
        std::move(result.error()).WithContext(fmt::format("while writing to PostgreSQL table '{}'", options_.table)));
  }

  SinkOptions options_;
  SinkRequest request_;
  std::unique_ptr<Postgres> connection_;
  std::vector<formats::Input> inputs_;
  std::vector<std::string> types_;  ///< PostgreSQL's, per input column
  std::vector<std::size_t> keys_;
  std::map<std::string, Change> changes_;
  std::vector<Values> appended_;
  std::chrono::steady_clock::time_point last_flush_ = std::chrono::steady_clock::now();
};

}  // namespace

Result<std::unique_ptr<Sink>> OpenPostgresSink(SinkOptions options, SinkRequest request) {
  auto sink = std::make_unique<PostgresSink>(std::move(options), std::move(request));
  FLOE_TRY_VOID(sink->Open());
  return sink;
}

}  // namespace floe::connect::jdbc
