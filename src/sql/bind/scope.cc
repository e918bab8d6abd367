// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/scope.h"

#include <fmt/format.h>

#include "base/text.h"

namespace floe::sql::bind {
namespace {

using dialect::Identifier;

/// Whether parts[0..n) name the table: the last n parts of its path.
bool NamesTable(const ScopeTable& table, const std::vector<Identifier>& parts, std::size_t n) {
  if (n == 0 || n > table.path.size()) return false;
  std::size_t skip = table.path.size() - n;
  for (std::size_t i = 0; i < n; ++i) {
    if (table.path[skip + i] != parts[i].text) return false;
  }
  return true;
}

std::string ListOf(const Scope& scope) {
  constexpr std::size_t kShown = 20;
  std::string list;
  for (std::size_t i = 0; i < scope.columns.size() && i < kShown; ++i)
    list += (i > 0 ? ", " : "") + scope.columns[i].name;
  if (scope.columns.size() > kShown) list += fmt::format(", and {} more", scope.columns.size() - kShown);
  return list;
}

std::unexpected<Error> Unknown(const Scope& scope, const std::vector<Identifier>& parts) {
  std::string written;
  for (const Identifier& part : parts) written += (written.empty() ? "" : ".") + part.text;
  std::vector<std::string> names;
  for (const ScopeColumn& column : scope.columns) names.push_back(column.name);
  std::string near = Nearest(parts.back().text, names);
  std::string message = fmt::format("unknown column '{}'", written);
  if (!near.empty()) message += fmt::format("; did you mean '{}'?", near);
  if (scope.columns.empty()) {
    message += "; there is no FROM";
  } else {
    message += (near.empty() ? "; columns here: " : " Columns here: ") + ListOf(scope);
  }
  return Fail(Error(ErrorKind::kInvalidInput, std::move(message)).WithPosition(parts[0].span.position));
}

std::string TableName(const ScopeTable& table) {
  std::string text;
  for (const std::string& part : table.path) text += (text.empty() ? "" : ".") + part;
  return text;
}

std::unexpected<Error> Ambiguous(const Scope& scope, const Identifier& name) {
  std::string tables;
  for (const ScopeColumn& column : scope.columns) {
    if (column.name != name.text || column.hidden) continue;
    tables += (tables.empty() ? "" : " and ") + TableName(scope.tables[static_cast<std::size_t>(column.table)]);
  }
  return Fail(Error(ErrorKind::kInvalidInput, fmt::format("column '{}' is ambiguous: it is in {}; write it as table.{}",
                                                          name.text, tables, name.text))
                  .WithPosition(name.span.position));
}

/// The column called parts[n] in the tables that parts[0..n) name; -1 none, -2 ambiguous.
int FindColumn(const Scope& scope, const std::vector<Identifier>& parts, std::size_t n) {
  int found = -1;
  for (std::size_t i = 0; i < scope.columns.size(); ++i) {
    const ScopeColumn& column = scope.columns[i];
    if (column.name != parts[n].text || (n == 0 && column.hidden)) continue;
    if (n > 0 && !NamesTable(scope.tables[static_cast<std::size_t>(column.table)], parts, n)) continue;
    if (found >= 0) return -2;
    found = static_cast<int>(i);
  }
  return found;
}

}  // namespace

data::Schema Scope::schema() const {
  data::Schema schema;
  for (const ScopeColumn& column : columns) schema.fields.push_back({column.name, column.type, "", column.time});
  return schema;
}

void Scope::Append(const Scope& right) {
  auto base = static_cast<int>(tables.size());
  tables.insert(tables.end(), right.tables.begin(), right.tables.end());
  for (ScopeColumn column : right.columns) {
    column.table += base;
    columns.push_back(std::move(column));
  }
}

void Scope::Rename(const std::string& alias) {
  tables = {ScopeTable{{alias}}};
  for (ScopeColumn& column : columns) column.table = 0;
}

Result<ResolvedName> ResolveName(const Scope& scope, const std::vector<Identifier>& parts) {
  // A qualified column wins over a field of a column with the table's name, as in Flink.
  for (std::size_t n = std::min<std::size_t>(parts.size() - 1, 3); n > 0; --n) {
    int column = FindColumn(scope, parts, n);
    if (column == -2) return Ambiguous(scope, parts[n]);
    if (column >= 0) return ResolvedName{column, n + 1};
  }
  int column = FindColumn(scope, parts, 0);
  if (column == -2) return Ambiguous(scope, parts[0]);
  if (column < 0) return Unknown(scope, parts);
  return ResolvedName{column, 1};
}

std::vector<Identifier> PathOf(const Scope& scope, int column) {
  const ScopeColumn& wanted = scope.columns[static_cast<std::size_t>(column)];
  const ScopeTable& table = scope.tables[static_cast<std::size_t>(wanted.table)];
  for (std::size_t qualifiers : {std::size_t{1}, table.path.size(), std::size_t{0}}) {
    if (qualifiers > table.path.size() || (qualifiers > 0 && table.borrowed)) continue;
    std::vector<Identifier> path;
    for (std::size_t i = table.path.size() - qualifiers; i < table.path.size(); ++i)
      path.push_back({.text = table.path[i], .quoted = true, .span = {}});
    path.push_back({.text = wanted.name, .quoted = true, .span = {}});
    auto found = ResolveName(scope, path);
    if (found && found->column == column && found->used == path.size()) return path;
  }
  return {};
}

Result<std::vector<int>> ResolveStar(const Scope& scope, const std::vector<Identifier>& qualifier,
                                     TextPosition position) {
  std::vector<int> columns;
  for (std::size_t i = 0; i < scope.columns.size(); ++i) {
    const ScopeTable& table = scope.tables[static_cast<std::size_t>(scope.columns[i].table)];
    if (qualifier.empty() ? !scope.columns[i].hidden : NamesTable(table, qualifier, qualifier.size()))
      columns.push_back(static_cast<int>(i));
  }
  if (!columns.empty()) return columns;
  std::string tables;
  for (const ScopeTable& table : scope.tables) tables += (tables.empty() ? "" : ", ") + TableName(table);
  std::string message = qualifier.empty() || scope.tables.empty()
                            ? std::string("'*' needs a FROM")
                            : fmt::format("no table '{}' in FROM; there is {}", qualifier.back().text, tables);
  return Fail(Error(ErrorKind::kInvalidInput, std::move(message)).WithPosition(position));
}

Result<plan::ExpressionPtr> FieldOf(plan::ExpressionPtr row, const std::string& name, TextPosition position) {
  std::string fields;
  if (row->type.kind() == data::TypeKind::kRow) {
    for (std::size_t i = 0; i < row->type.fields().size(); ++i) {
      if (row->type.fields()[i].name == name) {
        data::Type type = row->type.child(i).WithNullable(row->type.child(i).nullable() || row->type.nullable());
        plan::Expression field{.kind = plan::ExpressionKind::kField,
                               .type = std::move(type),
                               .function = name,
                               .args = {std::move(row)},
                               .position = position};
        return std::make_shared<const plan::Expression>(std::move(field));
      }
      fields += (fields.empty() ? "" : ", ") + row->type.fields()[i].name;
    }
  }
  std::string message = fields.empty() ? fmt::format("'{}' is no field: the value left of it is {}, not a ROW", name,
                                                     row->type.ToString())
                                       : fmt::format("unknown field '{}'; the ROW has {}", name, fields);
  return Fail(Error(ErrorKind::kInvalidInput, std::move(message)).WithPosition(position));
}

}  // namespace floe::sql::bind
