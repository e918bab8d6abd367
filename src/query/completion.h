// SPDX-License-Identifier: Apache-2.0
// What a line that is being typed asks for: pure, the names come from the session.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace floe::query {

/// The end of a text, taken apart.
struct TypedWord {
  std::string word;                     ///< what is typed of it so far, behind the last of " .,();'`\"=<>"
  std::vector<std::string> qualifiers;  ///< "iceberg", "db" of iceberg.db.wo
  std::vector<std::string> before;      ///< words of the statement before it, in upper case
  bool in_quotes = false;               ///< a ' stands open
};
TypedWord TakeApart(std::string_view text);

/// Kinds of names that may stand there.
struct Wanted {
  std::vector<std::string> keywords;
  bool tables = false;  ///< also the names that may qualify them
  bool databases = false;
  bool catalogs = false;
  bool columns = false;
  bool functions = false;
  bool settings = false;
};
/// For a word without qualifiers.
Wanted WhatFits(const TypedWord& typed);

/// Whether `candidate` begins with what was typed, in any case.
bool BeginsWith(std::string_view candidate, std::string_view typed);

}  // namespace floe::query
