// SPDX-License-Identifier: Apache-2.0
// The recursive-descent parser; its methods live in parse_*.cc by subject.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sql/dialect/lexer.h"
#include "sql/dialect/parser.h"
#include "sql/dialect/precedence.h"

namespace floe::sql::dialect {

/// Used once, by one thread. Every method stands at the first token of what it parses and leaves the token behind it.
///
/// Two limits guard the stack. Recursion is bounded by `max_depth` (DepthGuard). A chain such as a + b + c is parsed in
/// a loop but makes a left-deep tree that later recursive walks (destructor, binder) must survive: `height_` is the
/// height of the tallest tree finished inside the construct being parsed, and Grow() refuses more than kMaxHeight.
class Parser {
 public:
  static constexpr int kMaxHeight = 1000;

  Parser(std::string_view text, const ParseLimits& limits) : text_(text), limits_(limits) {}
  /// Reads all tokens; must come first.
  Status Tokenize(TextPosition start);

  Result<Statement> ParseOneStatement();          ///< parse_statement.cc
  Result<Query> ParseQueryExpression();           ///< parse_query.cc
  Result<Expression> ParseExpr(int minimum = 0);  ///< parse_expression.cc; operators of at least this precedence
  Result<TypeName> ParseTypeName();               ///< parse_type.cc
  /// ';' or the end; consumes any number of ';'.
  Status ExpectStatementEnd();
  Status ExpectEnd();
  bool AtEnd() const { return Current().kind == TokenKind::kEnd; }
  void SkipSemicolons();

 private:
  class DepthGuard;

  // ---- tokens and errors: parser.cc ----
  const Token& Current() const { return tokens_[at_]; }
  const Token& Ahead(std::size_t n) const { return tokens_[std::min(at_ + n, tokens_.size() - 1)]; }
  void Next() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool Is(std::string_view word) const { return Current().IsWord(word); }
  bool IsMark(std::string_view mark) const { return Current().IsPunctuation(mark); }
  bool AreWords(std::initializer_list<std::string_view> words) const;
  bool Accept(std::string_view word);
  bool AcceptWords(std::initializer_list<std::string_view> words);  ///< all or none
  bool AcceptMark(std::string_view mark);
  Status Expect(std::string_view word);
  Status ExpectMark(std::string_view mark);
  Result<Token> Open(std::string_view mark);
  /// The bracket that closes `open`; at the end of the text the error points at the opening.
  Status Close(const Token& open);
  bool NeverClosed(const Token& open) const;  ///< as far as one can tell from here
  /// After one item of a list in brackets: true when ',' was consumed and another item follows.
  Result<bool> MoreItems(const Token& open);
  std::unexpected<Error> FailAt(const Span& span, std::string message, ErrorKind kind = ErrorKind::kInvalidInput) const;
  /// "expected X, found Y" at the current token, with the likely fix.
  std::unexpected<Error> Unexpected(std::string_view expected,
                                    std::initializer_list<std::string_view> candidates = {}) const;
  std::string Found() const;
  std::string LikelyFix(std::initializer_list<std::string_view> candidates) const;
  Span Since(const Span& first) const;
  Status Grow(int height);
  bool IsName() const;  ///< a quoted name, or a word that is not reserved
  Result<Identifier> ParseIdentifier(std::string_view what = "a name");
  Result<Identifier> ParseAnyWord(std::string_view what);  ///< also reserved words (behind a '.')
  Result<ObjectName> ParseObjectName(std::string_view what, std::size_t max_parts = 3);
  Result<std::vector<Identifier>> ParseColumnList();
  Result<std::string> ParseString(std::string_view what);
  Result<std::int64_t> ParseInteger(std::string_view what);
  Result<std::vector<Option>> ParseOptions(
      bool foreign);  ///< ('k' = 'v', ...); `foreign`: Trino's and Spark's spellings too
  Result<std::vector<OptionKey>> ParseOptionKeys();
  Result<std::string> ParseForeignValue();
  Result<std::vector<Hint>> ParseHints();

  // ---- expressions ----
  Result<Expression> ParsePrefix();
  Result<Expression> ParsePostfix(Expression base);
  Result<Expression> ParsePrimary();
  Result<Expression> ParseLiteral();
  Result<Expression> ParseInterval();
  Result<Expression> ParseParenthesized();
  Result<Expression> ParseCase();
  Result<Expression> ParseCast();
  Result<Expression> ParseNameOrCall();
  Result<std::optional<Expression>> ParseKeywordPrimary();
  Result<std::vector<Expression>> ParseBracketed(std::string_view open_mark);
  Result<Expression> ParsePredicate(Expression left);  ///< IS, [NOT] IN, BETWEEN, LIKE, SIMILAR TO
  Result<Expression> ParseIs(Expression left);
  Result<Expression> ParseComparison(Expression left, BinaryOperator op, int precedence);
  std::optional<BinaryOperator> PeekBinary(int& precedence) const;
  bool AtPredicate(int& precedence) const;
  Result<TimeUnit> ParseTimeUnit();
  static std::optional<TimeUnit> FindTimeUnit(std::string_view word);

  // ---- calls: parse_call.cc ----
  Result<Expression> ParseCall(ObjectName name);
  Status ParseArguments(Call& call, const Token& open);
  Result<Argument> ParseArgument();
  Result<bool> ParseSpecialArguments(Call& call, const std::string& upper);
  Status ParseTrim(Call& call);
  Status ParseSubstringOrOverlay(Call& call);
  Status ParseRounding(Call& call);
  Status ParseJsonArguments(Call& call, const std::string& upper);
  Status ParseJsonPairs(Call& call);
  Status ParseJsonClauses(JsonClauses& clauses);
  Result<JsonBehaviour> ParseJsonBehaviour(Box<Expression>& default_value);
  Status ParseCallSuffix(Call& call);
  Result<TableArgument> ParseTableArgument();
  Result<WindowSpec> ParseWindowSpec();
  Result<WindowSpec> ParseOver();
  Result<Frame> ParseFrame();
  Result<FrameBound> ParseFrameBound();
  Argument SymbolArgument(const Token& token, std::string text) const;

  // ---- queries ----
  Result<Query> ParseSetOperation(int minimum);
  Result<Query> ParseQueryPrimary();
  Result<Select> ParseSelect();
  Result<SelectItem> ParseSelectItem();
  Result<Values> ParseValues();
  Status ParseQueryTail(Query& query);
  Result<CommonTable> ParseCommonTable();
  Result<TableReference> ParseFrom();
  Result<TableReference> ParseTableReference();  ///< one, with its joins
  Result<TableReference> ParseTablePrimary();
  Result<TableReference> ParseTableAtom();
  Result<TableReference> ParseJoin(TableReference left, JoinKind kind, bool natural, bool cross);
  Result<TableReference> ParseNamedTable();
  Result<TableReference> ParseMatchRecognize(TableReference input);
  std::optional<JoinKind> AcceptJoin(bool& cross);
  Result<Box<TimeTravel>> ParseTimeTravel();
  Status ParseTableAlias(TableReference& table);
  Result<GroupItem> ParseGroupItem();
  Result<OrderItem> ParseOrderItem();
  Result<std::vector<OrderItem>> ParseOrderItems();
  bool AtQuery() const;
  bool AtAlias() const;

  // ---- types ----
  Result<data::Type> ParseBaseType(TypeName& name);
  Result<data::Type> ParseRowType();
  Result<data::Type> ParseDecimalType();
  Result<data::Type> ParseCollectionType(const std::string& word);
  Result<data::Type> ParseChildType(std::string_view constructor, const Token& open);
  Result<data::Type> ParseTimestampType();
  Result<data::Type> ParseIntervalType();
  Result<std::optional<std::int32_t>> ParseLength(std::string_view type, std::int32_t low, std::int32_t high);
  Status CloseAngle(const Token& open);

  // ---- tables: parse_table.cc ----
  Result<Statement> ParseCreateTable(bool or_replace, bool temporary);
  Status ParseTableElements(CreateTable& table);
  Status ParseTableElement(CreateTable& table);
  Status ParseTableClauses(CreateTable& table);
  Result<ColumnDefinition> ParseColumn();
  Status ParseColumnConstraints(ColumnDefinition& column);
  Result<WatermarkDefinition> ParseWatermark();
  Result<PrimaryKey> ParsePrimaryKey();
  Result<bool> ParseEnforced();
  Result<Distribution> ParseDistribution();
  Result<std::vector<PartitionItem>> ParsePartitions();
  Result<PartitionItem> ParsePartition();
  Status TakeTrinoPartitioning(CreateTable& table);
  Result<TableLike> ParseLike();
  Result<Statement> ParseAlterTable();
  Result<ChangeSchema> ParseChangeSchema(bool modify);
  Status ParseSchemaChange(ChangeSchema& change);
  Status ParseAlterDrop(AlterTable& alter);

  // ---- statements ----
  Result<Statement> ParseCreate();
  Result<Statement> ParseCreateView(bool or_replace, bool temporary);
  Result<Statement> ParseCreateCatalog();
  Result<Statement> ParseCreateDatabase();
  Result<Statement> ParseCreateFunction(bool temporary, bool system);
  Result<Statement> ParseDrop();
  Result<Statement> ParseAlter();
  Result<Statement> ParseAlterOptions(ObjectKind kind);
  Result<Statement> ParseAlterView();
  Result<Statement> ParseShow();
  Status ParseShowFilter(Show& show);
  Result<Statement> ParseDescribe();
  Result<Statement> ParseUse();
  Result<Statement> ParseSet();
  Result<Statement> ParseReset();
  Result<Statement> ParseExplain();
  Result<Insert> ParseInsert();
  Result<Statement> ParseInsertStatement();
  Result<Statement> ParseExecute();
  Result<Statement> ParseTruncate();
  Result<Statement> ParseCallProcedure();
  Result<Statement> ParseShellCommand();
  Result<Statement> ParseStatementSet();
  Result<Statement> ParseStop();
  Result<Statement> ParseDelete();
  Result<Statement> ParseUpdate();
  Result<Statement> ParseMerge();
  Result<MergeClause> ParseMergeClause();
  Result<std::vector<std::pair<Identifier, Expression>>> ParseAssignments();
  Result<Statement> ParseModule();
  Result<bool> AcceptIfExists();
  Result<bool> AcceptIfNotExists(bool or_replace = false);
  Result<std::optional<std::string>> AcceptComment();

  std::string_view text_;
  ParseLimits limits_;
  std::vector<Token> tokens_;
  std::vector<std::size_t> match_;  ///< for each '(' the index of its ')'; beyond the end when there is none
  std::size_t at_ = 0;
  int depth_ = 0;
  int height_ = 0;
};

/// Counts one level of recursion; `status` fails when there are too many.
class Parser::DepthGuard {
 public:
  explicit DepthGuard(Parser& parser) : parser_(parser) { ++parser_.depth_; }
  ~DepthGuard() { --parser_.depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;
  Status status() const {
    if (parser_.depth_ <= parser_.limits_.max_depth) return {};
    return parser_.FailAt(parser_.Current().span, "this is nested too deeply; split the statement with views or WITH",
                          ErrorKind::kTooLarge);
  }

 private:
  Parser& parser_;
};

}  // namespace floe::sql::dialect
