// SPDX-License-Identifier: Apache-2.0
// A table's definition as the statement at hand spells it, so that errors about it stand at their place in the text.
#pragma once

#include <string_view>
#include <vector>

#include "sql/dialect/create_table.h"
#include "sql/dialect/statement.h"

namespace floe::sql::planner {

/// Points into the statement it was made from. What is not in there (columns of LIKE, of the table before ALTER) is
/// known by its stored text only.
struct Written {
  TextPosition name;  ///< of the table
  std::vector<const dialect::ColumnDefinition*> columns;
  std::vector<const dialect::Option*> options;
  const dialect::WatermarkDefinition* watermark = nullptr;

  const dialect::ColumnDefinition* Column(std::string_view column) const;
  /// Of the expression; null when the column is not computed here.
  const dialect::Expression* Computed(std::string_view column) const;
  /// Where an error's subject stands: the option whose 'key' its message quotes, else the table's name.
  TextPosition PlaceOf(const Error& error) const;
};
Written WrittenOf(const dialect::CreateTable& statement);
Written WrittenOf(const dialect::AlterTable& statement);

/// An error in a text that a catalog keeps: `position` is where the statement at hand refers to it; the message goes on
/// with the text, its line, column and a caret.
Error InStoredText(const Error& error, std::string_view text, std::string_view what, TextPosition position);

}  // namespace floe::sql::planner
