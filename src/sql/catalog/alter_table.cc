// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE over a catalog table.
#include <algorithm>

#include <fmt/format.h>

#include "sql/catalog/table_internal.h"
#include "sql/dialect/parser.h"

namespace floe::sql::catalog {
namespace {

using dialect::QuoteIdentifier;

/// Whether the SQL text uses the column: compared as a token, so that an alias of the same name counts too.
bool Mentions(const std::string& expression, const std::string& column) {
  dialect::Lexer lexer(expression);
  for (;;) {
    auto token = lexer.Next();
    if (!token || token->kind == dialect::TokenKind::kEnd) return false;
    bool name = token->kind == dialect::TokenKind::kWord || token->kind == dialect::TokenKind::kQuoted;
    if (name && token->Value() == column) return true;
  }
}

/// What else of the table needs the column; empty when nothing does.
std::string UserOf(const CatalogTable& table, const std::string& column) {
  if (std::ranges::find(table.primary_key, column) != table.primary_key.end()) return "the primary key";
  if (table.watermark && (table.watermark->column[0] == column || Mentions(table.watermark->expression, column)))
    return "the watermark";
  for (const CatalogColumn& other : table.columns) {
    if (other.kind == ColumnKind::kComputed && other.name != column && Mentions(other.expression, column)) {
      return fmt::format("the computed column {}", QuoteIdentifier(other.name));
    }
  }
  for (const std::string& item : table.partitioned_by) {
    if (item == column || Mentions(item, column)) return "PARTITIONED BY";
  }
  return {};
}

Result<std::vector<CatalogColumn>::iterator> Find(CatalogTable& table, const dialect::Identifier& name) {
  auto found = std::ranges::find(table.columns, name.text, &CatalogColumn::name);
  if (found != table.columns.end()) return found;
  return FailAt(name.span,
                fmt::format("{} has no column {}{}", table.path.ToString(), QuoteIdentifier(name.text),
                            NearColumn(table, name.text)),
                ErrorKind::kNotFound);
}

Status Place(CatalogTable& table, CatalogColumn column, const dialect::ColumnPlacement& placement) {
  if (placement.first) {
    table.columns.insert(table.columns.begin(), std::move(column));
  } else if (!placement.after.text.empty()) {
    FLOE_TRY(auto after, Find(table, placement.after));
    table.columns.insert(after + 1, std::move(column));
  } else {
    table.columns.push_back(std::move(column));
  }
  return {};
}

Status Refuse(const CatalogTable& table, const dialect::Identifier& column) {
  std::string user = UserOf(table, column.text);
  if (user.empty()) return {};
  return FailAt(column.span,
                fmt::format("column {} of {} is used by {}; change that first", QuoteIdentifier(column.text),
                            table.path.ToString(), user),
                ErrorKind::kFailedPrecondition);
}

/// Iceberg keeps columns by id: partitions follow a rename, and its catalog knows which columns they need.
bool PartitionsGoById(const CatalogTable& table) {
  return table.connector() == "iceberg";
}

Status Nested(const std::vector<dialect::Identifier>& path) {
  if (path.size() == 1) return {};
  return FailAt(path[1].span, "changing a field inside a ROW is not supported; MODIFY the whole column",
                ErrorKind::kNotSupported);
}

Status Apply(const dialect::RenameTable&, CatalogTable&) {
  return Fail(ErrorKind::kInternal, "RENAME TO is the session's");
}

Status Apply(const dialect::RenameColumn& action, CatalogTable& table) {
  FLOE_TRY_VOID(Nested(action.from));
  FLOE_TRY(auto column, Find(table, action.from[0]));
  if (FindColumn(table, action.to.text) != nullptr) {
    return FailAt(action.to.span,
                  fmt::format("{} has a column {} already", table.path.ToString(), QuoteIdentifier(action.to.text)),
                  ErrorKind::kAlreadyExists);
  }
  // Keys follow the name; expressions do not, as in Flink.
  std::string old = action.from[0].text;
  CatalogTable without_key = table;
  without_key.primary_key.clear();
  if (PartitionsGoById(table)) without_key.partitioned_by.clear();
  FLOE_TRY_VOID(Refuse(without_key, action.from[0]));
  std::ranges::replace(table.primary_key, old, action.to.text);
  if (column->kind == ColumnKind::kMetadata && column->metadata_key.empty()) column->metadata_key = old;
  column->name = action.to.text;
  column->renamed_from = old;
  return {};
}

Status Apply(const dialect::SetOptions& action, CatalogTable& table) {
  for (const dialect::Option& option : action.options) table.options[option.key] = option.value;
  return {};
}

Status Apply(const dialect::ResetOptions& action, CatalogTable& table) {
  for (const dialect::OptionKey& key : action.keys) {
    if (key.text == "connector")
      return FailAt(key.span, "'connector' cannot be reset; SET another value or drop the table");
    table.options.erase(key.text);
  }
  return {};
}

Status Apply(const dialect::ChangeSchema& action, CatalogTable& table) {
  for (const dialect::PlacedColumn& placed : action.columns) {
    const dialect::Identifier& name = placed.column.name;
    FLOE_TRY_VOID(CheckColumn(placed.column));
    CatalogColumn column = MakeColumn(placed.column);
    if (!action.modify) {
      if (FindColumn(table, name.text) != nullptr) {
        return FailAt(name.span,
                      fmt::format("{} has a column {} already; use MODIFY to change it", table.path.ToString(),
                                  QuoteIdentifier(name.text)),
                      ErrorKind::kAlreadyExists);
      }
      FLOE_TRY_VOID(Place(table, std::move(column), placed.placement));
    } else {
      FLOE_TRY(auto found, Find(table, name));
      bool moves = placed.placement.first || !placed.placement.after.text.empty();
      if (moves) {
        table.columns.erase(found);
        FLOE_TRY_VOID(Place(table, std::move(column), placed.placement));
      } else {
        *found = std::move(column);
      }
    }
    if (placed.column.primary_key) {
      FLOE_TRY_VOID(ApplyPrimaryKey({{}, {name}, placed.column.primary_key_enforced, placed.column.span}, table));
    }
  }
  if (action.watermark) {
    if (!action.modify && table.watermark)
      return FailAt(action.watermark->span, "the table has a watermark already; use MODIFY WATERMARK");
    if (action.modify && !table.watermark)
      return FailAt(action.watermark->span, "the table has no watermark; use ADD WATERMARK");
    FLOE_TRY_VOID(ApplyWatermark(*action.watermark, table));
  }
  if (action.primary_key) {
    if (!action.modify && !table.primary_key.empty())
      return FailAt(action.primary_key->span, "the table has a primary key already; use MODIFY");
    if (action.modify && table.primary_key.empty())
      return FailAt(action.primary_key->span, "the table has no primary key; use ADD");
    FLOE_TRY_VOID(ApplyPrimaryKey(*action.primary_key, table));
  }
  if (action.distribution) table.distribution = action.distribution;
  return {};
}

Status Apply(const dialect::DropColumns& action, CatalogTable& table) {
  CatalogTable users = table;
  if (PartitionsGoById(table)) users.partitioned_by.clear();
  for (const auto& path : action.columns) {
    FLOE_TRY_VOID(Nested(path));
    FLOE_TRY(auto column, Find(table, path[0]));
    FLOE_TRY_VOID(Refuse(users, path[0]));
    if (table.columns.size() == 1)
      return FailAt(path[0].span, "a table keeps at least one column; drop the table instead");
    table.columns.erase(column);
  }
  return {};
}

Status Apply(const dialect::DropPrimaryKey&, CatalogTable& table) {
  if (table.primary_key.empty())
    return Fail(ErrorKind::kNotFound, fmt::format("{} has no primary key", table.path.ToString()));
  table.primary_key.clear();
  table.primary_key_name.clear();
  return {};
}

Status Apply(const dialect::DropConstraint& action, CatalogTable& table) {
  if (table.primary_key.empty() || table.primary_key_name != action.name.text) {
    std::string known =
        table.primary_key.empty() ? "it has none" : "its only one is " + QuoteIdentifier(table.primary_key_name);
    return FailAt(
        action.name.span,
        fmt::format("{} has no constraint {}; {}", table.path.ToString(), QuoteIdentifier(action.name.text), known),
        ErrorKind::kNotFound);
  }
  return Apply(dialect::DropPrimaryKey{}, table);
}

Status Apply(const dialect::DropWatermark&, CatalogTable& table) {
  if (!table.watermark) return Fail(ErrorKind::kNotFound, fmt::format("{} has no watermark", table.path.ToString()));
  table.watermark.reset();
  return {};
}

Status Apply(const dialect::DropDistribution&, CatalogTable& table) {
  if (!table.distribution)
    return Fail(ErrorKind::kNotFound, fmt::format("{} has no distribution", table.path.ToString()));
  table.distribution.reset();
  return {};
}

/// What an action names, in the order of the statement.
std::vector<std::pair<std::string, dialect::Span>> SubjectsOf(const dialect::AlterTable& alter) {
  std::vector<std::pair<std::string, dialect::Span>> subjects;
  if (const auto* rename = std::get_if<dialect::RenameColumn>(&alter.action)) {
    for (const dialect::Identifier& part : rename->from) subjects.emplace_back(part.text, part.span);
    subjects.emplace_back(rename->to.text, rename->to.span);
  } else if (const auto* set = std::get_if<dialect::SetOptions>(&alter.action)) {
    for (const dialect::Option& option : set->options) subjects.emplace_back(option.key, option.key_span);
  } else if (const auto* reset = std::get_if<dialect::ResetOptions>(&alter.action)) {
    for (const dialect::OptionKey& key : reset->keys) subjects.emplace_back(key.text, key.span);
  } else if (const auto* change = std::get_if<dialect::ChangeSchema>(&alter.action)) {
    for (const dialect::PlacedColumn& placed : change->columns)
      subjects.emplace_back(placed.column.name.text, placed.column.name.span);
  } else if (const auto* drop = std::get_if<dialect::DropColumns>(&alter.action)) {
    for (const auto& path : drop->columns) subjects.emplace_back(path.back().text, path.back().span);
  }
  return subjects;
}

/// Its first column; `otherwise` when it names none.
dialect::Span PlaceOf(const dialect::Distribution& distribution, const dialect::Span& otherwise) {
  return distribution.columns.empty() ? otherwise : distribution.columns[0].span;
}

}  // namespace

dialect::Span PlaceOf(const dialect::AlterTable& alter, const Error& error) {
  const std::string message = error.ToString();  // the subject may stand in a context frame
  auto speaks_of = [&](const std::string& text) { return message.find(text) != std::string::npos; };
  for (const auto& [name, span] : SubjectsOf(alter)) {
    if (speaks_of("'" + name + "'")) return span;
  }
  const auto* change = std::get_if<dialect::ChangeSchema>(&alter.action);
  if (change != nullptr && change->primary_key && speaks_of("PRIMARY KEY")) return change->primary_key->span;
  if (change != nullptr && change->watermark && speaks_of("WATERMARK")) return change->watermark->span;
  if (change != nullptr && change->distribution && speaks_of("DISTRIBUTION"))
    return PlaceOf(*change->distribution, alter.name.span);
  return alter.name.span;
}

dialect::Span PlaceOf(const dialect::CreateTable& create, const Error& error) {
  if (error.kind() != ErrorKind::kNotSupported) return create.name.span;
  const std::string message = error.ToString();
  auto speaks_of = [&](const char* text) { return message.find(text) != std::string::npos; };
  if (!create.watermarks.empty() && speaks_of("WATERMARK")) return create.watermarks[0].span;
  if (create.distribution && speaks_of("DISTRIBUTION")) return PlaceOf(*create.distribution, create.name.span);
  return create.name.span;
}

Result<CatalogTable> AlterTable(const CatalogTable& table, const dialect::AlterTable& alter) {
  if (table.kind == TableKind::kView) {
    return FailAt(alter.name.span, fmt::format("{} is a view; use ALTER VIEW", table.path.ToString()),
                  ErrorKind::kFailedPrecondition);
  }
  CatalogTable changed = table;
  FLOE_TRY_VOID(std::visit([&](const auto& action) { return Apply(action, changed); }, alter.action));
  return changed;
}

}  // namespace floe::sql::catalog
