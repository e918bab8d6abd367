// SPDX-License-Identifier: Apache-2.0
// CREATE TABLE in Flink's, Spark's and Trino's spelling.
#include <fmt/format.h>

#include "sql/dialect/parser_internal.h"

namespace floe::sql::dialect {
namespace {

struct TransformName {
  std::string_view written;
  std::string_view canonical;
};
constexpr TransformName kTransforms[] = {
    {"IDENTITY", "identity"}, {"YEAR", "year"},     {"YEARS", "year"},        {"MONTH", "month"}, {"MONTHS", "month"},
    {"DAY", "day"},           {"DAYS", "day"},      {"DATE", "day"},          {"HOUR", "hour"},   {"HOURS", "hour"},
    {"DATE_HOUR", "hour"},    {"BUCKET", "bucket"}, {"TRUNCATE", "truncate"},
};

}  // namespace

Result<Statement> Parser::ParseCreateTable(bool or_replace, bool temporary) {
  CreateTable table;
  table.or_replace = or_replace;
  table.temporary = temporary;
  FLOE_TRY(table.if_not_exists, AcceptIfNotExists(or_replace));
  FLOE_TRY(table.name, ParseObjectName("a table name"));
  if (IsMark("(")) FLOE_TRY_VOID(ParseTableElements(table));
  FLOE_TRY_VOID(ParseTableClauses(table));
  FLOE_TRY_VOID(TakeTrinoPartitioning(table));
  Statement statement;
  statement.node = std::move(table);
  return statement;
}

Status Parser::ParseTableElements(CreateTable& table) {
  if (Ahead(1).kind != TokenKind::kEnd && (Ahead(2).IsPunctuation(",") || Ahead(2).IsPunctuation(")"))) {
    FLOE_TRY(table.column_names, ParseColumnList());
    if (!Is("AS") && !Is("WITH") && !Is("COMMENT") && !Is("PARTITIONED") && !Is("DISTRIBUTED")) {
      return FailAt(table.column_names.front().span,
                    fmt::format("column {} has no type; write its type behind it, or AS SELECT behind the table",
                                QuoteIdentifier(table.column_names.front().text)));
    }
    return {};
  }
  FLOE_TRY(Token open, Open("("));
  if (IsMark(")")) return FailAt(open.span, "a table needs at least one column");
  for (bool more = true; more;) {
    FLOE_TRY_VOID(ParseTableElement(table));
    FLOE_TRY(more, MoreItems(open));
  }
  return {};
}

Status Parser::ParseTableElement(CreateTable& table) {
  if (Is("WATERMARK") && Ahead(1).IsWord("FOR")) {
    FLOE_TRY(WatermarkDefinition watermark, ParseWatermark());
    table.watermarks.push_back(std::move(watermark));
    return {};
  }
  if (Is("PRIMARY") || Is("CONSTRAINT")) {
    FLOE_TRY(PrimaryKey key, ParsePrimaryKey());
    table.primary_keys.push_back(std::move(key));
    return {};
  }
  if ((Is("UNIQUE") || Is("FOREIGN") || Is("CHECK")) && (Ahead(1).IsPunctuation("(") || Ahead(1).IsWord("KEY"))) {
    return FailAt(Current().span,
                  fmt::format("{} constraints are not supported; only PRIMARY KEY (...) NOT ENFORCED is",
                              ToUpper(Current().text)),
                  ErrorKind::kNotSupported);
  }
  FLOE_TRY(ColumnDefinition column, ParseColumn());
  table.columns.push_back(std::move(column));
  return {};
}

Result<ColumnDefinition> Parser::ParseColumn() {
  ColumnDefinition column;
  column.span = Current().span;
  FLOE_TRY(column.name, ParseIdentifier("a column name"));
  if (Accept("AS")) {
    ComputedColumn computed;
    FLOE_TRY(computed.expression, ParseExpr());
    column.definition = std::move(computed);
  } else {
    FLOE_TRY(TypeName type, ParseTypeName());
    if (Accept("METADATA")) {
      MetadataColumn metadata;
      metadata.type = std::move(type);
      if (Accept("FROM")) {
        FLOE_TRY(metadata.key, ParseString("the metadata key"));
      }
      metadata.is_virtual = Accept("VIRTUAL");
      column.definition = std::move(metadata);
    } else {
      PhysicalColumn physical;
      physical.type = std::move(type);
      column.definition = std::move(physical);
    }
  }
  FLOE_TRY_VOID(ParseColumnConstraints(column));
  column.span = Since(column.span);
  return column;
}

Status Parser::ParseColumnConstraints(ColumnDefinition& column) {
  for (;;) {
    auto* physical = std::get_if<PhysicalColumn>(&column.definition);
    if (Is("COMMENT")) {
      FLOE_TRY(column.comment, AcceptComment());
    } else if (Is("PRIMARY")) {
      Next();
      FLOE_TRY_VOID(Expect("KEY"));
      column.primary_key = true;
      FLOE_TRY(column.primary_key_enforced, ParseEnforced());
    } else if (Is("DEFAULT") && physical != nullptr) {
      Next();
      FLOE_TRY(Expression value, ParseExpr(kAddPrecedence));
      physical->default_value = std::move(value);
    } else if (AcceptWords({"NOT", "NULL"})) {
      if (physical == nullptr) return FailAt(tokens_[at_ - 1].span, "only physical columns take NOT NULL here");
      physical->type.type = physical->type.type.WithNullable(false);
    } else if (Is("GENERATED")) {
      return FailAt(Current().span, fmt::format("computed columns are written {} AS expression, without a type",
                                                QuoteIdentifier(column.name.text)));
    } else if (Is("UNIQUE") || Is("REFERENCES") || Is("CHECK")) {
      return FailAt(Current().span,
                    fmt::format("{} is not supported; only PRIMARY KEY NOT ENFORCED is", ToUpper(Current().text)),
                    ErrorKind::kNotSupported);
    } else {
      return {};
    }
  }
}

Result<WatermarkDefinition> Parser::ParseWatermark() {
  WatermarkDefinition watermark;
  watermark.span = Current().span;
  Next();
  Next();
  FLOE_TRY(Identifier first, ParseIdentifier("the time column"));
  watermark.column.push_back(std::move(first));
  while (AcceptMark(".")) {
    FLOE_TRY(Identifier part, ParseAnyWord("a field name behind '.'"));
    watermark.column.push_back(std::move(part));
  }
  if (!Accept("AS")) return Unexpected("AS and an expression: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND", {"AS"});
  FLOE_TRY(watermark.expression, ParseExpr());
  watermark.span = Since(watermark.span);
  return watermark;
}

Result<bool> Parser::ParseEnforced() {
  if (AcceptWords({"NOT", "ENFORCED"})) return false;
  Accept("ENFORCED");
  return true;
}

Result<PrimaryKey> Parser::ParsePrimaryKey() {
  PrimaryKey key;
  key.span = Current().span;
  if (Accept("CONSTRAINT")) {
    FLOE_TRY(key.constraint, ParseIdentifier("the constraint's name"));
  }
  if (!Is("PRIMARY")) return Unexpected("PRIMARY KEY", {"PRIMARY"});
  Next();
  FLOE_TRY_VOID(Expect("KEY"));
  FLOE_TRY(key.columns, ParseColumnList());
  FLOE_TRY(key.enforced, ParseEnforced());
  key.span = Since(key.span);
  return key;
}

Result<Distribution> Parser::ParseDistribution() {
  Distribution distribution;
  if (Accept("BY")) {
    if ((Is("HASH") || Is("RANGE")) && Ahead(1).IsPunctuation("(")) {
      distribution.kind = ToUpper(Current().text);
      Next();
    }
    FLOE_TRY(distribution.columns, ParseColumnList());
  } else if (!Is("INTO")) {
    return Unexpected("BY (columns) or INTO n BUCKETS", {"BY", "INTO"});
  }
  if (Accept("INTO")) {
    FLOE_TRY(distribution.buckets, ParseInteger("a number of buckets"));
    FLOE_TRY_VOID(Expect("BUCKETS"));
  }
  return distribution;
}

Status Parser::ParseTableClauses(CreateTable& table) {
  for (;;) {
    Span span = Current().span;
    auto twice = [&](bool already) -> Status {
      if (!already) return {};
      return FailAt(span, fmt::format("{} stands twice in this CREATE TABLE", ToUpper(span.In(text_))));
    };
    if (Is("COMMENT")) {
      FLOE_TRY_VOID(twice(table.comment.has_value()));
      FLOE_TRY(table.comment, AcceptComment());
    } else if (Is("DISTRIBUTED")) {
      FLOE_TRY_VOID(twice(table.distribution.has_value()));
      Next();
      FLOE_TRY(table.distribution, ParseDistribution());
    } else if (Is("PARTITIONED")) {
      FLOE_TRY_VOID(twice(!table.partitioned_by.empty()));
      Next();
      FLOE_TRY_VOID(Expect("BY"));
      FLOE_TRY(table.partitioned_by, ParsePartitions());
    } else if (Is("USING")) {
      FLOE_TRY_VOID(twice(!table.provider.empty()));
      Next();
      FLOE_TRY(Identifier provider, ParseIdentifier("a table format such as iceberg"));
      table.provider = std::move(provider.text);
    } else if (Is("WITH") || Is("TBLPROPERTIES")) {
      Next();
      FLOE_TRY(std::vector<Option> options, ParseOptions(/*foreign=*/true));
      for (Option& option : options) table.options.push_back(std::move(option));
    } else if (Is("LOCATION") && Ahead(1).kind == TokenKind::kString) {
      Next();
      Option option{"location", {}, span, Current().span};
      FLOE_TRY(option.value, ParseString("the table's location"));
      table.options.push_back(std::move(option));
    } else if (Is("LIKE")) {
      FLOE_TRY_VOID(twice(table.like.has_value()));
      FLOE_TRY(table.like, ParseLike());
    } else if (Accept("AS")) {
      FLOE_TRY(Query query, ParseQueryExpression());
      table.as_query = std::move(query);
      return {};
    } else {
      if (AtEnd() || IsMark(";")) return {};
      if (IsMark("(") && table.columns.empty()) return Unexpected("WITH before the options", {"WITH"});
      return Unexpected("COMMENT, PARTITIONED BY, WITH, LIKE, AS or the end of CREATE TABLE",
                        {"COMMENT", "DISTRIBUTED", "PARTITIONED", "WITH", "LIKE", "USING", "TBLPROPERTIES"});
    }
  }
}

Result<std::vector<PartitionItem>> Parser::ParsePartitions() {
  std::vector<PartitionItem> items;
  FLOE_TRY(Token open, Open("("));
  for (bool more = true; more;) {
    FLOE_TRY(PartitionItem item, ParsePartition());
    items.push_back(std::move(item));
    FLOE_TRY(more, MoreItems(open));
  }
  return items;
}

Result<PartitionItem> Parser::ParsePartition() {
  PartitionItem item;
  item.span = Current().span;
  item.transform = "identity";
  if (!Ahead(1).IsPunctuation("(")) {
    FLOE_TRY(item.column, ParseIdentifier("a column name"));
    return item;
  }
  const Token word = Current();
  item.transform.clear();
  for (const TransformName& name : kTransforms) {
    if (EqualsUpper(word.text, name.written)) item.transform = name.canonical;
  }
  if (item.transform.empty()) {
    return FailAt(word.span, fmt::format("'{}' is not a partition transform; known are year, month, day, hour, "
                                         "bucket(n, column), truncate(n, column)",
                                         word.text));
  }
  Next();
  FLOE_TRY(Token open, Open("("));
  bool takes_number = item.transform == "bucket" || item.transform == "truncate";
  Span number = Current().span;
  bool number_first = Current().kind == TokenKind::kInteger;
  if (takes_number && number_first) {
    FLOE_TRY(item.argument, ParseInteger("a number"));
    FLOE_TRY_VOID(ExpectMark(","));
  }
  FLOE_TRY(item.column, ParseIdentifier("a column name"));
  if (takes_number && !number_first) {
    FLOE_TRY_VOID(ExpectMark(","));
    number = Current().span;
    FLOE_TRY(item.argument, ParseInteger("a number"));
  }
  if (takes_number && (item.argument < 1 || item.argument > 2147483647)) {
    return FailAt(number, fmt::format("{} takes a number from 1 to 2147483647", item.transform));
  }
  FLOE_TRY_VOID(Close(open));
  item.span = Since(item.span);
  return item;
}

/// partitioning = ARRAY['hour(ts)', 'city'] of WITH becomes partitioned_by.
Status Parser::TakeTrinoPartitioning(CreateTable& table) {
  for (std::size_t i = 0; i < table.options.size(); ++i) {
    const Option option = table.options[i];
    if (option.key != "partitioning" || !EqualsUpper(option.value_span.In(text_).substr(0, 5), "ARRAY")) continue;
    table.options.erase(table.options.begin() + static_cast<std::ptrdiff_t>(i));
    if (option.value.empty()) return {};
    if (!table.partitioned_by.empty())
      return FailAt(option.key_span, "this table has both PARTITIONED BY and the option partitioning; keep one");
    Parser inner(option.value, limits_);
    auto parse = [&]() -> Status {
      FLOE_TRY_VOID(inner.Tokenize({1, 1}));
      for (bool more = true; more; more = inner.AcceptMark(",")) {
        FLOE_TRY(PartitionItem item, inner.ParsePartition());
        item.span = option.value_span;
        item.column.span = option.value_span;
        table.partitioned_by.push_back(std::move(item));
      }
      return inner.ExpectEnd();
    };
    Status status = parse();
    if (!status) return FailAt(option.value_span, "in partitioning: " + status.error().message());
    return {};
  }
  return {};
}

Result<TableLike> Parser::ParseLike() {
  TableLike like;
  Next();
  FLOE_TRY(like.source, ParseObjectName("the table to copy"));
  if (!IsMark("(")) return like;
  FLOE_TRY(Token open, Open("("));
  while (!IsMark(")") && !AtEnd()) {
    LikeOption option;
    for (std::string_view mode : {"INCLUDING", "EXCLUDING", "OVERWRITING"}) {
      if (Is(mode)) option.mode = mode;
    }
    if (option.mode.empty())
      return Unexpected("INCLUDING, EXCLUDING or OVERWRITING", {"INCLUDING", "EXCLUDING", "OVERWRITING"});
    Next();
    for (std::string_view feature :
         {"ALL", "CONSTRAINTS", "DISTRIBUTION", "GENERATED", "METADATA", "OPTIONS", "PARTITIONS", "WATERMARKS"}) {
      if (Is(feature)) option.feature = feature;
    }
    if (option.feature.empty()) {
      return Unexpected(
          "ALL, CONSTRAINTS, DISTRIBUTION, GENERATED, METADATA, OPTIONS, PARTITIONS or WATERMARKS",
          {"ALL", "CONSTRAINTS", "DISTRIBUTION", "GENERATED", "METADATA", "OPTIONS", "PARTITIONS", "WATERMARKS"});
    }
    Next();
    like.options.push_back(std::move(option));
    AcceptMark(",");
  }
  FLOE_TRY_VOID(Close(open));
  return like;
}

}  // namespace floe::sql::dialect
