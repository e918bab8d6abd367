// SPDX-License-Identifier: Apache-2.0
// Statements of one SQLite connection: prepare once, bind, step, map errors.
#include <limits>

#include "base/result.h"
#include "meta/sqlite_store.h"

namespace floe::meta {
namespace {

/// Statements come from our own source text, so this bound is only hit by a module that builds SQL with values in it.
constexpr std::size_t kMaxCachedStatements = 256;

ErrorKind KindOf(int code) {
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID)
    return ErrorKind::kAlreadyExists;
  switch (code & 0xff) {
    case SQLITE_FULL: return ErrorKind::kDiskFull;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorKind::kCorruption;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorKind::kUnavailable;
    case SQLITE_CONSTRAINT: return ErrorKind::kConflict;
    case SQLITE_TOOBIG: return ErrorKind::kTooLarge;
    case SQLITE_PERM:
    case SQLITE_READONLY: return ErrorKind::kPermissionDenied;
    case SQLITE_NOMEM: return ErrorKind::kResourceExhausted;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH: return ErrorKind::kInternal;
    default: return ErrorKind::kIo;
  }
}

class StatementRow final : public Row {
 public:
  explicit StatementRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool IsNull(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t Int(int column) const override { return sqlite3_column_int64(statement_, column); }
  double Real(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view Bytes(int column) const override {
    const void* data = sqlite3_column_blob(statement_, column);
    int size = sqlite3_column_bytes(statement_, column);
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
  }

 private:
  sqlite3_stmt* statement_;
};

/// SQLite reads a null pointer as NULL, so empty text and blobs need a real one.
const char* Data(const std::string& bytes) {
  return bytes.data() == nullptr ? "" : bytes.data();
}

int Bind(sqlite3_stmt* statement, int index, const Value& value) {
  struct Visitor {
    sqlite3_stmt* statement;
    int index;
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
    int operator()(std::int64_t v) const { return sqlite3_bind_int64(statement, index, v); }
    int operator()(double v) const { return sqlite3_bind_double(statement, index, v); }
    int operator()(const std::string& v) const {
      return sqlite3_bind_text64(statement, index, Data(v), v.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    int operator()(const Blob& v) const {
      return sqlite3_bind_blob64(statement, index, Data(v.bytes), v.bytes.size(), SQLITE_STATIC);
    }
  };
  return std::visit(Visitor{statement, index}, value);
}

}  // namespace

Error SqliteError(sqlite3* connection, int code, std::string_view what) {
  std::string message(what);
  message += ": ";
  message += connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  return Error(KindOf(code), std::move(message));
}

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path, bool read_only) {
  sqlite3* handle = nullptr;
  int flags = SQLITE_OPEN_NOMUTEX | (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (code != SQLITE_OK) return Fail(SqliteError(handle, sqlite3_extended_errcode(handle), "open '" + path + "'"));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 5000);
  // Nobody but us defines triggers or functions here; defend against a planted schema all the same.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return connection;
}

Connection::~Connection() {
  for (auto& [sql, statement] : idle_) sqlite3_finalize(statement);
  if (handle_ != nullptr) sqlite3_close_v2(handle_);
}

Result<sqlite3_stmt*> Connection::Take(std::string_view sql, const std::vector<Value>& parameters) {
  sqlite3_stmt* statement = nullptr;
  if (auto found = idle_.find(std::string(sql)); found != idle_.end()) {
    statement = found->second;
    idle_.erase(found);
  } else {
    const char* tail = nullptr;
    int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                  &statement, &tail);
    if (code != SQLITE_OK) return Fail(SqliteError(handle_, code, "prepare '" + std::string(sql) + "'"));
    if (statement == nullptr) return Fail(ErrorKind::kInternal, "empty SQL statement given to the meta store");
  }
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(parameters.size())) {
    std::string message = "statement '" + std::string(sql) + "' takes " +
                          std::to_string(sqlite3_bind_parameter_count(statement)) + " parameters, not " +
                          std::to_string(parameters.size());
    GiveBack(sql, statement);
    return Fail(ErrorKind::kInternal, std::move(message));
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (int code = Bind(statement, static_cast<int>(i) + 1, parameters[i]); code != SQLITE_OK) {
      Error error = SqliteError(handle_, code, "bind");
      GiveBack(sql, statement);
      return Fail(std::move(error));
    }
  }
  return statement;
}

void Connection::GiveBack(std::string_view sql, sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (idle_.size() >= kMaxCachedStatements || !idle_.emplace(sql, statement).second) sqlite3_finalize(statement);
}

Result<std::int64_t> Connection::Execute(std::string_view sql, const std::vector<Value>& parameters) {
  FLOE_TRY(sqlite3_stmt * statement, Take(sql, parameters));
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) {
    Error error = SqliteError(handle_, code, "'" + std::string(sql) + "'");
    GiveBack(sql, statement);
    return Fail(std::move(error));
  }
  std::int64_t changed = sqlite3_stmt_readonly(statement) ? 0 : sqlite3_changes64(handle_);
  GiveBack(sql, statement);
  return changed;
}

Status Connection::Query(std::string_view sql, const std::vector<Value>& parameters,
                         const std::function<Status(const Row&)>& on_row) {
  FLOE_TRY(sqlite3_stmt * statement, Take(sql, parameters));
  StatementRow row(statement);
  Status status;
  int code;
  while (status && (code = sqlite3_step(statement)) == SQLITE_ROW) status = on_row(row);
  if (status && code != SQLITE_DONE) status = Fail(SqliteError(handle_, code, "'" + std::string(sql) + "'"));
  GiveBack(sql, statement);
  return status;
}

Status Connection::Script(const std::string& sql) {
  if (int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr); code != SQLITE_OK)
    return Fail(SqliteError(handle_, code, "'" + sql + "'"));
  return {};
}

}  // namespace floe::meta
