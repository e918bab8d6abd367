// SPDX-License-Identifier: Apache-2.0
// SQLite connections with cached statements: the mechanics under meta::Store.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sqlite3.h>

#include "meta/store.h"

namespace floe::meta {

/// The error of a SQLite result code on `connection`; kUnavailable when another process holds the file.
Error SqliteError(sqlite3* connection, int code, std::string_view what);

/// One SQLite connection. One thread at a time; statements are prepared once and kept.
class Connection final : public Transaction {
 public:
  static Result<std::unique_ptr<Connection>> Open(const std::string& path, bool read_only);
  ~Connection() override;

  Result<std::int64_t> Execute(std::string_view sql, const std::vector<Value>& parameters = {}) override;
  Status Query(std::string_view sql, const std::vector<Value>& parameters,
               const std::function<Status(const Row&)>& on_row) override;

  /// Runs a script of statements without parameters.
  Status Script(const std::string& sql);
  sqlite3* handle() const { return handle_; }

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  /// A reset statement with its parameters bound; taken out of the cache while in use, so that a query may run inside a
  /// query.
  Result<sqlite3_stmt*> Take(std::string_view sql, const std::vector<Value>& parameters);
  void GiveBack(std::string_view sql, sqlite3_stmt* statement);

  sqlite3* handle_;
  std::unordered_map<std::string, sqlite3_stmt*> idle_;
};

}  // namespace floe::meta
