// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/written.h"

#include <algorithm>

#include <fmt/format.h>

#include "sql/dialect/parser.h"

namespace floe::sql::planner {
namespace {

constexpr std::size_t kMostText = 2000;

}  // namespace

const dialect::ColumnDefinition* Written::Column(std::string_view column) const {
  auto found = std::ranges::find_if(columns, [&](const auto* c) { return c->name.text == column; });
  return found == columns.end() ? nullptr : *found;
}

const dialect::Expression* Written::Computed(std::string_view column) const {
  const dialect::ColumnDefinition* definition = Column(column);
  if (definition == nullptr) return nullptr;
  const auto* computed = std::get_if<dialect::ComputedColumn>(&definition->definition);
  return computed == nullptr ? nullptr : &computed->expression;
}

TextPosition Written::PlaceOf(const Error& error) const {
  for (const dialect::Option* option : options) {
    if (error.message().find("'" + option->key + "'") != std::string::npos) return option->key_span.position;
  }
  return name;
}

Written WrittenOf(const dialect::CreateTable& statement) {
  Written written{.name = statement.name.span.position, .columns = {}, .options = {}};
  for (const dialect::ColumnDefinition& column : statement.columns) written.columns.push_back(&column);
  for (const dialect::Option& option : statement.options) written.options.push_back(&option);
  if (!statement.watermarks.empty()) written.watermark = &statement.watermarks[0];
  return written;
}

Written WrittenOf(const dialect::AlterTable& statement) {
  Written written{.name = statement.name.span.position, .columns = {}, .options = {}};
  if (const auto* change = std::get_if<dialect::ChangeSchema>(&statement.action)) {
    for (const dialect::PlacedColumn& placed : change->columns) written.columns.push_back(&placed.column);
    if (change->watermark) written.watermark = &*change->watermark;
  }
  if (const auto* set = std::get_if<dialect::SetOptions>(&statement.action)) {
    for (const dialect::Option& option : set->options) written.options.push_back(&option);
  }
  return written;
}

Error InStoredText(const Error& error, std::string_view text, std::string_view what, TextPosition position) {
  std::string message = error.message();
  std::string place = fmt::format("in {}", what);
  if (message.size() > kMostText) {
    place.clear();  // views over views: enough has been shown
  } else if (error.position() && error.position()->line > 0) {
    // RenderError's first line is the message, which is here already.
    std::string shown = dialect::RenderError(text, Error(error.kind(), "").WithPosition(*error.position()));
    std::size_t snippet = shown.find('\n');
    place += fmt::format(", line {}, column {}:{}", error.position()->line, error.position()->column,
                         snippet == std::string::npos ? "" : shown.substr(snippet));
  } else {
    place += fmt::format(": {}", text);
  }
  Error placed = Error(error.kind(), place.empty() ? message : message + "\n  " + place);
  for (const std::string& frame : error.context()) placed = std::move(placed).WithContext(frame);
  if (position.line > 0) placed = std::move(placed).WithPosition(position);
  return placed;
}

}  // namespace floe::sql::planner
