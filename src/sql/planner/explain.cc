// SPDX-License-Identifier: Apache-2.0
// Plans as text, in the spirit of Flink's optimized plan.
#include <map>

#include <fmt/format.h>

#include "sql/plan/literal_text.h"
#include "sql/planner/planner.h"
#include "sql/planner/rewrite.h"

namespace floe::sql::planner {
namespace {

using data::Schema;
using plan::Node;
using plan::NodePtr;

std::string ColumnName(const Schema& schema, int column) {
  return schema.fields[static_cast<std::size_t>(column)].name;
}

std::string FieldList(const Schema& schema) {
  std::string text;
  for (const data::Field& field : schema.fields) text += (text.empty() ? "" : ", ") + field.name;
  return text;
}

std::string WindowText(const plan::WindowSpec& window, const Schema& input) {
  std::string size = plan::DayTimeIntervalText(window.size_ms).substr(9);
  std::string step = window.step_ms > 0 ? plan::DayTimeIntervalText(window.step_ms).substr(9) : "";
  std::string text;
  switch (window.kind) {
    case plan::WindowKind::kTumble: text = "TUMBLE(size=" + size; break;
    case plan::WindowKind::kHop: text = "HOP(size=" + size + ", slide=" + step; break;
    case plan::WindowKind::kCumulate: text = "CUMULATE(max_size=" + size + ", step=" + step; break;
    case plan::WindowKind::kSession: text = "SESSION(gap=" + size; break;
  }
  if (window.offset_ms != 0) text += fmt::format(", offset={} ms", window.offset_ms);
  return text + ", time=" + ColumnName(input, window.time_column) + (window.proctime ? ", proctime)" : ")");
}

std::string CallText(const plan::AggregateCall& call, const Schema& input) {
  std::string args;
  for (const auto& arg : call.args) args += (args.empty() ? "" : ", ") + plan::ToString(*arg, input);
  bool star = call.function == "count_star";
  std::string text = star ? "COUNT(*)" : call.function + (call.distinct ? "(DISTINCT " : "(") + args + ")";
  if (call.filter != nullptr) text += " FILTER " + plan::ToString(*call.filter, input);
  return text;
}

std::string Grouping(const std::vector<int>& keys, const std::vector<plan::AggregateCall>& calls, const Schema& input) {
  std::string key_text;
  for (int key : keys) key_text += (key_text.empty() ? "" : ", ") + ColumnName(input, key);
  std::string call_text;
  for (const auto& call : calls) call_text += (call_text.empty() ? "" : ", ") + CallText(call, input);
  return "groupBy=[" + key_text + "], select=[" + call_text + "]";
}

std::string SortText(const plan::SortLimit& sort) {
  std::string text;
  for (const plan::SortKey& key : sort.keys) {
    text += (text.empty() ? "" : ", ") + plan::ToString(*key.expression, sort.input->schema) +
            (key.descending ? " DESC" : " ASC");
  }
  text = "orderBy=[" + text + "]";
  if (sort.limit) text += fmt::format(", fetch={}", *sort.limit);
  if (sort.offset > 0) text += fmt::format(", offset={}", sort.offset);
  return text;
}

struct Describe {
  const Node& node;

  std::string operator()(const plan::Scan& scan) const {
    std::string text = "TableSourceScan(table=[" + scan.table.FullName() + "], fields=[" + FieldList(node.schema) + "]";
    std::string filters;
    for (const auto& filter : scan.pushed_filters)
      filters += (filters.empty() ? "" : " AND ") + plan::ToString(*filter, node.schema);
    if (!filters.empty()) text += ", filters=[" + filters + "]";
    if (scan.as_of_snapshot) text += fmt::format(", snapshot={}", *scan.as_of_snapshot);
    if (scan.as_of_timestamp_ms) text += ", as_of=" + plan::TimestampText(*scan.as_of_timestamp_ms * 1000, 3) + " UTC";
    if (!scan.as_of_ref.empty()) text += ", ref=" + scan.as_of_ref;
    return text + ")";
  }
  std::string operator()(const plan::Values& values) const {
    return fmt::format("Values(rows={}, fields=[{}])", values.rows.size(), FieldList(node.schema));
  }
  std::string operator()(const plan::Project& project) const {
    std::string text;
    for (std::size_t i = 0; i < project.expressions.size(); ++i) {
      std::string e = plan::ToString(*project.expressions[i], project.input->schema);
      const std::string& name = node.schema.fields[i].name;
      text += (i > 0 ? ", " : "") + (e == name ? e : e + " AS " + name);
    }
    return "Calc(select=[" + text + "])";
  }
  std::string operator()(const plan::Filter& filter) const {
    return "Calc(where=[" + plan::ToString(*filter.condition, filter.input->schema) + "])";
  }
  std::string operator()(const plan::Watermark& op) const {
    std::string text = "WatermarkAssigner(rowtime=[" + ColumnName(node.schema, op.rowtime_column) + "], watermark=[" +
                       plan::ToString(*op.expression, op.input->schema) + "]";
    if (op.idle_timeout_ms > 0) text += fmt::format(", idle_timeout={} ms", op.idle_timeout_ms);
    return text + ")";
  }
  std::string operator()(const plan::WindowAssign& op) const {
    return "WindowTableFunction(window=[" + WindowText(op.window, op.input->schema) + "])";
  }
  std::string operator()(const plan::WindowAggregate& op) const {
    return "WindowAggregate(window=[" + WindowText(op.window, op.input->schema) + "], " +
           Grouping(op.keys, op.aggregates, op.input->schema) + ")";
  }
  std::string operator()(const plan::Aggregate& op) const {
    return "GroupAggregate(" + Grouping(op.keys, op.aggregates, op.input->schema) + ")";
  }
  std::string operator()(const plan::SetOp& op) const {
    static constexpr const char* kNames[] = {"Union(all=[true]",     "Union(all=[false]", "Intersect(all=[false]",
                                             "Intersect(all=[true]", "Minus(all=[false]", "Minus(all=[true]"};
    return std::string(kNames[static_cast<std::size_t>(op.operation)]) + ", fields=[" + FieldList(node.schema) + "])";
  }
  std::string operator()(const plan::Join& op) const {
    static constexpr const char* kNames[] = {"InnerJoin", "LeftOuterJoin", "RightOuterJoin", "FullOuterJoin",
                                             "CrossJoin", "LeftSemiJoin",  "LeftAntiJoin"};
    Schema both = op.left->schema;
    both.fields.insert(both.fields.end(), op.right->schema.fields.begin(), op.right->schema.fields.end());
    std::string where = op.condition == nullptr ? "true" : plan::ToString(*op.condition, both);
    return fmt::format("Join(joinType=[{}], where=[{}])", kNames[static_cast<std::size_t>(op.type)], where);
  }
  std::string operator()(const plan::SortLimit& op) const { return "SortLimit(" + SortText(op) + ")"; }
  std::string operator()(const plan::Over& op) const {
    std::string text;
    for (const plan::OverCall& call : op.calls)
      text += (text.empty() ? "" : ", ") + CallText(call.call, op.input->schema);
    return "OverAggregate(select=[" + text + "])";
  }
  std::string operator()(const plan::SinkWrite& op) const {
    return "Sink(table=[" + op.table.FullName() + "], fields=[" + FieldList(op.input->schema) + "]" +
           (op.overwrite ? ", overwrite)" : ")");
  }
};

class Tree {
 public:
  explicit Tree(const std::vector<NodePtr>& roots) : readers_(CountReaders(roots)) {}

  void Print(const NodePtr& node, const std::string& indent, const std::string& below) {
    text_ += indent + std::visit(Describe{*node}, node->op);
    if (!std::holds_alternative<plan::SinkWrite>(node->op)) text_ += ", changelogMode=" + node->changelog.ToString();
    bool shared = readers_[node.get()] > 1;
    auto known = numbers_.find(node.get());
    if (shared && known != numbers_.end()) {
      text_ += fmt::format(" (reuse #{})\n", known->second);
      return;
    }
    if (shared) {
      int number = static_cast<int>(numbers_.size()) + 1;
      numbers_[node.get()] = number;
      text_ += fmt::format(" (shared #{})", number);
    }
    text_ += "\n";
    std::vector<NodePtr> inputs = plan::Inputs(*node);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      bool last = i + 1 == inputs.size();
      Print(inputs[i], below + "+- ", below + (last ? "   " : "|  "));
    }
  }
  std::string text() && { return std::move(text_); }

 private:
  std::map<const Node*, int> readers_;
  std::map<const Node*, int> numbers_;
  std::string text_;
};

}  // namespace

std::string Explain(const NodePtr& node) {
  Tree tree({node});
  tree.Print(node, "", "");
  return std::move(tree).text();
}

std::string Explain(const plan::Program& program) {
  std::vector<NodePtr> roots = program.sinks;
  if (program.query != nullptr) roots.push_back(program.query);
  Tree tree(roots);
  for (const NodePtr& root : roots) tree.Print(root, "", "");
  return std::move(tree).text();
}

}  // namespace floe::sql::planner
