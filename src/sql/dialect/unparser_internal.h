// SPDX-License-Identifier: Apache-2.0
// The printer behind unparser.h; its methods live in unparse_*.cc by subject.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/dialect/unparser.h"

namespace floe::sql::dialect {

/// Appends to one string. Names always stand in back-ticks, so that the text also reads well in Flink, which reserves
/// more words.
class Printer {
 public:
  std::string Take() && { return std::move(out_); }
  void Expand(const Expansion& expansion) { expansion_ = &expansion; }
  /// Tables are named in full from here on.
  void Qualify(std::string_view catalog, std::string_view database) { home_ = {Part(catalog), Part(database)}; }

  /// Values of options are shown without secrets from here on.
  void HideSecrets() { hide_secrets_ = true; }

  // ---- unparse_expression.cc ----
  /// In parentheses when it binds less tightly than `minimum`.
  void Print(const Expression& expression, int minimum = 0);
  void PrintCall(const Call& call);
  void PrintType(const data::Type& type);
  void PrintTypeName(const TypeName& type);

  // ---- unparse_query.cc ----
  void Print(const Query& query);
  void Print(const TableReference& table);
  void PrintOrder(const std::vector<OrderItem>& items);
  void PrintWindow(const WindowSpec& spec);
  void PrintHints(const std::vector<Hint>& hints);

  // ---- unparse_statement.cc ----
  void Print(const Statement& statement);
  void Print(const CreateTable& table);
  void Print(const ColumnDefinition& column);

 private:
  static Identifier Part(std::string_view name) { return {.text = std::string(name), .quoted = true, .span = {}}; }
  void Name(std::string_view name);
  void Name(const ObjectName& name);
  bool IsCommon(const ObjectName& name) const;
  void TableName(const ObjectName& name);
  void TableAlias(const NamedTable& node);
  /// The columns that the expansion has for this node; false when there are none.
  bool Expanded(const void* node);
  void Names(const std::vector<Identifier>& names, std::string_view separator = ", ");
  void Text(std::string_view text) { out_ += text; }
  void String(std::string_view text);
  void List(const std::vector<Expression>& items);
  void InParentheses(const Query& query);
  void KeyAndValue(const Option& option);
  void Options(const std::vector<Option>& options, bool lines);
  void Keys(const std::vector<OptionKey>& keys);

  void Node(const Literal& node);
  void Node(const IntervalLiteral& node);
  void Node(const ColumnReference& node);
  void Node(const FieldAccess& node);
  void Node(const Subscript& node);
  void Node(const Star& node);
  void Node(const Unary& node);
  void Node(const Binary& node);
  void Node(const IsTest& node);
  void Node(const Between& node);
  void Node(const In& node);
  void Node(const Exists& node);
  void Node(const Like& node);
  void Node(const Quantified& node);
  void Node(const ScalarQuery& node);
  void Node(const Case& node);
  void Node(const Cast& node);
  void Node(const Call& node);
  void Node(const Symbol& node);
  void Node(const RowConstructor& node);
  void Node(const ArrayConstructor& node);
  void Node(const MapConstructor& node);
  void Node(const TableArgument& node);
  void Node(const Descriptor& node);
  void Base(const Expression& base);
  void FunctionName(const ObjectName& name);
  void Arguments(const Call& call);
  void Clauses(const JsonClauses& clauses);
  void Behaviour(JsonBehaviour behaviour, const Box<Expression>& value, std::string_view on);

  void Body(const Query& query);
  void Operand(const Query& query, int minimum);
  void Node(const Select& node);
  void Node(const SetOperation& node);
  void Node(const Values& node);
  void Node(const ExplicitTable& node);
  void Node(const Box<Query>& node);
  void Group(const GroupItem& item);
  void Bound(const FrameBound& bound);
  void Operand(const TableReference& table, bool right, bool comma);
  void Node(const NamedTable& node);
  void Node(const DerivedTable& node);
  void Node(const TableFunction& node);
  void Node(const Unnest& node);
  void Node(const Join& node);
  void Node(const MatchRecognize& node);

  void Node(const QueryStatement& node);
  void Node(const Insert& node);
  void Node(const StatementSet& node);
  void Node(const CreateTable& node) { Print(node); }
  void Node(const CreateView& node);
  void Node(const CreateCatalog& node);
  void Node(const CreateDatabase& node);
  void Node(const CreateFunction& node);
  void Node(const Drop& node);
  void Node(const AlterTable& node);
  void Node(const AlterOptions& node);
  void Node(const AlterView& node);
  void Node(const Show& node);
  void Node(const Describe& node);
  void Node(const DescribeJob& node);
  void Node(const Use& node);
  void Node(const Set& node);
  void Node(const Reset& node);
  void Node(const Explain& node);
  void Node(const StopJob& node);
  void Node(const Delete& node);
  void Node(const Update& node);
  void Node(const Merge& node);
  void Node(const Truncate& node);
  void Node(const CallProcedure& node);
  void Node(const Jar& node);
  void Node(const Module& node);
  void Node(const ShellCommand& node);
  void Action(const RenameTable& action);
  void Action(const RenameColumn& action);
  void Action(const SetOptions& action);
  void Action(const ResetOptions& action);
  void Action(const ChangeSchema& action);
  void Action(const DropColumns& action);
  void Action(const DropPrimaryKey& action);
  void Action(const DropConstraint& action);
  void Action(const DropWatermark& action);
  void Action(const DropDistribution& action);
  void Watermark(const WatermarkDefinition& watermark);
  void Key(const PrimaryKey& key);
  void Distributed(const Distribution& distribution);
  void Partitions(const std::vector<PartitionItem>& items);
  void Comment(const std::optional<std::string>& comment);
  void Assignments(const std::vector<std::pair<Identifier, Expression>>& assignments);

  std::string out_;
  bool hide_secrets_ = false;
  std::vector<Identifier> home_;          ///< catalog and database that names leave out; empty: names stay as they are
  std::vector<std::string> with_;         ///< WITH names that hide tables where the text goes on
  const TableReference* from_ = nullptr;  ///< of the SELECT being printed
  const Expansion* expansion_ = nullptr;
};

}  // namespace floe::sql::dialect
