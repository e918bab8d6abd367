// SPDX-License-Identifier: Apache-2.0
// All statements as plain data, one struct each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sql/dialect/create_table.h"
#include "sql/dialect/query.h"

namespace floe::sql::dialect {

struct CreateCatalog {
  Identifier name;
  bool if_not_exists = false;
  std::optional<std::string> comment;
  std::vector<Option> options;
  bool operator==(const CreateCatalog&) const = default;
};
struct CreateDatabase {
  ObjectName name;
  bool if_not_exists = false;
  std::optional<std::string> comment;
  std::vector<Option> options;
  bool operator==(const CreateDatabase&) const = default;
};
struct CreateView {
  ObjectName name;
  bool or_replace = false;
  bool temporary = false;
  bool if_not_exists = false;
  std::vector<Identifier> columns;
  std::optional<std::string> comment;
  Query query;
  Span query_span;  ///< the query's text
  bool operator==(const CreateView&) const = default;
};
struct CreateFunction {
  ObjectName name;
  bool temporary = false;
  bool system = false;
  bool if_not_exists = false;
  std::string class_name;
  std::string language;  ///< upper case; empty when not written
  std::vector<std::string> jars;
  bool operator==(const CreateFunction&) const = default;
};

enum class ObjectKind : std::uint8_t { kCatalog, kDatabase, kTable, kView, kFunction };

struct Drop {
  ObjectKind kind = ObjectKind::kTable;
  ObjectName name;
  bool temporary = false;
  bool system = false;  ///< DROP TEMPORARY SYSTEM FUNCTION
  bool if_exists = false;
  bool cascade = false;  ///< else RESTRICT, the default
  bool operator==(const Drop&) const = default;
};

/// ALTER DATABASE and ALTER CATALOG.
struct AlterOptions {
  ObjectKind kind = ObjectKind::kDatabase;
  ObjectName name;
  std::vector<Option> set;
  std::vector<OptionKey> reset;
  std::optional<std::string> comment;
  bool operator==(const AlterOptions&) const = default;
};
/// Exactly one of the two.
struct AlterView {
  ObjectName name;
  std::optional<ObjectName> rename_to;
  Box<Query> as_query;
  Span query_span;
  bool operator==(const AlterView&) const = default;
};

enum class ShowKind : std::uint8_t {
  kCatalogs,
  kDatabases,
  kTables,
  kViews,
  kColumns,
  kFunctions,
  kModules,
  kJobs,
  kPartitions,
  kJars,
  kProcedures,
  kCurrentCatalog,
  kCurrentDatabase,
  kCreateTable,
  kCreateView,
  kCreateCatalog,
};

struct Show {
  ShowKind kind = ShowKind::kTables;
  bool full = false;  ///< SHOW FULL MODULES
  bool user = false;  ///< SHOW USER FUNCTIONS
  ObjectName in;      ///< FROM/IN name, or the object of SHOW CREATE and SHOW PARTITIONS; empty when none
  std::optional<std::string> like;
  bool negated = false;           ///< NOT LIKE
  bool case_insensitive = false;  ///< ILIKE
  bool operator==(const Show&) const = default;
};

struct Describe {
  ObjectKind kind = ObjectKind::kTable;  ///< also kCatalog, kDatabase
  ObjectName name;
  bool extended = false;
  bool operator==(const Describe&) const = default;
};
struct DescribeJob {
  std::string job_id;
  bool operator==(const DescribeJob&) const = default;
};

struct Use {
  bool catalog = false;  ///< USE CATALOG name
  ObjectName name;
  bool operator==(const Use&) const = default;
};

/// SET, SET 'k' = 'v', SET k = v (old spelling, unquoted).
struct Set {
  std::optional<Option> option;
  bool operator==(const Set&) const = default;
};
/// RESET, RESET 'k'.
struct Reset {
  std::string key;  ///< empty: all
  bool operator==(const Reset&) const = default;
};

struct OnConflict {
  std::string action;  ///< NOTHING, ERROR or DEDUPLICATE
  bool operator==(const OnConflict&) const = default;
};

struct Insert {
  ObjectName table;
  std::vector<Hint> hints;
  bool overwrite = false;
  std::vector<std::pair<Identifier, Expression>> partition;  ///< PARTITION (k = literal)
  std::vector<Identifier> columns;
  Query query;
  std::optional<OnConflict> on_conflict;
  Span table_span;
  bool operator==(const Insert&) const = default;
};

/// EXECUTE STATEMENT SET BEGIN ... END, BEGIN STATEMENT SET; ... END.
struct StatementSet {
  std::vector<Insert> inserts;
  std::vector<Span> spans;  ///< of each insert
  bool operator==(const StatementSet&) const = default;
};

struct QueryStatement {
  Query query;
  bool operator==(const QueryStatement&) const = default;
};

struct Statement;

/// EXPLAIN [PLAN FOR | details] statement.
struct Explain {
  bool estimated_cost = false;
  bool changelog_mode = false;
  bool json_execution_plan = false;
  bool plan_advice = false;
  Box<Statement> statement;
  bool operator==(const Explain&) const = default;
};

struct StopJob {
  std::string job_id;
  bool with_savepoint = false;
  bool with_drain = false;
  bool operator==(const StopJob&) const = default;
};

struct Delete {
  ObjectName table;
  Box<Expression> where;
  bool operator==(const Delete&) const = default;
};
struct Update {
  ObjectName table;
  std::vector<std::pair<Identifier, Expression>> assignments;
  Box<Expression> where;
  bool operator==(const Update&) const = default;
};
/// One WHEN of MERGE.
struct MergeClause {
  enum class Action : std::uint8_t { kUpdate, kDelete, kInsert };
  bool matched = true;
  bool by_source = false;  ///< NOT MATCHED BY SOURCE
  Box<Expression> condition;
  Action action = Action::kUpdate;
  bool star = false;                ///< UPDATE SET *, INSERT *
  std::vector<Identifier> columns;  ///< of INSERT
  std::vector<Expression> values;   ///< of INSERT
  std::vector<std::pair<Identifier, Expression>>
      assignments;  ///< of UPDATE; the column may be written t.c, then only c is kept
  bool operator==(const MergeClause&) const = default;
};
struct Merge {
  ObjectName table;
  Identifier alias;
  TableReference source;
  Expression on;
  std::vector<MergeClause> clauses;
  bool operator==(const Merge&) const = default;
};
struct Truncate {
  ObjectName table;
  bool operator==(const Truncate&) const = default;
};
/// CALL proc(...).
struct CallProcedure {
  Call call;
  bool operator==(const CallProcedure&) const = default;
};
/// ADD JAR, REMOVE JAR.
struct Jar {
  bool remove = false;
  std::string path;
  bool operator==(const Jar&) const = default;
};
/// LOAD MODULE, UNLOAD MODULE, USE MODULES.
struct Module {
  enum class Action : std::uint8_t { kLoad, kUnload, kUse };
  Action action = Action::kLoad;
  std::vector<Identifier> names;
  std::vector<Option> options;
  bool operator==(const Module&) const = default;
};
/// The shell's own words: QUIT, EXIT, CLEAR, HELP.
struct ShellCommand {
  std::string word;  ///< upper case
  bool operator==(const ShellCommand&) const = default;
};

struct Statement {
  std::variant<QueryStatement, Insert, StatementSet, CreateTable, CreateView, CreateCatalog, CreateDatabase,
               CreateFunction, Drop, AlterTable, AlterOptions, AlterView, Show, Describe, DescribeJob, Use, Set, Reset,
               Explain, StopJob, Delete, Update, Merge, Truncate, CallProcedure, Jar, Module, ShellCommand>
      node;
  Span span;
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
  bool operator==(const Statement& other) const;
};

}  // namespace floe::sql::dialect
