// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE, VIEW, DATABASE and CATALOG.
#include <fmt/format.h>

#include "sql/dialect/parser_internal.h"

namespace floe::sql::dialect {

Result<Statement> Parser::ParseAlter() {
  Next();
  if (Accept("TABLE")) return ParseAlterTable();
  if (Accept("VIEW")) return ParseAlterView();
  if (Accept("DATABASE") || Accept("SCHEMA")) return ParseAlterOptions(ObjectKind::kDatabase);
  if (Accept("CATALOG")) return ParseAlterOptions(ObjectKind::kCatalog);
  if (Is("FUNCTION")) return FailAt(Current().span, "user functions are not supported", ErrorKind::kNotSupported);
  return Unexpected("TABLE, VIEW, DATABASE or CATALOG behind ALTER", {"TABLE", "VIEW", "DATABASE", "CATALOG"});
}

Result<Statement> Parser::ParseAlterOptions(ObjectKind kind) {
  AlterOptions alter;
  alter.kind = kind;
  FLOE_TRY(alter.name, ParseObjectName("a name", kind == ObjectKind::kCatalog ? 1 : 2));
  if (Accept("SET")) {
    FLOE_TRY(alter.set, ParseOptions(/*foreign=*/false));
  } else if (Accept("RESET")) {
    FLOE_TRY(alter.reset, ParseOptionKeys());
  } else if (Is("COMMENT")) {
    FLOE_TRY(alter.comment, AcceptComment());
  } else {
    return Unexpected("SET ('key' = 'value'), RESET ('key') or COMMENT", {"SET", "RESET", "COMMENT"});
  }
  Statement statement;
  statement.node = std::move(alter);
  return statement;
}

Result<Statement> Parser::ParseAlterView() {
  AlterView alter;
  FLOE_TRY(alter.name, ParseObjectName("a view name"));
  if (AcceptWords({"RENAME", "TO"})) {
    FLOE_TRY(alter.rename_to, ParseObjectName("the new name"));
  } else if (Accept("AS")) {
    alter.query_span = Current().span;
    FLOE_TRY(Query query, ParseQueryExpression());
    alter.query_span = Since(alter.query_span);
    alter.as_query = std::move(query);
  } else {
    return Unexpected("RENAME TO or AS", {"RENAME", "AS"});
  }
  Statement statement;
  statement.node = std::move(alter);
  return statement;
}

Result<Statement> Parser::ParseAlterTable() {
  AlterTable alter;
  FLOE_TRY(alter.if_exists, AcceptIfExists());
  FLOE_TRY(alter.name, ParseObjectName("a table name"));
  if (Accept("RENAME")) {
    if (Accept("TO")) {
      FLOE_TRY(ObjectName to, ParseObjectName("the new name"));
      alter.action = RenameTable{std::move(to)};
    } else {
      if (Is("COLUMN") && !Ahead(1).IsWord("TO")) Next();
      RenameColumn rename;
      for (bool more = true; more; more = AcceptMark(".")) {
        FLOE_TRY(Identifier part, ParseIdentifier("TO and the new name, or a column"));
        rename.from.push_back(std::move(part));
      }
      FLOE_TRY_VOID(Expect("TO"));
      FLOE_TRY(rename.to, ParseIdentifier("the column's new name"));
      alter.action = std::move(rename);
    }
  } else if (Accept("SET")) {
    Accept("TBLPROPERTIES");
    const Span span = Current().span;
    FLOE_TRY(std::vector<Option> options, ParseOptions(/*foreign=*/false));
    if (options.empty()) return FailAt(span, "SET needs an option: SET ('key' = 'value')");
    alter.action = SetOptions{std::move(options)};
  } else if (Accept("RESET")) {
    FLOE_TRY(std::vector<OptionKey> keys, ParseOptionKeys());
    alter.action = ResetOptions{std::move(keys)};
  } else if (Is("ADD") || Is("MODIFY")) {
    bool modify = Is("MODIFY");
    Next();
    FLOE_TRY(ChangeSchema change, ParseChangeSchema(modify));
    alter.action = std::move(change);
  } else if (Is("DROP")) {
    FLOE_TRY_VOID(ParseAlterDrop(alter));
  } else {
    return Unexpected("RENAME, SET, RESET, ADD, MODIFY or DROP", {"RENAME", "SET", "RESET", "ADD", "MODIFY", "DROP"});
  }
  Statement statement;
  statement.node = std::move(alter);
  return statement;
}

Result<ChangeSchema> Parser::ParseChangeSchema(bool modify) {
  ChangeSchema change;
  change.modify = modify;
  if (Is("DISTRIBUTION") || Is("DISTRIBUTED")) {
    Next();
    FLOE_TRY(change.distribution, ParseDistribution());
    return change;
  }
  if (Is("COLUMNS") && Ahead(1).IsPunctuation("(")) Next();
  if (!IsMark("(")) {
    if (Is("COLUMN") && Ahead(2).kind != TokenKind::kEnd && !Ahead(2).IsPunctuation(";")) Next();
    FLOE_TRY_VOID(ParseSchemaChange(change));
    return change;
  }
  FLOE_TRY(Token open, Open("("));
  for (bool more = true; more;) {
    FLOE_TRY_VOID(ParseSchemaChange(change));
    FLOE_TRY(more, MoreItems(open));
  }
  return change;
}

Status Parser::ParseSchemaChange(ChangeSchema& change) {
  Span span = Current().span;
  if (Is("WATERMARK") && Ahead(1).IsWord("FOR")) {
    if (change.watermark) return FailAt(span, "a table has one watermark");
    FLOE_TRY(change.watermark, ParseWatermark());
    return {};
  }
  if (Is("PRIMARY") || Is("CONSTRAINT")) {
    if (change.primary_key) return FailAt(span, "a table has one primary key");
    FLOE_TRY(change.primary_key, ParsePrimaryKey());
    return {};
  }
  PlacedColumn placed;
  FLOE_TRY(placed.column, ParseColumn());
  if (Accept("FIRST")) {
    placed.placement.first = true;
  } else if (Accept("AFTER")) {
    FLOE_TRY(placed.placement.after, ParseIdentifier("a column name"));
  }
  change.columns.push_back(std::move(placed));
  return {};
}

Status Parser::ParseAlterDrop(AlterTable& alter) {
  Next();
  if (Is("PRIMARY")) {
    Next();
    FLOE_TRY_VOID(Expect("KEY"));
    alter.action = DropPrimaryKey{};
    return {};
  }
  if (Accept("CONSTRAINT")) {
    FLOE_TRY(Identifier name, ParseIdentifier("the constraint's name"));
    alter.action = DropConstraint{std::move(name)};
    return {};
  }
  if (Accept("WATERMARK")) {
    alter.action = DropWatermark{};
    return {};
  }
  if (Is("DISTRIBUTION") && (Ahead(1).kind == TokenKind::kEnd || Ahead(1).IsPunctuation(";"))) {
    Next();
    alter.action = DropDistribution{};
    return {};
  }
  DropColumns drop;
  auto column = [&]() -> Status {
    std::vector<Identifier> path;
    for (bool more = true; more; more = AcceptMark(".")) {
      FLOE_TRY(Identifier part, ParseIdentifier("a column name"));
      path.push_back(std::move(part));
    }
    drop.columns.push_back(std::move(path));
    return {};
  };
  if ((Is("COLUMN") || Is("COLUMNS")) && Ahead(1).kind != TokenKind::kEnd && !Ahead(1).IsPunctuation(";")) Next();
  if (IsMark("(")) {
    FLOE_TRY(Token open, Open("("));
    for (bool more = true; more;) {
      FLOE_TRY_VOID(column());
      FLOE_TRY(more, MoreItems(open));
    }
  } else {
    FLOE_TRY_VOID(column());
  }
  alter.action = std::move(drop);
  return {};
}

}  // namespace floe::sql::dialect
