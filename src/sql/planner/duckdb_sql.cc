// SPDX-License-Identifier: Apache-2.0
// Every node becomes one CTE n0, n1, ... with columns c0, c1, ...; a shared sub-plan is one CTE used twice.
#include "sql/planner/duckdb_sql.h"

#include <map>

#include <fmt/format.h>

#include "sql/plan/literal_text.h"
#include "sql/planner/duckdb_sql_internal.h"

namespace floe::sql::planner {
namespace {

using plan::Node;
using plan::NodePtr;

std::string Plain(int column) {
  return fmt::format("c{}", column);
}

std::string SetWord(plan::SetOperation operation) {
  switch (operation) {
    case plan::SetOperation::kUnionAll: return " UNION ALL ";
    case plan::SetOperation::kUnion: return " UNION ";
    case plan::SetOperation::kIntersect: return " INTERSECT ";
    case plan::SetOperation::kIntersectAll: return " INTERSECT ALL ";
    case plan::SetOperation::kExcept: return " EXCEPT ";
    case plan::SetOperation::kExceptAll: return " EXCEPT ALL ";
  }
  return "";
}

std::string JoinWord(plan::JoinType type) {
  switch (type) {
    case plan::JoinType::kInner: return " JOIN ";
    case plan::JoinType::kLeft: return " LEFT JOIN ";
    case plan::JoinType::kRight: return " RIGHT JOIN ";
    case plan::JoinType::kFull: return " FULL JOIN ";
    case plan::JoinType::kCross: return " CROSS JOIN ";
    case plan::JoinType::kSemi: return " SEMI JOIN ";
    case plan::JoinType::kAnti: return " ANTI JOIN ";
  }
  return "";
}

std::string OrderText(const std::vector<plan::SortKey>& keys) {
  std::string text;
  for (const plan::SortKey& key : keys) {
    text += text.empty() ? "" : ", ";
    text += ToDuckDBSql(*key.expression, Plain) + (key.descending ? " DESC" : " ASC");
    text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
  }
  return text;
}

/// fn([DISTINCT] args) [FILTER (...)] without the cast.
std::string AggregateText(const plan::AggregateCall& call) {
  std::string args;
  for (const plan::ExpressionPtr& arg : call.args) args += (args.empty() ? "" : ", ") + ToDuckDBSql(*arg, Plain);
  bool star = call.function == "count_star";
  std::string text = star ? "count(*)" : call.function + (call.distinct ? "(DISTINCT " : "(") + args + ")";
  if (call.filter != nullptr) text += " FILTER (WHERE " + ToDuckDBSql(*call.filter, Plain) + ")";
  return text;
}

class PlanPrinter {
 public:
  explicit PlanPrinter(const ScanNames& names) : names_(names) {}

  Result<std::string> Print(const NodePtr& root) {
    NodePtr node = root;
    if (const auto* sink = std::get_if<plan::SinkWrite>(&root->op)) node = sink->input;
    FLOE_TRY(std::string name, Visit(node));
    std::string sql = "WITH ";
    for (std::size_t i = 0; i < tables_.size(); ++i) sql += (i > 0 ? ",\n     " : "") + tables_[i];
    sql += "\nSELECT ";
    for (std::size_t i = 0; i < node->schema.size(); ++i) {
      sql += (i > 0 ? ", " : "") + Plain(static_cast<int>(i)) + " AS " + QuotedName(node->schema.fields[i].name);
    }
    return sql + " FROM " + name;
  }

 private:
  Result<std::string> Visit(const NodePtr& node) {
    auto known = printed_.find(node.get());
    if (known != printed_.end()) return known->second;
    std::vector<std::string> inputs;
    for (const NodePtr& input : plan::Inputs(*node)) {
      FLOE_TRY(std::string name, Visit(input));
      inputs.push_back(std::move(name));
    }
    FLOE_TRY(std::string body, std::visit([&](const auto& op) { return Body(op, *node, inputs); }, node->op));
    std::string name = fmt::format("n{}", tables_.size());
    std::string columns;
    for (std::size_t i = 0; i < node->schema.size(); ++i) columns += (i > 0 ? ", " : "") + Plain(static_cast<int>(i));
    tables_.push_back(name + "(" + columns + ") AS (" + body + ")");
    printed_[node.get()] = name;
    return name;
  }

  using Inputs = std::vector<std::string>;

  Result<std::string> Body(const plan::Scan& scan, const Node&, const Inputs&) {
    FLOE_TRY(std::string name, names_(scan));
    return "SELECT * FROM " + name;
  }

  Result<std::string> Body(const plan::Values& values, const Node&, const Inputs&) {
    std::string text;
    for (const auto& row : values.rows) {
      text += text.empty() ? "(" : ", (";
      for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? ", " : "") + ToDuckDBSql(*row[i], Plain);
      text += ")";
    }
    return "VALUES " + text;
  }

  Result<std::string> Body(const plan::Project& project, const Node&, const Inputs& inputs) {
    std::string list;
    for (const auto& e : project.expressions) list += (list.empty() ? "" : ", ") + ToDuckDBSql(*e, Plain);
    return "SELECT " + list + " FROM " + inputs[0];
  }

  Result<std::string> Body(const plan::Filter& filter, const Node&, const Inputs& inputs) {
    return "SELECT * FROM " + inputs[0] + " WHERE " + ToDuckDBSql(*filter.condition, Plain);
  }

  Result<std::string> Body(const plan::Watermark&, const Node&, const Inputs& inputs) {
    return "SELECT * FROM " + inputs[0];
  }

  /// The input's columns and ws, we, wt; one row for each window.
  Result<std::string> Windowed(const plan::WindowSpec& window, const Node& input, const std::string& name) {
    if (window.kind == plan::WindowKind::kSession) {
      return Fail(ErrorKind::kNotSupported, "SESSION windows are not supported; use TUMBLE, HOP or CUMULATE");
    }
    bool instant =
        input.schema.fields[static_cast<std::size_t>(window.time_column)].type.kind() == data::TypeKind::kTimestampLtz;
    std::string make = instant ? "make_timestamptz" : "make_timestamp";
    std::int64_t size = window.size_ms * 1000;
    std::int64_t step = window.kind == plan::WindowKind::kTumble ? size : window.step_ms * 1000;
    std::int64_t offset = window.offset_ms * 1000;
    bool cumulate = window.kind == plan::WindowKind::kCumulate;
    std::int64_t bucket = cumulate ? size : step;
    std::string time = fmt::format("epoch_us({})", Plain(window.time_column));
    std::string first = fmt::format("({0} - ((({0} - {1}) % {2}) + {2}) % {2})", time, offset, bucket);
    std::int64_t copies = (size + step - 1) / step;
    std::string start = cumulate ? first : fmt::format("({} - i * {})", first, step);
    std::string end =
        cumulate ? fmt::format("({} + (i + 1) * {})", first, step) : fmt::format("({} + {})", start, size);
    return fmt::format(
        "SELECT {0}.*, {1}({2}) AS ws, {1}({3}) AS we, {1}({3} - 1000) AS wt FROM {0}, range({4}) AS windows(i) WHERE "
        "{5} < {3}",
        name, make, start, end, copies, time);
  }

  Result<std::string> Body(const plan::WindowAssign& assign, const Node&, const Inputs& inputs) {
    return Windowed(assign.window, *assign.input, inputs[0]);
  }

  Result<std::string> Body(const plan::WindowAggregate& aggregate, const Node&, const Inputs& inputs) {
    FLOE_TRY(std::string windowed, Windowed(aggregate.window, *aggregate.input, inputs[0]));
    std::string list;
    for (int key : aggregate.keys) list += Plain(key) + ", ";
    std::string keys = list;
    for (const auto& call : aggregate.aggregates)
      list += "CAST(" + AggregateText(call) + " AS " + ToDuckDBSql(call.type) + "), ";
    return "SELECT " + list + "ws, we, wt FROM (" + windowed + ") GROUP BY " + keys + "ws, we, wt";
  }

  Result<std::string> Body(const plan::Aggregate& aggregate, const Node&, const Inputs& inputs) {
    std::string keys;
    for (int key : aggregate.keys) keys += (keys.empty() ? "" : ", ") + Plain(key);
    std::string list = keys;
    for (const auto& call : aggregate.aggregates) {
      list += (list.empty() ? "" : ", ") + ("CAST(" + AggregateText(call) + " AS " + ToDuckDBSql(call.type) + ")");
    }
    return "SELECT " + list + " FROM " + inputs[0] + (keys.empty() ? "" : " GROUP BY " + keys);
  }

  Result<std::string> Body(const plan::SetOp& op, const Node&, const Inputs& inputs) {
    std::string text;
    for (const std::string& input : inputs)
      text += (text.empty() ? "" : SetWord(op.operation)) + "SELECT * FROM " + input;
    return text;
  }

  Result<std::string> Body(const plan::Join& join, const Node&, const Inputs& inputs) {
    auto left = static_cast<int>(join.left->schema.size());
    std::string text = "SELECT * FROM " + inputs[0] + " AS l" + JoinWord(join.type) + inputs[1] + " AS r";
    if (join.condition == nullptr) return text + (join.type == plan::JoinType::kCross ? "" : " ON TRUE");
    auto column = [left](int i) { return i < left ? "l." + Plain(i) : "r." + Plain(i - left); };
    return text + " ON " + ToDuckDBSql(*join.condition, column);
  }

  Result<std::string> Body(const plan::SortLimit& sort, const Node&, const Inputs& inputs) {
    std::string text = "SELECT * FROM " + inputs[0];
    if (!sort.keys.empty()) text += " ORDER BY " + OrderText(sort.keys);
    if (sort.limit) text += fmt::format(" LIMIT {}", *sort.limit);
    if (sort.offset > 0) text += fmt::format(" OFFSET {}", sort.offset);
    return text;
  }

  Result<std::string> Body(const plan::Over& over, const Node&, const Inputs& inputs) {
    std::string list = "*";
    for (const plan::OverCall& call : over.calls) {
      std::string window;
      for (const auto& key : call.partition_by)
        window += (window.empty() ? "PARTITION BY " : ", ") + ToDuckDBSql(*key, Plain);
      if (!call.order_by.empty()) window += " ORDER BY " + OrderText(call.order_by);
      if (!call.frame.empty()) window += " " + call.frame;
      list += ", CAST(" + AggregateText(call.call) + " OVER (" + window + ") AS " + ToDuckDBSql(call.call.type) + ")";
    }
    return "SELECT " + list + " FROM " + inputs[0];
  }

  Result<std::string> Body(const plan::SinkWrite&, const Node&, const Inputs&) {
    return Fail(ErrorKind::kInternal, "a sink inside a plan");
  }

  const ScanNames& names_;
  std::map<const Node*, std::string> printed_;
  std::vector<std::string> tables_;
};

}  // namespace

Result<std::string> ToDuckDBSql(const NodePtr& node, const ScanNames& names) {
  return PlanPrinter(names).Print(node);
}

}  // namespace floe::sql::planner
