// SPDX-License-Identifier: Apache-2.0
// Every node becomes one CTE n0, n1, ... with columns c0, c1, ...; a shared sub-plan is one CTE used twice. What
// depends on the query around it cannot be a CTE: inside a sub-query nodes nest, and their columns are called s1_c0,
// s1_c1, ...
#include "sql/planner/duckdb_sql.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sql/plan/literal_text.h"
#include "sql/planner/duckdb_sql_internal.h"

namespace floe::sql::planner {
namespace {

using plan::Node;
using plan::NodePtr;

bool HasParameter(const plan::Expression& e) {
  return e.kind == plan::ExpressionKind::kParameter ||
         std::ranges::any_of(e.args, [](const plan::ExpressionPtr& arg) { return HasParameter(*arg); });
}

/// Whether the plan of a sub-query depends on the query around it.
bool IsCorrelated(const Node& node) {
  for (const plan::ExpressionPtr& e : plan::Expressions(node)) {
    if (HasParameter(*e)) return true;
  }
  return std::ranges::any_of(plan::Inputs(node), [](const NodePtr& input) { return IsCorrelated(*input); });
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

class PlanPrinter final : public SubqueryPrinter {
 public:
  explicit PlanPrinter(const ScanNames& names) : names_(names) {}

  Result<std::string> Print(const NodePtr& root) {
    NodePtr node = root;
    if (const auto* sink = std::get_if<plan::SinkWrite>(&root->op)) node = sink->input;
    FLOE_TRY(std::string name, Visit(node));
    if (failure_) return Fail(*failure_);
    std::string sql = "WITH ";
    for (std::size_t i = 0; i < tables_.size(); ++i) sql += (i > 0 ? ",\n     " : "") + tables_[i];
    sql += "\nSELECT ";
    for (std::size_t i = 0; i < node->schema.size(); ++i) {
      sql += (i > 0 ? ", " : "") + Col(static_cast<int>(i)) + " AS " + QuotedName(node->schema.fields[i].name);
    }
    return sql + " FROM " + name;
  }

  std::string Subquery(const plan::Expression& e, std::vector<std::string> args) override {
    std::string left;
    if (e.function != "exists" && e.function != "scalar") {
      left = args[0];
      args.erase(args.begin());
    }
    parameters_.push_back(std::move(args));
    std::string outer = std::exchange(prefix_, fmt::format("s{}_", ++subqueries_));
    auto from = From(e.subquery);
    std::string column = Col(0);
    prefix_ = std::move(outer);
    parameters_.pop_back();
    if (!from) {
      failure_ = std::move(from).error();
      return "NULL";
    }
    if (e.function == "exists") return "EXISTS (SELECT 1 FROM " + from->text + ")";
    std::string query = "(SELECT " + column + " FROM " + from->text + ")";
    if (e.function == "scalar") return query;
    return "(" + left + " " + e.function + " " + query + ")";
  }

  std::string Parameter(int index) override { return parameters_.back()[static_cast<std::size_t>(index)]; }

 private:
  /// A relation as FROM wants it, and its name there.
  struct Relation {
    std::string text;
    std::string name;
  };
  using Inputs = std::vector<Relation>;

  std::string Col(int column) const { return fmt::format("{}c{}", prefix_, column); }
  std::string Text(const plan::ExpressionPtr& e) {
    return ToDuckDBSql(*e, [this](int column) { return Col(column); }, *this);
  }
  std::string Columns(const Node& node) const {
    std::string columns;
    for (std::size_t i = 0; i < node.schema.size(); ++i) columns += (i > 0 ? ", " : "") + Col(static_cast<int>(i));
    return columns;
  }

  std::string OrderText(const std::vector<plan::SortKey>& keys) {
    std::string text;
    for (const plan::SortKey& key : keys) {
      text += text.empty() ? "" : ", ";
      text += Text(key.expression) + (key.descending ? " DESC" : " ASC");
      text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
    return text;
  }

  /// fn([DISTINCT] args) [FILTER (...)] without the cast.
  std::string AggregateText(const plan::AggregateCall& call) {
    std::string args;
    for (const plan::ExpressionPtr& arg : call.args) args += (args.empty() ? "" : ", ") + Text(arg);
    bool star = call.function == "count_star";
    std::string text = star ? "count(*)" : call.function + (call.distinct ? "(DISTINCT " : "(") + args + ")";
    if (call.filter != nullptr) text += " FILTER (WHERE " + Text(call.filter) + ")";
    return text;
  }

  /// The name of the node's CTE.
  Result<std::string> Visit(const NodePtr& node) {
    auto known = printed_.find(node.get());
    if (known != printed_.end()) return known->second;
    std::string prefix = std::exchange(prefix_, "");
    auto body = BodyOf(node);
    std::string columns = Columns(*node);
    prefix_ = std::move(prefix);
    if (!body) return Fail(std::move(body).error());
    std::string name = fmt::format("n{}", tables_.size());
    tables_.push_back(name + "(" + columns + ") AS (" + *body + ")");
    printed_[node.get()] = name;
    return name;
  }

  Result<std::string> BodyOf(const NodePtr& node) {
    Inputs inputs;
    for (const NodePtr& input : plan::Inputs(*node)) {
      FLOE_TRY(Relation relation, From(input));
      inputs.push_back(std::move(relation));
    }
    return std::visit([&](const auto& op) { return Body(op, *node, inputs); }, node->op);
  }

  Result<Relation> From(const NodePtr& node) {
    if (prefix_.empty()) {
      FLOE_TRY(std::string name, Visit(node));
      return Relation{name, name};
    }
    std::string text;
    if (IsCorrelated(*node)) {
      FLOE_TRY(std::string body, BodyOf(node));
      text = "(" + body + ")";
    } else {
      FLOE_TRY(text, Visit(node));
    }
    std::string name = fmt::format("{}t{}", prefix_, ++aliases_);
    return Relation{fmt::format("{} AS {}({})", text, name, Columns(*node)), name};
  }

  Result<std::string> Body(const plan::Scan& scan, const Node&, const Inputs&) {
    FLOE_TRY(std::string name, names_(scan));
    return "SELECT * FROM " + name;
  }

  Result<std::string> Body(const plan::Values& values, const Node&, const Inputs&) {
    std::string text;
    for (const auto& row : values.rows) {
      text += text.empty() ? "(" : ", (";
      for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? ", " : "") + Text(row[i]);
      text += ")";
    }
    return "VALUES " + text;
  }

  Result<std::string> Body(const plan::Project& project, const Node&, const Inputs& inputs) {
    std::string list;
    for (const auto& e : project.expressions) list += (list.empty() ? "" : ", ") + Text(e);
    return "SELECT " + list + " FROM " + inputs[0].text;
  }

  Result<std::string> Body(const plan::Filter& filter, const Node&, const Inputs& inputs) {
    return "SELECT * FROM " + inputs[0].text + " WHERE " + Text(filter.condition);
  }

  Result<std::string> Body(const plan::Watermark&, const Node&, const Inputs& inputs) {
    return "SELECT * FROM " + inputs[0].text;
  }

  /// The input's columns and ws, we, wt; one row for each window.
  Result<std::string> Windowed(const plan::WindowSpec& window, const Node& input, const Relation& from) {
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
    std::string time = fmt::format("epoch_us({})", Col(window.time_column));
    std::string first = fmt::format("({0} - ((({0} - {1}) % {2}) + {2}) % {2})", time, offset, bucket);
    std::int64_t copies = (size + step - 1) / step;
    // One window a row needs no join, which would also lose the rows' order (FIRST_VALUE, LISTAGG).
    bool many = copies > 1;
    std::string i = many ? "i" : "0";
    std::string windows = many ? fmt::format(", range({}) AS windows(i)", copies) : "";
    std::string start = cumulate ? first : fmt::format("({} - {} * {})", first, i, step);
    std::string end =
        cumulate ? fmt::format("({} + ({} + 1) * {})", first, i, step) : fmt::format("({} + {})", start, size);
    return fmt::format(
        "SELECT {0}.*, {1}({2}) AS ws, {1}({3}) AS we, {1}({3} - 1000) AS wt FROM {6}{4} WHERE {5} < {3}", from.name,
        make, start, end, windows, time, from.text);
  }

  Result<std::string> Body(const plan::WindowAssign& assign, const Node&, const Inputs& inputs) {
    return Windowed(assign.window, *assign.input, inputs[0]);
  }

  Result<std::string> Body(const plan::WindowAggregate& aggregate, const Node&, const Inputs& inputs) {
    FLOE_TRY(std::string windowed, Windowed(aggregate.window, *aggregate.input, inputs[0]));
    std::string list;
    for (int key : aggregate.keys) list += Col(key) + ", ";
    std::string keys = list;
    for (const auto& call : aggregate.aggregates)
      list += "CAST(" + AggregateText(call) + " AS " + ToDuckDBSql(call.type) + "), ";
    return "SELECT " + list + "ws, we, wt FROM (" + windowed + ") GROUP BY " + keys + "ws, we, wt";
  }

  Result<std::string> Body(const plan::Aggregate& aggregate, const Node&, const Inputs& inputs) {
    std::string keys;
    for (int key : aggregate.keys) keys += (keys.empty() ? "" : ", ") + Col(key);
    std::string list = keys;
    for (const auto& call : aggregate.aggregates) {
      list += (list.empty() ? "" : ", ") + ("CAST(" + AggregateText(call) + " AS " + ToDuckDBSql(call.type) + ")");
    }
    return "SELECT " + list + " FROM " + inputs[0].text + (keys.empty() ? "" : " GROUP BY " + keys);
  }

  Result<std::string> Body(const plan::SetOp& op, const Node&, const Inputs& inputs) {
    std::string text;
    for (const Relation& input : inputs)
      text += (text.empty() ? "" : SetWord(op.operation)) + "SELECT * FROM " + input.text;
    return text;
  }

  Result<std::string> Body(const plan::Join& join, const Node&, const Inputs& inputs) {
    auto left = static_cast<int>(join.left->schema.size());
    Relation l = inputs[0];
    Relation r = inputs[1];
    if (prefix_.empty()) {
      l = {l.text + " AS l", "l"};
      r = {r.text + " AS r", "r"};
    }
    std::string text = "SELECT * FROM " + l.text + JoinWord(join.type) + r.text;
    if (join.condition == nullptr) return text + (join.type == plan::JoinType::kCross ? "" : " ON TRUE");
    auto column = [&](int i) { return i < left ? l.name + "." + Col(i) : r.name + "." + Col(i - left); };
    return text + " ON " + ToDuckDBSql(*join.condition, column, *this);
  }

  Result<std::string> Body(const plan::SortLimit& sort, const Node&, const Inputs& inputs) {
    std::string text = "SELECT * FROM " + inputs[0].text;
    if (!sort.keys.empty()) text += " ORDER BY " + OrderText(sort.keys);
    if (sort.limit) text += fmt::format(" LIMIT {}", *sort.limit);
    if (sort.offset > 0) text += fmt::format(" OFFSET {}", sort.offset);
    return text;
  }

  Result<std::string> Body(const plan::Over& over, const Node&, const Inputs& inputs) {
    std::string list = "*";
    for (const plan::OverCall& call : over.calls) {
      std::string window;
      for (const auto& key : call.partition_by) window += (window.empty() ? "PARTITION BY " : ", ") + Text(key);
      if (!call.order_by.empty()) window += " ORDER BY " + OrderText(call.order_by);
      if (!call.frame.empty()) window += " " + call.frame;
      list += ", CAST(" + AggregateText(call.call) + " OVER (" + window + ") AS " + ToDuckDBSql(call.call.type) + ")";
    }
    return "SELECT " + list + " FROM " + inputs[0].text;
  }

  Result<std::string> Body(const plan::SinkWrite&, const Node&, const Inputs&) {
    return Fail(ErrorKind::kInternal, "a sink inside a plan");
  }

  const ScanNames& names_;
  std::map<const Node*, std::string> printed_;
  std::string prefix_;                                ///< of column names; empty outside of sub-queries
  std::vector<std::vector<std::string>> parameters_;  ///< of the sub-queries being printed, innermost last
  int subqueries_ = 0;
  int aliases_ = 0;
  std::optional<Error> failure_;  ///< of a plan inside an expression
  std::vector<std::string> tables_;
};

}  // namespace

Result<std::string> ToDuckDBSql(const NodePtr& node, const ScanNames& names) {
  return PlanPrinter(names).Print(node);
}

}  // namespace floe::sql::planner
