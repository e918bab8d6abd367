// SPDX-License-Identifier: Apache-2.0
// Data types: Flink's, and Trino's and PostgreSQL's names for the same things.
#include <fmt/format.h>

#include "sql/dialect/parser_internal.h"

namespace floe::sql::dialect {
namespace {

using data::Type;
using data::TypeKind;

struct SimpleType {
  std::string_view word;
  TypeKind kind;
};
constexpr SimpleType kSimple[] = {
    {"BOOLEAN", TypeKind::kBoolean}, {"TINYINT", TypeKind::kTinyInt}, {"SMALLINT", TypeKind::kSmallInt},
    {"INT", TypeKind::kInt},         {"INTEGER", TypeKind::kInt},     {"BIGINT", TypeKind::kBigInt},
    {"FLOAT", TypeKind::kFloat},     {"REAL", TypeKind::kFloat},      {"DATE", TypeKind::kDate},
    {"NULL", TypeKind::kNull},
};

struct ForeignType {
  std::string_view word;
  std::string_view fix;
};
constexpr ForeignType kForeign[] = {
    {"TEXT", "STRING"},
    {"LONG", "BIGINT"},
    {"INT8", "BIGINT"},
    {"INT4", "INT"},
    {"INT2", "SMALLINT"},
    {"INT64", "BIGINT"},
    {"INT32", "INT"},
    {"BYTE", "TINYINT"},
    {"SHORT", "SMALLINT"},
    {"BOOL", "BOOLEAN"},
    {"DATETIME", "TIMESTAMP(3)"},
    {"TIMESTAMPTZ", "TIMESTAMP_LTZ(3)"},
    {"BYTEA", "BYTES"},
    {"BLOB", "BYTES"},
    {"UUID", "STRING"},
    {"JSON", "STRING"},
    {"JSONB", "STRING"},
    {"SERIAL", "INT"},
    {"BIGSERIAL", "BIGINT"},
    {"STRUCT", "ROW<...>"},
    {"LIST", "ARRAY<...>"},
    {"NUMBER", "DECIMAL(38, 9)"},
    {"FLOAT8", "DOUBLE"},
    {"FLOAT4", "FLOAT"},
    {"MONEY", "DECIMAL(18, 2)"},
};

constexpr std::string_view kTypeWords[] = {
    "BOOLEAN",   "TINYINT",       "SMALLINT", "INT",    "INTEGER", "BIGINT",    "FLOAT", "DOUBLE", "DECIMAL",
    "NUMERIC",   "CHAR",          "VARCHAR",  "STRING", "BINARY",  "VARBINARY", "BYTES", "DATE",   "TIME",
    "TIMESTAMP", "TIMESTAMP_LTZ", "INTERVAL", "ARRAY",  "MAP",     "MULTISET",  "ROW"};

}  // namespace

Result<TypeName> Parser::ParseTypeName() {
  DepthGuard guard(*this);
  FLOE_TRY_VOID(guard.status());
  TypeName name;
  name.span = Current().span;
  FLOE_TRY(name.type, ParseBaseType(name));
  auto nullability = [&]() {
    if (AcceptWords({"NOT", "NULL"})) {
      name.type = name.type.WithNullable(false);
    } else if (Is("NULL") && !Ahead(1).IsWord("ON")) {  // JSON_VALUE(... RETURNING INT NULL ON EMPTY)
      Next();
    }
  };
  nullability();
  // Standard SQL's postfix collections: INT ARRAY, INT MULTISET.
  for (int nested = 0; Is("ARRAY") || Is("MULTISET"); ++nested) {
    if (depth_ + nested > limits_.max_depth)
      return FailAt(Current().span, "this type is nested too deeply", ErrorKind::kTooLarge);
    name.type = Is("ARRAY") ? Type::Array(name.type) : Type::Multiset(name.type);
    Next();
    nullability();
  }
  name.span = Since(name.span);
  return name;
}

Result<std::optional<std::int32_t>> Parser::ParseLength(std::string_view type, std::int32_t low, std::int32_t high) {
  if (!IsMark("(")) return std::nullopt;
  FLOE_TRY(Token open, Open("("));
  Span span = Current().span;
  FLOE_TRY(std::int64_t value, ParseInteger(fmt::format("a number from {} to {}", low, high)));
  if (value < low || value > high)
    return FailAt(span, fmt::format("{} takes a number from {} to {}, not {}", type, low, high, value));
  FLOE_TRY_VOID(Close(open));
  return static_cast<std::int32_t>(value);
}

Result<Type> Parser::ParseBaseType(TypeName& name) {
  const Token token = Current();
  if (token.kind != TokenKind::kWord) return Unexpected("a data type");
  std::string word = ToUpper(token.text);
  for (const SimpleType& simple : kSimple) {
    if (simple.word == word) {
      Next();
      return Type(simple.kind);
    }
  }
  if (word == "INTERVAL") return ParseIntervalType();
  if (word == "TIMESTAMP" || word == "TIMESTAMP_LTZ") return ParseTimestampType();
  if (word == "ROW") return ParseRowType();
  if (word == "RAW" || word == "STRUCTURED") {
    Next();
    FLOE_TRY(Token open, Open(IsMark("<") ? "<" : "("));
    std::string_view close = open.text == "(" ? ")" : ">";
    for (int depth = 1; depth > 0;) {
      if (AtEnd() || IsMark(";"))
        return FailAt(open.span, fmt::format("this '{}' is never closed; add '{}'", open.text, close));
      depth += IsMark(open.text) ? 1 : IsMark(close) ? -1 : 0;
      Next();
    }
    name.unresolved = std::string(Since(token.span).In(text_));
    return Type::Null();
  }
  if (word == "DOUBLE") {
    Next();
    Accept("PRECISION");
    return Type::Double();
  }
  if (word == "STRING" || word == "BYTES") {
    Next();
    return word == "STRING" ? Type::String() : Type::Bytes();
  }
  if (word == "CHAR" || word == "CHARACTER" || word == "VARCHAR") {
    Next();
    bool varying = word == "VARCHAR" || (word == "CHARACTER" && Accept("VARYING"));
    FLOE_TRY(auto length, ParseLength(word, 1, Type::kMaxLength));
    // Flink's type system gives a bare VARCHAR the greatest length, and so do Trino and Spark.
    return varying ? Type::Varchar(length.value_or(Type::kMaxLength)) : Type::Char(length.value_or(1));
  }
  if (word == "BINARY" || word == "VARBINARY") {
    Next();
    bool varying = word == "VARBINARY" || Accept("VARYING");
    FLOE_TRY(auto length, ParseLength(word, 1, Type::kMaxLength));
    return varying ? Type::Varbinary(length.value_or(Type::kMaxLength)) : Type::Binary(length.value_or(1));
  }
  if (word == "DECIMAL" || word == "DEC" || word == "NUMERIC") return ParseDecimalType();
  if (word == "TIME") {
    Next();
    FLOE_TRY(auto precision, ParseLength(word, 0, 9));
    AcceptWords({"WITHOUT", "TIME", "ZONE"});
    return Type::Time(precision.value_or(0));
  }
  if (word == "ARRAY" || word == "MULTISET" || word == "MAP") return ParseCollectionType(word);
  for (const ForeignType& foreign : kForeign) {
    if (foreign.word == word)
      return FailAt(token.span, fmt::format("{} is no type of Flink SQL; use {}", word, foreign.fix));
  }
  std::string_view near = NearestWord(word, kTypeWords);
  return FailAt(token.span, fmt::format("'{}' is not a data type{}", token.text,
                                        near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

Result<Type> Parser::ParseDecimalType() {
  Next();
  if (!IsMark("(")) return Type::Decimal(10, 0);
  FLOE_TRY(Token open, Open("("));
  Span span = Current().span;
  FLOE_TRY(std::int64_t precision, ParseInteger("a precision from 1 to 38"));
  if (precision < 1 || precision > 38)
    return FailAt(span, fmt::format("DECIMAL's precision is 1 to 38, not {}", precision));
  std::int64_t scale = 0;
  if (AcceptMark(",")) {
    span = Current().span;
    FLOE_TRY(scale, ParseInteger("a scale"));
    if (scale > precision)
      return FailAt(span, fmt::format("DECIMAL's scale is 0 to its precision ({}), not {}", precision, scale));
  }
  FLOE_TRY_VOID(Close(open));
  return Type::Decimal(static_cast<std::int32_t>(precision), static_cast<std::int32_t>(scale));
}

Result<Type> Parser::ParseCollectionType(const std::string& word) {
  Next();
  FLOE_TRY(Token open, Open(IsMark("(") ? "(" : "<"));
  FLOE_TRY(TypeName first, ParseTypeName());
  if (word == "MAP") {
    if (!AcceptMark(",")) return Unexpected("',' and the type of the values: MAP<STRING, INT>");
    FLOE_TRY(TypeName value, ParseTypeName());
    FLOE_TRY_VOID(Close(open));
    return Type::Map(first.type, value.type);
  }
  FLOE_TRY_VOID(Close(open));
  return word == "ARRAY" ? Type::Array(first.type) : Type::Multiset(first.type);
}

Result<Type> Parser::ParseRowType() {
  Next();
  FLOE_TRY(Token open, Open(IsMark("(") ? "(" : "<"));
  std::string_view close = open.text == "(" ? ")" : ">";
  std::vector<data::RowField> fields;
  if (IsMark("<>") || IsMark(close)) return FailAt(open.span, "ROW needs at least one field");
  for (bool more = true; more; more = AcceptMark(",")) {
    Span span = Current().span;
    FLOE_TRY(Identifier name, ParseIdentifier("a field name"));
    for (const data::RowField& field : fields) {
      if (field.name == name.text)
        return FailAt(span, fmt::format("field {} stands twice in this ROW", QuoteIdentifier(name.text)));
    }
    FLOE_TRY(TypeName type, ParseTypeName());
    std::string comment;
    if (Current().kind == TokenKind::kString) {
      comment = Current().Value();
      Next();
    }
    fields.push_back({std::move(name.text), std::make_shared<const Type>(std::move(type.type)), std::move(comment)});
  }
  FLOE_TRY_VOID(Close(open));
  return Type::Row(std::move(fields));
}

Result<Type> Parser::ParseTimestampType() {
  bool local = Is("TIMESTAMP_LTZ");
  Next();
  FLOE_TRY(auto precision, ParseLength("TIMESTAMP", 0, 9));
  if (!local) {
    // Trino's TIMESTAMP WITH TIME ZONE is Iceberg's timestamptz: an instant, which is Flink's TIMESTAMP_LTZ.
    local = AcceptWords({"WITH", "LOCAL", "TIME", "ZONE"}) || AcceptWords({"WITH", "TIME", "ZONE"});
    if (!local) AcceptWords({"WITHOUT", "TIME", "ZONE"});
  }
  return local ? Type::TimestampLtz(precision.value_or(6)) : Type::Timestamp(precision.value_or(6));
}

Result<Type> Parser::ParseIntervalType() {
  Next();
  Span span = Current().span;
  FLOE_TRY(TimeUnit from, ParseTimeUnit());
  TimeUnit to = from;
  FLOE_TRY(auto precision, ParseLength("INTERVAL", 0, 9));
  if (Accept("TO")) {
    FLOE_TRY(to, ParseTimeUnit());
    FLOE_TRY(precision, ParseLength("INTERVAL", 0, 9));
  }
  bool months =
      (from == TimeUnit::kYear || from == TimeUnit::kMonth) && (to == TimeUnit::kYear || to == TimeUnit::kMonth);
  bool days = from >= TimeUnit::kSecond && from <= TimeUnit::kDay && to >= TimeUnit::kSecond && to <= from;
  if (!months && !days)
    return FailAt(span,
                  "an interval type is YEAR TO MONTH, or of DAY, HOUR, MINUTE and SECOND: INTERVAL DAY TO SECOND");
  return Type(months ? TypeKind::kIntervalYearMonth : TypeKind::kIntervalDayTime);
}

}  // namespace floe::sql::dialect
