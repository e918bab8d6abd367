// SPDX-License-Identifier: Apache-2.0
// A SQL logic file as a list of directives; README.md here has the grammar.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace floe::slt {

/// A block of the file: its first line, then what stands above and below "----".
struct Directive {
  int line = 0;
  std::string verb;
  std::vector<std::string> words;  ///< of the first line behind the verb
  std::string rest;                ///< the same as text
  std::vector<std::string> body;
  std::vector<std::string> expected;  ///< below "----"
  /// The body as one text; positions in it count from its first line.
  std::string Sql() const;
  bool Has(const std::string& word) const;
};

/// kInvalidInput with the line.
Result<std::vector<Directive>> ParseFile(const std::string& text);

/// Cells of a row: cut at '|', trimmed.
std::vector<std::string> Cells(const std::string& line);
/// Cells in the one spelling that rows are compared in: "a|b|c".
std::string Normalized(const std::string& line);
std::string Trimmed(std::string_view text);

}  // namespace floe::slt
