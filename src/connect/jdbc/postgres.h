// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL connection through libpq, and the address of one in JDBC's spelling.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include "base/result.h"

namespace floe::connect::jdbc {

struct PostgresAddress {
  std::string host = "localhost";
  std::string port = "5432";
  std::string database;
  std::string user;
  std::string password;
  std::string ssl_mode;
  std::string schema;  ///< search path, empty for the server's default
};

/// "jdbc:postgresql://host:port/database?user=u&password=p&sslmode=require&currentSchema=s". kInvalidInput,
/// kNotSupported for other databases.
Result<PostgresAddress> ParseJdbcUrl(const std::string& url);

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

/// "a"."b" for a name that may hold a schema.
std::string QuoteName(const std::string& name);
std::string QuoteIdentifier(const std::string& name);

/// One thread at a time; blocks: compute threads only.
class Postgres {
 public:
  /// kUnavailable, kPermissionDenied. Messages never hold the password.
  static Result<std::unique_ptr<Postgres>> Connect(const PostgresAddress& address);
  ~Postgres() { PQfinish(connection_); }
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  /// Text parameters; nullopt is NULL. kUnavailable when the connection broke, kNotFound for missing tables and
  /// columns, kInvalidInput for the rest.
  Result<ResultPtr> Execute(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {});
  /// After kUnavailable: one attempt to connect again.
  Status Reset();
  PGconn* raw() { return connection_; }

 private:
  explicit Postgres(PGconn* connection) : connection_(connection) {}
  PGconn* connection_;
};

}  // namespace floe::connect::jdbc
