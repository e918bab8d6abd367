// SPDX-License-Identifier: Apache-2.0
#include "slt_file.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>

namespace floe::slt {
namespace {

const std::set<std::string>& Verbs() {
  static const std::set<std::string> verbs = {"statement", "query",   "feed",     "stream",    "run",   "barrier",
                                              "kill",      "restart", "end",      "changelog", "batch", "clock",
                                              "explain",   "late",    "counters", "only",      "random"};
  return verbs;
}

}  // namespace

std::string Directive::Sql() const {
  std::string text;
  for (const std::string& part : body) text += (text.empty() ? "" : "\n") + part;
  return text;
}

bool Directive::Has(const std::string& word) const {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string Trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t begin = 0;
  while (true) {
    const std::size_t bar = line.find('|', begin);
    cells.push_back(Trimmed(std::string_view(line).substr(begin, bar == std::string::npos ? bar : bar - begin)));
    if (bar == std::string::npos) return cells;
    begin = bar + 1;
  }
}

std::string Normalized(const std::string& line) {
  std::string text;
  for (const std::string& cell : Cells(line)) text += (text.empty() ? "" : "|") + cell;
  return text;
}

Result<std::vector<Directive>> ParseFile(const std::string& text) {
  std::vector<Directive> directives;
  std::istringstream lines(text);
  bool inside = false;
  bool below = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (Trimmed(line).empty()) {
      inside = false;
      continue;
    }
    if (!inside) {
      if (line.front() == '#') continue;
      Directive directive;
      directive.line = number;
      std::istringstream words(line);
      words >> directive.verb;
      if (!Verbs().contains(directive.verb)) {
        return Fail(ErrorKind::kInvalidInput,
                    fmt::format("line {}: no directive is called '{}'", number, directive.verb));
      }
      directive.rest = Trimmed(std::string_view(line).substr(line.find(directive.verb) + directive.verb.size()));
      for (std::string word; words >> word;) directive.words.push_back(word);
      directives.push_back(std::move(directive));
      inside = true;
      below = false;
    } else if (line == "----") {
      below = true;
    } else {
      (below ? directives.back().expected : directives.back().body).push_back(line);
    }
  }
  return directives;
}

}  // namespace floe::slt
