// SPDX-License-Identifier: Apache-2.0
#include "query/session_parts.h"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace floe::query {
namespace {

void Collect(const sql::plan::NodePtr& node, std::vector<const sql::plan::Scan*>& scans) {
  if (const auto* scan = std::get_if<sql::plan::Scan>(&node->op)) scans.push_back(scan);
  for (const sql::plan::NodePtr& input : sql::plan::Inputs(*node)) Collect(input, scans);
}

std::string Extras(const sql::catalog::CatalogColumn& column) {
  if (column.kind == sql::catalog::ColumnKind::kComputed) return "AS " + column.expression;
  if (column.kind != sql::catalog::ColumnKind::kMetadata) return "";
  return fmt::format("METADATA FROM '{}'{}", column.metadata_key, column.is_virtual ? " VIRTUAL" : "");
}

}  // namespace

std::string FormatTime(std::int64_t ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

bool HasComments(const sql::catalog::CatalogTable& table) {
  return std::ranges::any_of(table.columns, [](const auto& column) { return !column.comment.empty(); });
}

std::vector<std::vector<std::string>> DescribeRows(const sql::catalog::CatalogTable& table,
                                                   const data::Schema& schema) {
  std::vector<std::vector<std::string>> rows;
  const bool comments = HasComments(table);
  for (const data::Field& field : schema.fields) {
    std::string type = field.type.WithNullable(true).ToString();
    if (field.time_attribute == data::TimeAttribute::kRowtime) type += " *ROWTIME*";
    if (field.time_attribute == data::TimeAttribute::kProctime) type += " *PROCTIME*";
    bool key = std::find(table.primary_key.begin(), table.primary_key.end(), field.name) != table.primary_key.end();
    std::string key_text = !key ? "" : fmt::format("PRI({})", fmt::join(table.primary_key, ", "));
    auto column =
        std::find_if(table.columns.begin(), table.columns.end(), [&](const auto& c) { return c.name == field.name; });
    std::string extras = column == table.columns.end() ? "" : Extras(*column);
    std::string watermark;
    if (table.watermark && table.watermark->column.size() == 1 && table.watermark->column[0] == field.name)
      watermark = table.watermark->expression;
    rows.push_back({field.name, type, field.type.nullable() ? "TRUE" : "FALSE", key_text, extras, watermark});
    if (comments) rows.back().push_back(column == table.columns.end() ? "" : column->comment);
  }
  return rows;
}

bool ReadsNoTable(const sql::plan::Program& program) {
  return std::all_of(program.sinks.begin(), program.sinks.end(),
                     [](const auto& sink) { return ScansOf(sink).empty(); });
}

std::vector<const sql::plan::Scan*> ScansOf(const sql::plan::NodePtr& node) {
  std::vector<const sql::plan::Scan*> scans;
  Collect(node, scans);
  return scans;
}

}  // namespace floe::query
