// SPDX-License-Identifier: Apache-2.0
#include "connect/jdbc/postgres.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace floe::connect::jdbc {
namespace {

std::string Trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

Status ApplyParameter(PostgresAddress& address, std::string_view parameter) {
  std::size_t equals = std::min(parameter.find('='), parameter.size());
  std::string key(parameter.substr(0, equals));
  std::string value(parameter.substr(std::min(equals + 1, parameter.size())));
  if (key == "user") address.user = value;
  if (key == "password") address.password = value;
  if (key == "sslmode") address.ssl_mode = value;
  if (key == "currentSchema") address.schema = value;
  return {};
}

ErrorKind KindOf(const PGresult* result, PGconn* connection) {
  if (PQstatus(connection) != CONNECTION_OK) return ErrorKind::kUnavailable;
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  std::string_view code = state == nullptr ? "" : state;
  if (code == "42P01" || code == "42703" || code == "3F000") return ErrorKind::kNotFound;
  if (code == "42501") return ErrorKind::kPermissionDenied;
  if (code == "53100") return ErrorKind::kDiskFull;
  if (code == "40001" || code == "40P01") return ErrorKind::kConflict;
  if (code.starts_with("08") || code.starts_with("57P") || code.starts_with("53")) return ErrorKind::kUnavailable;
  return ErrorKind::kInvalidInput;
}

}  // namespace

Result<PostgresAddress> ParseJdbcUrl(const std::string& url) {
  constexpr std::string_view kPrefix = "jdbc:postgresql:";
  std::string_view rest = url;
  if (!rest.starts_with(kPrefix)) {
    return Fail(rest.starts_with("jdbc:") ? ErrorKind::kNotSupported : ErrorKind::kInvalidInput,
                "option 'url': expected 'jdbc:postgresql://host:port/database'; other databases are not built");
  }
  rest.remove_prefix(kPrefix.size());
  PostgresAddress address;
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    std::size_t slash = std::min(rest.find('/'), rest.size());
    std::string_view host = rest.substr(0, slash);
    rest.remove_prefix(slash);
    std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && !host.ends_with(']')) {
      address.port = host.substr(colon + 1);
      host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (!host.empty()) address.host = host;
  }
  if (rest.starts_with('/')) rest.remove_prefix(1);
  std::size_t question = std::min(rest.find('?'), rest.size());
  address.database = rest.substr(0, question);
  rest.remove_prefix(std::min(question + 1, rest.size()));
  while (!rest.empty()) {
    std::size_t end = std::min(rest.find('&'), rest.size());
    FLOE_TRY_VOID(ApplyParameter(address, rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (address.database.empty())
    return Fail(ErrorKind::kInvalidInput, "option 'url': the database name is missing after the host");
  return address;
}

std::string QuoteIdentifier(const std::string& name) {
  std::string out = "\"";
  for (char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

std::string QuoteName(const std::string& name) {
  std::size_t dot = name.find('.');
  if (dot == std::string::npos) return QuoteIdentifier(name);
  return QuoteIdentifier(name.substr(0, dot)) + "." + QuoteIdentifier(name.substr(dot + 1));
}

Result<std::unique_ptr<Postgres>> Postgres::Connect(const PostgresAddress& address) {
  std::vector<const char*> keys, values;
  auto add = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    keys.push_back(key);
    values.push_back(value.c_str());
  };
  std::string options = address.schema.empty() ? "-c timezone=UTC" : "-c timezone=UTC -c search_path=" + address.schema;
  std::string timeout = "10", application = "floe", encoding = "UTF8";
  add("host", address.host);
  add("port", address.port);
  add("dbname", address.database);
  add("user", address.user);
  add("password", address.password);
  add("sslmode", address.ssl_mode);
  add("options", options);
  add("connect_timeout", timeout);
  add("application_name", application);
  add("client_encoding", encoding);
  keys.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* connection = PQconnectdbParams(keys.data(), values.data(), 0);
  std::unique_ptr<Postgres> postgres(new Postgres(connection));
  if (PQstatus(connection) == CONNECTION_OK) {
    PQsetNoticeProcessor(connection, [](void*, const char*) {}, nullptr);
    return postgres;
  }
  std::string reason = Trimmed(PQerrorMessage(connection));
  bool denied = reason.find("authentication") != std::string::npos || reason.find("role") != std::string::npos;
  return Fail(Error(denied ? ErrorKind::kPermissionDenied : ErrorKind::kUnavailable,
                    fmt::format("PostgreSQL at {}:{}/{}: {}", address.host, address.port, address.database, reason))
                  .WithDomain(ErrorDomain::kExternal));
}

Status Postgres::Reset() {
  PQreset(connection_);
  if (PQstatus(connection_) == CONNECTION_OK) return {};
  return Fail(ErrorKind::kUnavailable, "PostgreSQL: " + Trimmed(PQerrorMessage(connection_)));
}

Result<ResultPtr> Postgres::Execute(const std::string& sql, const std::vector<std::optional<std::string>>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  // Without parameters the simple protocol is used, which also takes several statements.
  ResultPtr result(parameters.empty() ? PQexec(connection_, sql.c_str())
                                      : PQexecParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr,
                                                     values.data(), nullptr, nullptr, 0));
  ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_OUT) return result;
  return Fail(Error(KindOf(result.get(), connection_), "PostgreSQL: " + Trimmed(PQerrorMessage(connection_)))
                  .WithDomain(ErrorDomain::kExternal));
}

}  // namespace floe::connect::jdbc
