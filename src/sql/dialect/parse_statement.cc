// SPDX-License-Identifier: Apache-2.0
// Statements: which one it is, and those that define, drop and show objects or settings.
#include <fmt/format.h>

#include "sql/dialect/parser_internal.h"

namespace floe::sql::dialect {
namespace {

template <typename Node>
Statement Wrap(Node node) {
  Statement statement;
  statement.node = std::move(node);
  return statement;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\n' || text.front() == '\r'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Statement> Parser::ParseOneStatement() {
  DepthGuard guard(*this);
  FLOE_TRY_VOID(guard.status());
  Span span = Current().span;
  struct Entry {
    std::string_view word;
    Result<Statement> (Parser::*parse)();
  };
  static constexpr Entry kEntries[] = {
      {"CREATE", &Parser::ParseCreate},
      {"DROP", &Parser::ParseDrop},
      {"ALTER", &Parser::ParseAlter},
      {"SHOW", &Parser::ParseShow},
      {"DESCRIBE", &Parser::ParseDescribe},
      {"DESC", &Parser::ParseDescribe},
      {"USE", &Parser::ParseUse},
      {"SET", &Parser::ParseSet},
      {"RESET", &Parser::ParseReset},
      {"EXPLAIN", &Parser::ParseExplain},
      {"EXECUTE", &Parser::ParseExecute},
      {"BEGIN", &Parser::ParseStatementSet},
      {"STATEMENT", &Parser::ParseStatementSet},
      {"STOP", &Parser::ParseStop},
      {"DELETE", &Parser::ParseDelete},
      {"UPDATE", &Parser::ParseUpdate},
      {"MERGE", &Parser::ParseMerge},
      {"TRUNCATE", &Parser::ParseTruncate},
      {"CALL", &Parser::ParseCallProcedure},
      {"ADD", &Parser::ParseModule},
      {"REMOVE", &Parser::ParseModule},
      {"LOAD", &Parser::ParseModule},
      {"UNLOAD", &Parser::ParseModule},
      {"INSERT", &Parser::ParseInsertStatement},
      {"QUIT", &Parser::ParseShellCommand},
      {"EXIT", &Parser::ParseShellCommand},
      {"CLEAR", &Parser::ParseShellCommand},
      {"HELP", &Parser::ParseShellCommand},
  };
  for (const Entry& entry : kEntries) {
    if (!Is(entry.word)) continue;
    FLOE_TRY(Statement statement, (this->*entry.parse)());
    statement.span = Since(span);
    return statement;
  }
  for (std::string_view word : {"ANALYZE", "COMPILE"}) {
    if (Is(word)) return FailAt(span, fmt::format("{} is not supported", word), ErrorKind::kNotSupported);
  }
  if (!AtQuery() && !IsMark("(")) {
    return Unexpected("a statement",
                      {"SELECT", "CREATE",  "DROP",     "ALTER", "SHOW",   "DESCRIBE", "USE",    "SET",
                       "RESET",  "EXPLAIN", "EXECUTE",  "BEGIN", "INSERT", "WITH",     "VALUES", "DELETE",
                       "UPDATE", "MERGE",   "TRUNCATE", "CALL",  "STOP",   "LOAD",     "QUIT"});
  }
  QueryStatement node;
  FLOE_TRY(node.query, ParseQueryExpression());
  Statement statement = Wrap(std::move(node));
  statement.span = Since(span);
  return statement;
}

Result<Statement> Parser::ParseShellCommand() {
  std::string word = ToUpper(Current().text);
  Next();
  return Wrap(ShellCommand{std::move(word)});
}

// ---- shared pieces ----

Result<bool> Parser::AcceptIfExists() {
  if (!Is("IF")) return false;
  Next();
  FLOE_TRY_VOID(Expect("EXISTS"));
  return true;
}

Result<bool> Parser::AcceptIfNotExists(bool or_replace) {
  if (!Is("IF")) return false;
  if (or_replace) return FailAt(Current().span, "OR REPLACE and IF NOT EXISTS exclude each other; write one of them");
  Next();
  FLOE_TRY_VOID(Expect("NOT"));
  FLOE_TRY_VOID(Expect("EXISTS"));
  return true;
}

Result<std::optional<std::string>> Parser::AcceptComment() {
  if (!Accept("COMMENT")) return std::nullopt;
  AcceptMark("=");
  FLOE_TRY(std::string comment, ParseString("the comment"));
  return comment;
}

// ---- CREATE ----

Result<Statement> Parser::ParseCreate() {
  Next();
  bool or_replace = false;
  if (Is("OR")) {
    Next();
    FLOE_TRY_VOID(Expect("REPLACE"));
    or_replace = true;
  }
  bool temporary = Accept("TEMPORARY") || Accept("TEMP");
  bool system = temporary && Accept("SYSTEM");
  const Token kind = Current();
  if (kind.IsWord("TABLE") || kind.IsWord("VIEW") || kind.IsWord("FUNCTION")) {
    Next();
    if (kind.IsWord("TABLE")) return ParseCreateTable(or_replace, temporary);
    if (kind.IsWord("VIEW")) return ParseCreateView(or_replace, temporary);
    return ParseCreateFunction(temporary, system);
  }
  if (kind.IsWord("MATERIALIZED") || kind.IsWord("MODEL") || kind.IsWord("CONNECTION")) {
    return FailAt(kind.span, fmt::format("CREATE {} is not supported", ToUpper(kind.text)), ErrorKind::kNotSupported);
  }
  if (!or_replace && !temporary) {
    if (Accept("CATALOG")) return ParseCreateCatalog();
    if (Accept("DATABASE") || Accept("SCHEMA")) return ParseCreateDatabase();
  }
  return Unexpected("TABLE, VIEW, CATALOG, DATABASE or FUNCTION behind CREATE",
                    {"TABLE", "VIEW", "CATALOG", "DATABASE", "FUNCTION", "TEMPORARY"});
}

Result<Statement> Parser::ParseCreateView(bool or_replace, bool temporary) {
  CreateView view;
  view.or_replace = or_replace;
  view.temporary = temporary;
  FLOE_TRY(view.if_not_exists, AcceptIfNotExists(or_replace));
  FLOE_TRY(view.name, ParseObjectName("a view name"));
  if (IsMark("(")) {
    FLOE_TRY(view.columns, ParseColumnList());
  }
  FLOE_TRY(view.comment, AcceptComment());
  if (!Accept("AS")) return Unexpected("AS and a query", {"AS"});
  view.query_span = Current().span;
  FLOE_TRY(view.query, ParseQueryExpression());
  view.query_span = Since(view.query_span);
  return Wrap(std::move(view));
}

Result<Statement> Parser::ParseCreateCatalog() {
  CreateCatalog catalog;
  FLOE_TRY(catalog.if_not_exists, AcceptIfNotExists());
  FLOE_TRY(catalog.name, ParseIdentifier("a catalog name"));
  FLOE_TRY(catalog.comment, AcceptComment());
  if (IsMark("(")) return Unexpected("WITH before the options", {"WITH"});
  if (Accept("WITH")) {
    FLOE_TRY(catalog.options, ParseOptions(/*foreign=*/false));
  }
  return Wrap(std::move(catalog));
}

Result<Statement> Parser::ParseCreateDatabase() {
  CreateDatabase database;
  FLOE_TRY(database.if_not_exists, AcceptIfNotExists());
  FLOE_TRY(database.name, ParseObjectName("a database name", 2));
  FLOE_TRY(database.comment, AcceptComment());
  if (Accept("WITH")) {
    FLOE_TRY(database.options, ParseOptions(/*foreign=*/true));
  }
  return Wrap(std::move(database));
}

Result<Statement> Parser::ParseCreateFunction(bool temporary, bool system) {
  CreateFunction function;
  function.temporary = temporary;
  function.system = system;
  FLOE_TRY(function.if_not_exists, AcceptIfNotExists());
  FLOE_TRY(function.name, ParseObjectName("a function name"));
  FLOE_TRY_VOID(Expect("AS"));
  FLOE_TRY(function.class_name, ParseString("the class name"));
  if (Accept("LANGUAGE")) {
    FLOE_TRY(Identifier language, ParseIdentifier("JAVA, SCALA or PYTHON"));
    function.language = ToUpper(language.text);
  }
  if (Accept("USING")) {
    for (bool more = true; more; more = AcceptMark(",")) {
      if (!Accept("JAR")) FLOE_TRY_VOID(Expect("ARTIFACT"));
      FLOE_TRY(std::string jar, ParseString("the JAR's path"));
      function.jars.push_back(std::move(jar));
    }
  }
  return Wrap(std::move(function));
}

// ---- DROP ----

Result<Statement> Parser::ParseDrop() {
  Next();
  Drop drop;
  drop.temporary = Accept("TEMPORARY") || Accept("TEMP");
  drop.system = drop.temporary && Accept("SYSTEM");
  std::size_t parts = 3;
  if (Accept("TABLE")) {
    drop.kind = ObjectKind::kTable;
  } else if (Accept("VIEW")) {
    drop.kind = ObjectKind::kView;
  } else if (Accept("FUNCTION")) {
    drop.kind = ObjectKind::kFunction;
  } else if (Accept("DATABASE") || Accept("SCHEMA")) {
    drop.kind = ObjectKind::kDatabase;
    parts = 2;
  } else if (Accept("CATALOG")) {
    drop.kind = ObjectKind::kCatalog;
    parts = 1;
  } else {
    return Unexpected("TABLE, VIEW, DATABASE, CATALOG or FUNCTION behind DROP",
                      {"TABLE", "VIEW", "DATABASE", "CATALOG", "FUNCTION", "TEMPORARY"});
  }
  FLOE_TRY(drop.if_exists, AcceptIfExists());
  FLOE_TRY(drop.name, ParseObjectName("a name", parts));
  drop.cascade = Accept("CASCADE");
  if (!drop.cascade) Accept("RESTRICT");
  return Wrap(std::move(drop));
}

// ---- SHOW, DESCRIBE, USE ----

Status Parser::ParseShowFilter(Show& show) {
  if (Accept("FROM") || Accept("IN")) {
    FLOE_TRY(show.in, ParseObjectName("a name"));
  } else if (show.kind == ShowKind::kColumns) {
    return Unexpected("FROM and a table name", {"FROM", "IN"});
  }
  show.negated = Accept("NOT");
  if (Is("LIKE") || Is("ILIKE")) {
    show.case_insensitive = Is("ILIKE");
    Next();
    FLOE_TRY(show.like, ParseString("a pattern"));
  } else if (show.negated) {
    return Unexpected("LIKE or ILIKE behind NOT", {"LIKE", "ILIKE"});
  }
  return {};
}

Result<Statement> Parser::ParseShow() {
  Next();
  Show show;
  struct Entry {
    std::string_view word;
    ShowKind kind;
  };
  static constexpr Entry kEntries[] = {
      {"CATALOGS", ShowKind::kCatalogs},   {"DATABASES", ShowKind::kDatabases},   {"SCHEMAS", ShowKind::kDatabases},
      {"TABLES", ShowKind::kTables},       {"VIEWS", ShowKind::kViews},           {"COLUMNS", ShowKind::kColumns},
      {"FUNCTIONS", ShowKind::kFunctions}, {"MODULES", ShowKind::kModules},       {"JOBS", ShowKind::kJobs},
      {"JARS", ShowKind::kJars},           {"PROCEDURES", ShowKind::kProcedures},
  };
  if (Accept("CURRENT")) {
    show.kind = Is("CATALOG") ? ShowKind::kCurrentCatalog : ShowKind::kCurrentDatabase;
    if (!Accept("CATALOG") && !Accept("DATABASE")) return Unexpected("CATALOG or DATABASE", {"CATALOG", "DATABASE"});
    return Wrap(std::move(show));
  }
  if (Accept("CREATE")) {
    show.kind = Is("VIEW") ? ShowKind::kCreateView : Is("CATALOG") ? ShowKind::kCreateCatalog : ShowKind::kCreateTable;
    if (!Accept("TABLE") && !Accept("VIEW") && !Accept("CATALOG"))
      return Unexpected("TABLE, VIEW or CATALOG", {"TABLE", "VIEW", "CATALOG"});
    FLOE_TRY(show.in, ParseObjectName("a name"));
    return Wrap(std::move(show));
  }
  if (Accept("PARTITIONS")) {
    show.kind = ShowKind::kPartitions;
    FLOE_TRY(show.in, ParseObjectName("a table name"));
    return Wrap(std::move(show));
  }
  show.full = Accept("FULL");
  show.user = Accept("USER");
  for (const Entry& entry : kEntries) {
    if (!Is(entry.word)) continue;
    show.kind = entry.kind;
    Next();
    FLOE_TRY_VOID(ParseShowFilter(show));
    return Wrap(std::move(show));
  }
  return Unexpected(
      "CATALOGS, DATABASES, TABLES, VIEWS, COLUMNS, FUNCTIONS, MODULES, JOBS, PARTITIONS, CREATE or CURRENT behind "
      "SHOW",
      {"CATALOGS", "DATABASES", "SCHEMAS", "TABLES", "VIEWS", "COLUMNS", "FUNCTIONS", "MODULES", "JOBS", "PARTITIONS",
       "CREATE", "CURRENT"});
}

Result<Statement> Parser::ParseDescribe() {
  Next();
  Describe describe;
  auto named = [&]() { return Ahead(1).kind == TokenKind::kWord || Ahead(1).kind == TokenKind::kQuoted; };
  if (Is("JOB") && Ahead(1).kind == TokenKind::kString) {
    Next();
    DescribeJob job;
    FLOE_TRY(job.job_id, ParseString("the job's id"));
    return Wrap(std::move(job));
  }
  if (Is("CATALOG") && named()) {
    describe.kind = ObjectKind::kCatalog;
    Next();
  } else if ((Is("DATABASE") || Is("SCHEMA")) && named()) {
    describe.kind = ObjectKind::kDatabase;
    Next();
  } else if (Is("FUNCTION") && named()) {
    describe.kind = ObjectKind::kFunction;
    Next();
  } else if (Is("TABLE")) {
    Next();
  }
  if (Is("EXTENDED") && named()) {
    describe.extended = true;
    Next();
  }
  FLOE_TRY(describe.name, ParseObjectName("a name"));
  return Wrap(std::move(describe));
}

Result<Statement> Parser::ParseUse() {
  Next();
  if (Accept("MODULES")) {
    Module module;
    module.action = Module::Action::kUse;
    for (bool more = true; more; more = AcceptMark(",")) {
      FLOE_TRY(Identifier name, ParseIdentifier("a module name"));
      module.names.push_back(std::move(name));
    }
    return Wrap(std::move(module));
  }
  Use use;
  use.catalog = Accept("CATALOG");
  FLOE_TRY(use.name, ParseObjectName(use.catalog ? "a catalog name" : "a database name", use.catalog ? 1 : 2));
  return Wrap(std::move(use));
}

// ---- SET, RESET ----

Result<Statement> Parser::ParseSet() {
  Next();
  Set set;
  const Token token = Current();
  if (token.kind == TokenKind::kRaw) {
    std::size_t equals = token.text.find('=');
    if (equals == std::string_view::npos) return FailAt(token.span, "expected SET 'key' = 'value'");
    Option option;
    option.key = Trimmed(token.text.substr(0, equals));
    option.value = Trimmed(token.text.substr(equals + 1));
    if (option.key.find_first_of("\"`'( \n") != std::string::npos || option.key.empty()) {
      return FailAt(token.span, "a setting's key stands in single quotes: SET 'key' = 'value'");
    }
    if (option.value.size() >= 2 && option.value.front() == '\'' && option.value.back() == '\'') {
      option.value = option.value.substr(1, option.value.size() - 2);
    }
    option.key_span = option.value_span = token.span;
    set.option = std::move(option);
    Next();
    return Wrap(std::move(set));
  }
  if (token.kind != TokenKind::kString) return Wrap(std::move(set));
  Option option;
  option.key_span = token.span;
  FLOE_TRY(option.key, ParseString("the setting's key"));
  FLOE_TRY_VOID(ExpectMark("="));
  option.value_span = Current().span;
  FLOE_TRY(option.value, ParseString("the setting's value"));
  set.option = std::move(option);
  return Wrap(std::move(set));
}

Result<Statement> Parser::ParseReset() {
  Next();
  Reset reset;
  if (Current().kind == TokenKind::kRaw) {
    reset.key = std::string(Trimmed(Current().text));
    if (reset.key.find_first_of("\"`' \n") != std::string::npos)
      return FailAt(Current().span, "a setting's key stands in single quotes: RESET 'key'");
    Next();
  } else if (Current().kind == TokenKind::kString) {
    FLOE_TRY(reset.key, ParseString("the setting's key"));
  }
  return Wrap(std::move(reset));
}

}  // namespace floe::sql::dialect
