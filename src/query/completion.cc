// SPDX-License-Identifier: Apache-2.0
#include "query/completion.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "sql/dialect/lexer.h"

namespace floe::query {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kBreaks = " \t\n(),;'\"=<>";

const Words& Starters() {
  static const Words words = {"SELECT",   "INSERT INTO", "CREATE", "DROP", "ALTER", "SHOW",
                              "DESCRIBE", "EXPLAIN",     "USE",    "SET",  "RESET", "EXECUTE STATEMENT SET BEGIN",
                              "STOP JOB", "VALUES",      "WITH",   "HELP", "QUIT"};
  return words;
}

/// Anywhere behind the first word.
const Words& Others() {
  static const Words words = {"FROM",
                              "WHERE",
                              "GROUP BY",
                              "HAVING",
                              "ORDER BY",
                              "LIMIT",
                              "JOIN",
                              "LEFT JOIN",
                              "ON",
                              "AND",
                              "OR",
                              "NOT",
                              "NULL",
                              "AS",
                              "IN",
                              "BETWEEN",
                              "LIKE",
                              "IS",
                              "EXISTS",
                              "CASE",
                              "WHEN",
                              "THEN",
                              "ELSE",
                              "END",
                              "CAST",
                              "DISTINCT",
                              "UNION ALL",
                              "VALUES",
                              "SELECT",
                              "WITH",
                              "TABLE",
                              "TUMBLE",
                              "HOP",
                              "CUMULATE",
                              "DESCRIPTOR",
                              "INTERVAL",
                              "WATERMARK FOR",
                              "PRIMARY KEY",
                              "NOT ENFORCED",
                              "PARTITIONED BY",
                              "METADATA FROM",
                              "FOR SYSTEM_TIME AS OF",
                              "FOR TIMESTAMP AS OF",
                              "FOR VERSION AS OF"};
  return words;
}

/// What may follow a word at once.
const std::map<std::string, Words>& Followers() {
  static const std::map<std::string, Words> followers = {
      {"SHOW",
       {"TABLES", "DATABASES", "CATALOGS", "VIEWS", "COLUMNS FROM", "CREATE TABLE", "CREATE VIEW", "FUNCTIONS", "JOBS",
        "PARTITIONS", "MODULES", "CURRENT CATALOG", "CURRENT DATABASE"}},
      {"CREATE", {"TABLE", "VIEW", "DATABASE", "CATALOG", "TEMPORARY TABLE", "TEMPORARY VIEW", "OR REPLACE"}},
      {"DROP", {"TABLE", "VIEW", "DATABASE", "CATALOG", "TEMPORARY TABLE", "TEMPORARY VIEW"}},
      {"ALTER", {"TABLE", "VIEW", "DATABASE", "CATALOG"}},
      {"TEMPORARY", {"TABLE", "VIEW"}},
      {"INSERT", {"INTO"}},
      {"EXPLAIN", {"SELECT", "INSERT INTO", "STATEMENT SET BEGIN"}},
      {"EXECUTE", {"STATEMENT SET BEGIN"}},
      {"STATEMENT", {"SET BEGIN"}},
      {"BEGIN", {"INSERT INTO", "STATEMENT SET"}},
      {"IF", {"EXISTS", "NOT EXISTS"}},
      {"GROUP", {"BY"}},
      {"ORDER", {"BY"}},
      {"PARTITIONED", {"BY"}},
      {"IS", {"NULL", "NOT NULL"}},
      {"PRIMARY", {"KEY"}},
      {"WATERMARK", {"FOR"}},
      {"STOP", {"JOB"}},
  };
  return followers;
}

bool NamesTables(const std::string& word) {
  static const Words words = {"FROM", "JOIN", "INTO", "TABLE", "VIEW", "DESCRIBE", "DESC", "PARTITIONS", "EXTENDED"};
  return std::ranges::find(words, word) != words.end();
}

/// Behind the name of what is altered.
const Words& Alterations() {
  static const Words words = {"RENAME TO", "RENAME", "ADD", "MODIFY", "DROP", "SET", "RESET"};
  return words;
}

void Add(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
}

Wanted BehindExists(const Words& before) {
  Wanted wanted;
  const std::string kind = before.size() >= 4 && before[before.size() - 2] == "NOT" ? before[before.size() - 4]
                           : before.size() >= 3                                     ? before[before.size() - 3]
                                                                                    : "";
  wanted.tables = kind == "TABLE" || kind == "VIEW";
  wanted.databases = kind == "DATABASE";
  wanted.catalogs = kind == "CATALOG";
  return wanted;
}

}  // namespace

bool BeginsWith(std::string_view candidate, std::string_view typed) {
  return candidate.size() >= typed.size() &&
         std::ranges::equal(typed, candidate.substr(0, typed.size()),
                            [](unsigned char a, unsigned char b) { return std::toupper(a) == std::toupper(b); });
}

TypedWord TakeApart(std::string_view text) {
  TypedWord typed;
  std::string current;
  std::vector<std::string> path;  // of the name that is being read
  auto end_name = [&] {
    if (!current.empty()) path.push_back(std::exchange(current, {}));
    for (const std::string& part : path) typed.before.push_back(sql::dialect::ToUpper(part));
    path.clear();
  };
  bool back_ticks = false;
  for (char c : text) {
    if (c == '`') {
      back_ticks = !back_ticks;
      continue;
    }
    if (back_ticks) {
      current += c;
      continue;
    }
    if (c == '\'') typed.in_quotes = !typed.in_quotes;
    if (c == ';' && !typed.in_quotes) {
      current.clear();
      path.clear();
      typed.before.clear();
    } else if (c == '.') {
      path.push_back(std::exchange(current, {}));
    } else if (kBreaks.find(c) == std::string_view::npos) {
      current += c;
    } else {
      end_name();
    }
  }
  typed.word = std::move(current);
  typed.qualifiers = std::move(path);
  return typed;
}

Wanted WhatFits(const TypedWord& typed) {
  Wanted wanted;
  const Words& before = typed.before;
  if (before.empty()) {
    wanted.keywords = Starters();
    return wanted;
  }
  const std::string& last = before.back();
  if (before.front() == "SET" || before.front() == "RESET") {
    wanted.settings = before.size() == 1;
    return wanted;
  }
  if (typed.in_quotes) return wanted;
  if (before.front() == "USE") {
    wanted.catalogs = last == "CATALOG";
    wanted.databases = before.size() == 1;
    if (before.size() == 1) wanted.keywords = {"CATALOG"};
    return wanted;
  }
  const bool ddl = before.front() == "CREATE" || before.front() == "DROP" || before.front() == "ALTER";
  if (last == "EXISTS" && ddl) return BehindExists(before);
  if (last == "CATALOG" || last == "DATABASE") {
    wanted.catalogs = last == "CATALOG";
    wanted.databases = last == "DATABASE";
    if (ddl) wanted.keywords = {before.front() == "CREATE" ? "IF NOT EXISTS" : "IF EXISTS"};
    return wanted;
  }
  if (NamesTables(last)) {
    wanted.tables = true;
    if (ddl) wanted.keywords = {before.front() == "CREATE" ? "IF NOT EXISTS" : "IF EXISTS"};
    if (last == "DESCRIBE" || last == "DESC") wanted.keywords = {"EXTENDED", "JOB"};
    return wanted;
  }
  if (auto found = Followers().find(last); found != Followers().end()) {
    wanted.keywords = found->second;
    return wanted;
  }
  if (before.front() == "ALTER" && before.size() >= 3) Add(wanted.keywords, Alterations());
  if (before.front() == "EXPLAIN" || before.front() == "BEGIN") Add(wanted.keywords, {"INSERT INTO"});
  Add(wanted.keywords, Others());
  wanted.columns = wanted.functions = true;
  wanted.tables = !typed.word.empty();
  return wanted;
}

}  // namespace floe::query
