// SPDX-License-Identifier: Apache-2.0
// A plan as a number: equal exactly (but for collisions) when operator state of one fits the other.
#include <map>

#include <fmt/format.h>

#include "stream/graph/builder.h"
#include "stream/state/group_table.h"

namespace floe::stream {
namespace {

namespace plan = sql::plan;

template <typename... Fns>
struct Overloaded : Fns... {
  using Fns::operator()...;
};

std::string Text(const plan::ExpressionPtr& expression) {
  if (!expression) return "-";
  std::string text = fmt::format("({} {} {} {}", static_cast<int>(expression->kind), expression->type.ToString(),
                                 expression->column, expression->function);
  std::visit(Overloaded{[&](std::monostate) {}, [&](const auto& value) { text += fmt::format(" ={}", value); }},
             expression->value);
  for (const auto& argument : expression->args) text += Text(argument);
  return text + ")";
}

std::string Text(const std::vector<int>& columns) {
  return fmt::format("[{}]", fmt::join(columns, ","));
}

std::string Text(const std::vector<plan::AggregateCall>& calls) {
  std::string text;
  for (const auto& call : calls) {
    text += fmt::format("{}{}:{}", call.function, call.distinct ? " distinct" : "", call.type.ToString());
    for (const auto& argument : call.args) text += Text(argument);
    text += Text(call.filter);
  }
  return text;
}

std::string Text(const plan::WindowSpec& window) {
  return fmt::format("window {} {} {} {} {} {}", static_cast<int>(window.kind), window.time_column, window.size_ms,
                     window.step_ms, window.offset_ms, window.proctime);
}

class Describer {
 public:
  /// Shared sub-plans are described once and then named by number.
  int Describe(const plan::NodePtr& node) {
    if (auto found = numbers_.find(node.get()); found != numbers_.end()) return found->second;
    std::string text = std::visit([&](const auto& op) { return Op(op); }, node->op);
    const int number = static_cast<int>(numbers_.size());
    numbers_[node.get()] = number;
    text_ += fmt::format("{}: {} {}\n", number, text, node->schema.ToString());
    return number;
  }
  const std::string& text() const { return text_; }

 private:
  std::string Op(const plan::Scan& op) { return "scan " + op.table.FullName() + Text(op.columns) + Text(op.metadata); }
  std::string Op(const plan::Values& op) {
    std::string text = "values";
    for (const auto& row : op.rows) {
      for (const auto& value : row) text += Text(value);
    }
    return text;
  }
  std::string Op(const plan::Project& op) {
    std::string text = fmt::format("project {}", Describe(op.input));
    for (const auto& expression : op.expressions) text += Text(expression);
    return text;
  }
  std::string Op(const plan::Filter& op) { return fmt::format("filter {} {}", Describe(op.input), Text(op.condition)); }
  std::string Op(const plan::Watermark& op) {
    return fmt::format("watermark {} {} {}", Describe(op.input), op.rowtime_column, Text(op.expression));
  }
  std::string Op(const plan::WindowAssign& op) {
    return fmt::format("assign {} {}", Describe(op.input), Text(op.window));
  }
  std::string Op(const plan::WindowAggregate& op) {
    return fmt::format("window {} {} {} {}", Describe(op.input), Text(op.window), Text(op.keys), Text(op.aggregates));
  }
  std::string Op(const plan::Aggregate& op) {
    return fmt::format("aggregate {} {} {}", Describe(op.input), Text(op.keys), Text(op.aggregates));
  }
  std::string Op(const plan::SetOp& op) {
    std::string text = fmt::format("set {}", static_cast<int>(op.operation));
    for (const auto& input : op.inputs) text += fmt::format(" {}", Describe(input));
    return text;
  }
  std::string Op(const plan::Join& op) { return fmt::format("join {} {}", Describe(op.left), Describe(op.right)); }
  std::string Op(const plan::SortLimit& op) {
    return fmt::format("limit {} {} {}", Describe(op.input), op.limit.value_or(-1), op.offset);
  }
  std::string Op(const plan::Over& op) { return fmt::format("over {}", Describe(op.input)); }
  std::string Op(const plan::SinkWrite& op) {
    return fmt::format("sink {} {} {}", Describe(op.input), op.table.FullName(), Text(op.input_metadata));
  }

  std::map<const plan::Node*, int> numbers_;
  std::string text_;
};

}  // namespace

std::string PlanFingerprint(const plan::Program& program) {
  Describer describer;
  for (const auto& sink : program.sinks) describer.Describe(sink);
  if (program.query) describer.Describe(program.query);
  return fmt::format("{:016x}", HashBytes(describer.text()));
}

}  // namespace floe::stream
