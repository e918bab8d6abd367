// SPDX-License-Identifier: Apache-2.0
// Which columns a name can mean at a place in a query.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/type.h"
#include "sql/dialect/name.h"
#include "sql/plan/expression.h"

namespace floe::sql::bind {

/// What a column tells of a window (window TVF or windowed aggregate).
enum class WindowRole : std::uint8_t { kNone, kStart, kEnd, kTime };

struct ScopeColumn {
  std::string name;
  data::Type type;
  data::TimeAttribute time = data::TimeAttribute::kNone;
  WindowRole role = WindowRole::kNone;
  int table = 0;        ///< which table reference it is from
  bool hidden = false;  ///< a join's USING gives it under the other side's column: only t.name and t.* mean it
};

/// A table in FROM as it can be named: its alias, or catalog.database.table.
struct ScopeTable {
  std::vector<std::string> path;  ///< one part for an alias, three for a catalog table
  bool borrowed = false;          ///< a window function's without alias: Flink does not know it by its table's name
};

struct Scope {
  std::vector<ScopeTable> tables;
  std::vector<ScopeColumn> columns;  ///< index = column of the plan below

  data::Schema schema() const;
  /// The other scope's tables and columns behind these.
  void Append(const Scope& right);
  /// All columns under one name.
  void Rename(const std::string& alias);
};

/// How many leading parts of a path were used, and the column they mean; what is left are ROW fields.
struct ResolvedName {
  int column = -1;
  std::size_t used = 0;
};

/// kInvalidInput with position: unknown (with near names and what is there) or ambiguous (with the tables).
Result<ResolvedName> ResolveName(const Scope& scope, const std::vector<dialect::Identifier>& parts);
/// A name that means this column and nothing else: with its table's where that has one. Empty when there is none.
std::vector<dialect::Identifier> PathOf(const Scope& scope, int column);
/// Indexes of the columns that `*` or `t.*` stands for.
Result<std::vector<int>> ResolveStar(const Scope& scope, const std::vector<dialect::Identifier>& qualifier,
                                     TextPosition position);
/// The field of a ROW, as an expression. kInvalidInput lists the fields.
Result<plan::ExpressionPtr> FieldOf(plan::ExpressionPtr row, const std::string& name, TextPosition position);

}  // namespace floe::sql::bind
