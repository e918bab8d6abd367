// SPDX-License-Identifier: Apache-2.0
// The node's small transactional state: one SQLite file, everything that must change atomically.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace floe::meta {

/// What a column may hold: NULL, integer, real, text, blob.
struct Blob {
  std::string bytes;
  friend bool operator==(const Blob&, const Blob&) = default;
};
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

/// A row of a result; valid until the next row.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool IsNull(int column) const = 0;
  virtual std::int64_t Int(int column) const = 0;
  virtual double Real(int column) const = 0;
  /// Text or blob bytes; valid until the next row.
  virtual std::string_view Bytes(int column) const = 0;
};

/// One open transaction, used by the thread that runs its function only.
class Transaction {
 public:
  virtual ~Transaction() = default;
  /// Runs one statement with '?' parameters. kAlreadyExists on a unique violation, kDiskFull, kIo. Returns rows
  /// changed.
  virtual Result<std::int64_t> Execute(std::string_view sql, const std::vector<Value>& parameters = {}) = 0;
  /// Calls `on_row` for each row; stops at its first error.
  virtual Status Query(std::string_view sql, const std::vector<Value>& parameters,
                       const std::function<Status(const Row&)>& on_row) = 0;
};

/// One module's schema steps: step i brings version i to i+1. Steps are never edited once released.
struct Migration {
  std::string module;
  std::vector<std::string> steps;
};

/// WAL mode, synchronous=FULL: a Write that returned is on disk. Thread-safe; writers take turns, readers do not wait
/// for them. Blocking: call from compute threads only.
class Store {
 public:
  virtual ~Store() = default;
  /// kCorruption when the file is damaged, kFailedPrecondition when it was written by a newer Floe.
  static Result<std::unique_ptr<Store>> Open(const std::string& path);
  /// Brings a module's tables up to date; each module calls it once when it opens.
  virtual Status Migrate(const Migration& migration) = 0;
  /// Commits when `body` returns ok, rolls back otherwise. Never call Write from inside `body`.
  virtual Status Write(const std::function<Status(Transaction&)>& body) = 0;
  /// A consistent snapshot.
  virtual Status Read(const std::function<Status(Transaction&)>& body) = 0;
};

}  // namespace floe::meta
