// SPDX-License-Identifier: Apache-2.0
// Statements that move rows or run jobs: INSERT, statement sets, EXPLAIN, DELETE, UPDATE, MERGE, CALL, STOP JOB,
// modules.
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

}  // namespace

Result<Statement> Parser::ParseInsertStatement() {
  FLOE_TRY(Insert insert, ParseInsert());
  return Wrap(std::move(insert));
}

Result<Insert> Parser::ParseInsert() {
  Insert insert;
  if (!Accept("INSERT")) return Unexpected("INSERT INTO", {"INSERT"});
  insert.overwrite = Accept("OVERWRITE");
  if (!insert.overwrite && !Accept("INTO")) return Unexpected("INTO or OVERWRITE behind INSERT", {"INTO", "OVERWRITE"});
  Accept("TABLE");
  insert.table_span = Current().span;
  FLOE_TRY(insert.table, ParseObjectName("a table name"));
  insert.table_span = Since(insert.table_span);
  FLOE_TRY(insert.hints, ParseHints());
  if (Is("PARTITION")) {
    Next();
    FLOE_TRY(Token open, Open("("));
    for (bool more = true; more;) {
      FLOE_TRY(Identifier column, ParseIdentifier("a partition column"));
      FLOE_TRY_VOID(ExpectMark("="));
      FLOE_TRY(Expression value, ParseExpr());
      insert.partition.emplace_back(std::move(column), std::move(value));
      FLOE_TRY(more, MoreItems(open));
    }
  }
  if (IsMark("(") && !AtQuery()) {
    FLOE_TRY(insert.columns, ParseColumnList());
  }
  if (!AtQuery()) return Unexpected("a query or VALUES to insert", {"SELECT", "VALUES", "WITH"});
  FLOE_TRY(insert.query, ParseQueryExpression());
  if (Is("ON") && Ahead(1).IsWord("CONFLICT")) {
    Next();
    Next();
    FLOE_TRY_VOID(Expect("DO"));
    OnConflict conflict;
    for (std::string_view action : {"NOTHING", "ERROR", "DEDUPLICATE"}) {
      if (Is(action)) conflict.action = action;
    }
    if (conflict.action.empty())
      return Unexpected("NOTHING, ERROR or DEDUPLICATE", {"NOTHING", "ERROR", "DEDUPLICATE"});
    Next();
    insert.on_conflict = std::move(conflict);
  }
  return insert;
}

Result<Statement> Parser::ParseExecute() {
  if (Ahead(1).IsWord("STATEMENT")) return ParseStatementSet();
  Next();
  if (Is("PLAN"))
    return FailAt(Current().span, "EXECUTE PLAN is not supported; submit the statement itself",
                  ErrorKind::kNotSupported);
  if (!Is("INSERT") && !AtQuery())
    return Unexpected("STATEMENT SET, INSERT or a query behind EXECUTE", {"STATEMENT", "INSERT", "SELECT"});
  return ParseOneStatement();
}

/// EXECUTE STATEMENT SET BEGIN i; i; END, the old BEGIN STATEMENT SET; i; i; END, and STATEMENT SET BEGIN ... END
/// behind EXPLAIN.
Result<Statement> Parser::ParseStatementSet() {
  Span first = Current().span;
  bool old = Is("BEGIN");
  if (!Is("STATEMENT")) Next();
  FLOE_TRY_VOID(Expect("STATEMENT"));
  FLOE_TRY_VOID(Expect("SET"));
  if (old) {
    FLOE_TRY_VOID(ExpectMark(";"));
  } else {
    FLOE_TRY_VOID(Expect("BEGIN"));
  }
  StatementSet set;
  SkipSemicolons();
  while (!Is("END")) {
    if (AtEnd()) return FailAt(first, "this statement set is never closed; add END;");
    Span span = Current().span;
    if (!Is("INSERT")) return Unexpected("INSERT or END in a statement set", {"INSERT", "END"});
    FLOE_TRY(Insert insert, ParseInsert());
    set.inserts.push_back(std::move(insert));
    set.spans.push_back(Since(span));
    if (!IsMark(";"))
      return AtEnd() ? FailAt(first, "this statement set is never closed; add ';' and END;")
                     : Unexpected("';' behind the INSERT");
    SkipSemicolons();
  }
  if (set.inserts.empty()) return FailAt(Current().span, "a statement set needs at least one INSERT");
  Next();
  return Wrap(std::move(set));
}

Result<Statement> Parser::ParseExplain() {
  Next();
  Explain explain;
  if (Accept("PLAN")) {
    FLOE_TRY_VOID(Expect("FOR"));
  } else {
    auto detail = [&]() {
      if (Accept("ESTIMATED_COST")) return explain.estimated_cost = true;
      if (Accept("CHANGELOG_MODE")) return explain.changelog_mode = true;
      if (Accept("JSON_EXECUTION_PLAN")) return explain.json_execution_plan = true;
      if (Accept("PLAN_ADVICE")) return explain.plan_advice = true;
      return false;
    };
    bool any = detail();
    while (any && AcceptMark(",")) {
      if (!detail()) {
        return Unexpected("ESTIMATED_COST, CHANGELOG_MODE, JSON_EXECUTION_PLAN or PLAN_ADVICE",
                          {"ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"});
      }
    }
  }
  bool possible = AtQuery() || IsMark("(") || Is("INSERT") || Is("EXECUTE") || Is("BEGIN") || Is("STATEMENT") ||
                  Is("CREATE") || Is("DELETE") || Is("UPDATE") || Is("MERGE");
  if (!possible) {
    return Unexpected("a query, INSERT or statement set behind EXPLAIN",
                      {"SELECT", "INSERT", "WITH", "ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN"});
  }
  FLOE_TRY(Statement statement, ParseOneStatement());
  explain.statement = std::move(statement);
  return Wrap(std::move(explain));
}

Result<Statement> Parser::ParseStop() {
  Next();
  StopJob stop;
  FLOE_TRY_VOID(Expect("JOB"));
  FLOE_TRY(stop.job_id, ParseString("the job's id"));
  while (Accept("WITH")) {
    if (Accept("SAVEPOINT")) {
      stop.with_savepoint = true;
    } else if (Accept("DRAIN")) {
      stop.with_drain = true;
    } else {
      return Unexpected("SAVEPOINT or DRAIN", {"SAVEPOINT", "DRAIN"});
    }
  }
  return Wrap(std::move(stop));
}

Result<Statement> Parser::ParseDelete() {
  Next();
  Delete node;
  FLOE_TRY_VOID(Expect("FROM"));
  FLOE_TRY(node.table, ParseObjectName("a table name"));
  if (Accept("WHERE")) {
    FLOE_TRY(Expression where, ParseExpr());
    node.where = std::move(where);
  }
  return Wrap(std::move(node));
}

Result<std::vector<std::pair<Identifier, Expression>>> Parser::ParseAssignments() {
  std::vector<std::pair<Identifier, Expression>> assignments;
  for (bool more = true; more; more = AcceptMark(",")) {
    FLOE_TRY(Identifier column, ParseIdentifier("a column name"));
    if (AcceptMark(".")) {
      FLOE_TRY(column, ParseAnyWord("a column name behind '.'"));
    }
    FLOE_TRY_VOID(ExpectMark("="));
    FLOE_TRY(Expression value, ParseExpr());
    assignments.emplace_back(std::move(column), std::move(value));
  }
  return assignments;
}

Result<Statement> Parser::ParseUpdate() {
  Next();
  Update update;
  FLOE_TRY(update.table, ParseObjectName("a table name"));
  FLOE_TRY_VOID(Expect("SET"));
  FLOE_TRY(update.assignments, ParseAssignments());
  if (Accept("WHERE")) {
    FLOE_TRY(Expression where, ParseExpr());
    update.where = std::move(where);
  }
  return Wrap(std::move(update));
}

Result<MergeClause> Parser::ParseMergeClause() {
  MergeClause clause;
  clause.matched = !Accept("NOT");
  FLOE_TRY_VOID(Expect("MATCHED"));
  if (!clause.matched && Accept("BY")) {
    clause.by_source = Accept("SOURCE");
    if (!clause.by_source) FLOE_TRY_VOID(Expect("TARGET"));
  }
  if (Accept("AND")) {
    FLOE_TRY(Expression condition, ParseExpr());
    clause.condition = std::move(condition);
  }
  FLOE_TRY_VOID(Expect("THEN"));
  if (Accept("DELETE")) {
    clause.action = MergeClause::Action::kDelete;
  } else if (Accept("UPDATE")) {
    FLOE_TRY_VOID(Expect("SET"));
    clause.star = AcceptMark("*");
    if (!clause.star) {
      FLOE_TRY(clause.assignments, ParseAssignments());
    }
  } else if (Accept("INSERT")) {
    clause.action = MergeClause::Action::kInsert;
    clause.star = AcceptMark("*");
    if (!clause.star) {
      if (IsMark("(")) {
        FLOE_TRY(clause.columns, ParseColumnList());
      }
      FLOE_TRY_VOID(Expect("VALUES"));
      FLOE_TRY(clause.values, ParseBracketed("("));
    }
  } else {
    return Unexpected("UPDATE SET, DELETE or INSERT", {"UPDATE", "DELETE", "INSERT"});
  }
  return clause;
}

Result<Statement> Parser::ParseMerge() {
  Next();
  Merge merge;
  FLOE_TRY_VOID(Expect("INTO"));
  FLOE_TRY(merge.table, ParseObjectName("a table name"));
  if (AtAlias()) {
    Accept("AS");
    FLOE_TRY(merge.alias, ParseIdentifier("an alias"));
  }
  FLOE_TRY_VOID(Expect("USING"));
  FLOE_TRY(merge.source, ParseTablePrimary());
  FLOE_TRY_VOID(Expect("ON"));
  FLOE_TRY(merge.on, ParseExpr());
  if (!Is("WHEN")) return Unexpected("WHEN MATCHED or WHEN NOT MATCHED", {"WHEN"});
  while (Accept("WHEN")) {
    FLOE_TRY(MergeClause clause, ParseMergeClause());
    merge.clauses.push_back(std::move(clause));
  }
  return Wrap(std::move(merge));
}

Result<Statement> Parser::ParseTruncate() {
  Next();
  Truncate truncate;
  FLOE_TRY_VOID(Expect("TABLE"));
  FLOE_TRY(truncate.table, ParseObjectName("a table name"));
  return Wrap(std::move(truncate));
}

Result<Statement> Parser::ParseCallProcedure() {
  Next();
  FLOE_TRY(ObjectName name, ParseObjectName("a procedure name"));
  if (!IsMark("(")) return Unexpected("'(' behind the procedure's name");
  Span span = name.span;
  FLOE_TRY(Expression expression, ParseCall(std::move(name)));
  auto* call = std::get_if<Call>(&expression.node);
  if (call == nullptr) return FailAt(span, "DESCRIPTOR is no procedure");
  return Wrap(CallProcedure{std::move(*call)});
}

Result<Statement> Parser::ParseModule() {
  bool jar = Is("ADD") || Is("REMOVE");
  if (jar) {
    Jar node;
    node.remove = Is("REMOVE");
    Next();
    FLOE_TRY_VOID(Expect("JAR"));
    FLOE_TRY(node.path, ParseString("the JAR's path"));
    return Wrap(std::move(node));
  }
  Module module;
  module.action = Is("LOAD") ? Module::Action::kLoad : Module::Action::kUnload;
  Next();
  FLOE_TRY_VOID(Expect("MODULE"));
  FLOE_TRY(Identifier name, ParseIdentifier("a module name"));
  module.names.push_back(std::move(name));
  if (Accept("WITH")) {
    FLOE_TRY(module.options, ParseOptions(/*foreign=*/false));
  }
  return Wrap(std::move(module));
}

}  // namespace floe::sql::dialect
