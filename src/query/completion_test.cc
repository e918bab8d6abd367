// SPDX-License-Identifier: Apache-2.0
#include "query/completion.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace floe::query {
namespace {

using Words = std::vector<std::string>;

TEST(CompletionTest, TakesTheEndOfATextApart) {
  TypedWord typed = TakeApart("SELECT 1; select * from iceberg.`my db`.or");
  EXPECT_EQ(typed.word, "or");
  EXPECT_EQ(typed.before, (Words{"SELECT", "*", "FROM"}));
  typed = TakeApart("SELECT * FROM iceberg.db.or");
  EXPECT_EQ(typed.qualifiers, (Words{"iceberg", "db"}));
  typed = TakeApart("SELECT count(");
  EXPECT_EQ(typed.word, "");
  EXPECT_TRUE(typed.qualifiers.empty());
  typed = TakeApart("SET 'execution.check");
  EXPECT_EQ(typed.word, "check");
  EXPECT_EQ(typed.qualifiers, Words{"execution"});
  EXPECT_TRUE(typed.in_quotes);
}

TEST(CompletionTest, KnowsWhatAWordMayBe) {
  struct Case {
    const char* text;
    const char* keyword;  ///< one that must be there; empty: none at all
    bool tables, databases, catalogs, settings;
  };
  for (const Case& c : {
           Case{"", "SELECT", false, false, false, false},
           Case{"SELECT 1; sh", "SHOW", false, false, false, false},
           Case{"SET ", "", false, false, false, true},
           Case{"SET 'exec", "", false, false, false, true},
           Case{"SET 'pipeline.name' = '", "", false, false, false, false},
           Case{"RESET ", "", false, false, false, true},
           Case{"SHOW ", "TABLES", false, false, false, false},
           Case{"USE ", "CATALOG", false, true, false, false},
           Case{"USE CATALOG ", "", false, false, true, false},
           Case{"SELECT * FROM ", "", true, false, false, false},
           Case{"INSERT INTO ", "", true, false, false, false},
           Case{"INSERT ", "INTO", false, false, false, false},
           Case{"DROP TABLE ", "IF EXISTS", true, false, false, false},
           Case{"DROP TABLE IF EXI", "EXISTS", false, false, false, false},
           Case{"DROP TABLE IF EXISTS ", "", true, false, false, false},
           Case{"DROP DATABASE IF EXISTS ", "", false, true, false, false},
           Case{"CREATE TABLE IF NOT EXISTS ", "", true, false, false, false},
           Case{"CREATE DATABASE ", "IF NOT EXISTS", false, true, false, false},
           Case{"DESCRIBE ", "EXTENDED", true, false, false, false},
           Case{"SELECT a FROM t GROUP ", "BY", false, false, false, false},
           Case{"SELECT a FROM t ", "WHERE", false, false, false, false},
           Case{"ALTER TABLE t ", "RENAME TO", false, false, false, false},
           Case{"SELECT 'it is ", "", false, false, false, false},
       }) {
    const Wanted wanted = WhatFits(TakeApart(c.text));
    if (*c.keyword == '\0') {
      EXPECT_TRUE(wanted.keywords.empty()) << c.text;
    } else {
      EXPECT_NE(std::ranges::find(wanted.keywords, c.keyword), wanted.keywords.end()) << c.text;
    }
    EXPECT_EQ(wanted.tables, c.tables) << c.text;
    EXPECT_EQ(wanted.databases, c.databases) << c.text;
    EXPECT_EQ(wanted.catalogs, c.catalogs) << c.text;
    EXPECT_EQ(wanted.settings, c.settings) << c.text;
  }
}

}  // namespace
}  // namespace floe::query
