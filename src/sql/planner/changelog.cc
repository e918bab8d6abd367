// SPDX-License-Identifier: Apache-2.0
// Which row kinds flow over each edge.
#include <algorithm>

#include "sql/planner/rewrite.h"
#include "sql/planner/rules.h"

namespace floe::sql::planner {
namespace {

using plan::ChangelogTrait;
using plan::Node;

const ChangelogTrait& TraitOf(const plan::NodePtr& node) {
  return node->changelog;
}

/// The column that an expression is, also behind a cast that keeps different values different (to NOT NULL, to a wider
/// integer, to a longer text) or the check of NOT NULL: what a sink's column makes of a key.
/// A CASE with another default is none: CASE WHEN k IS NULL THEN '' ELSE k END makes two keys one. -1: none.
int PassedColumn(const plan::Expression& expression) {
  using plan::ExpressionKind;
  if (expression.kind == ExpressionKind::kColumn) return expression.column;
  bool checked = expression.kind == ExpressionKind::kCase && expression.args.size() == 3 &&
                 expression.args[0]->kind == ExpressionKind::kIsNull && expression.args[1]->function == "error";
  if (checked) return PassedColumn(*expression.args[2]);
  if (expression.kind != ExpressionKind::kCast) return -1;
  const plan::Expression& inner = *expression.args[0];
  const data::Type& from = inner.type;
  const data::Type& to = expression.type;
  bool same = from.EqualsIgnoringNullability(to);
  bool wider = from.IsInteger() && to.IsInteger() && from.kind() <= to.kind();
  bool longer = to.kind() == data::TypeKind::kVarchar && from.IsCharacter() && from.length() <= to.length();
  return same || wider || longer ? PassedColumn(inner) : -1;
}

struct Infer {
  const Node& node;

  ChangelogTrait operator()(const plan::Scan& scan) const {
    ChangelogTrait trait;
    auto format = scan.table.options.find("format");
    if (format == scan.table.options.end()) format = scan.table.options.find("value.format");
    bool debezium = format != scan.table.options.end() && format->second.starts_with("debezium");
    bool changes = debezium || scan.table.connector == "upsert-kafka" || scan.table.connector.ends_with("-cdc");
    if (!changes) return trait;
    trait.updates = true;
    trait.deletes = true;
    for (const std::string& key : scan.table.primary_key) {
      int column = node.schema.Find(key);
      if (column < 0) return {true, true, {}};
      trait.upsert_key.push_back(column);
    }
    return trait;
  }

  ChangelogTrait operator()(const plan::Values&) const { return {}; }

  ChangelogTrait operator()(const plan::Project& project) const {
    ChangelogTrait trait = TraitOf(project.input);
    std::vector<int> key;
    for (int column : trait.upsert_key) {
      auto kept = std::ranges::find_if(project.expressions,
                                       [&](const plan::ExpressionPtr& e) { return PassedColumn(*e) == column; });
      if (kept == project.expressions.end()) {
        key.clear();
        break;
      }
      key.push_back(static_cast<int>(kept - project.expressions.begin()));
    }
    trait.upsert_key = std::move(key);
    return trait;
  }

  ChangelogTrait operator()(const plan::Filter& filter) const {
    ChangelogTrait trait = TraitOf(filter.input);
    trait.deletes = trait.deletes || trait.updates;
    return trait;
  }

  /// Emits each group of each window once.
  ChangelogTrait operator()(const plan::WindowAggregate& aggregate) const {
    ChangelogTrait trait;
    auto end = static_cast<int>(node.schema.size()) - 2;
    for (std::size_t i = 0; i < aggregate.keys.size(); ++i) trait.upsert_key.push_back(static_cast<int>(i));
    trait.upsert_key.insert(trait.upsert_key.end(), {end - 1, end});
    return trait;
  }

  ChangelogTrait operator()(const plan::Aggregate& aggregate) const {
    const ChangelogTrait& input = TraitOf(aggregate.input);
    ChangelogTrait trait;
    bool changes = input.updates || input.deletes;
    trait.updates = changes || !aggregate.aggregates.empty();
    trait.deletes = changes && !aggregate.keys.empty();
    for (std::size_t i = 0; i < aggregate.keys.size(); ++i) trait.upsert_key.push_back(static_cast<int>(i));
    return trait;
  }

  ChangelogTrait operator()(const plan::SetOp& op) const {
    ChangelogTrait trait;
    for (const plan::NodePtr& input : op.inputs) {
      trait.updates = trait.updates || TraitOf(input).updates;
      trait.deletes = trait.deletes || TraitOf(input).deletes;
    }
    return trait;
  }

  ChangelogTrait operator()(const plan::Join& join) const {
    bool changes = TraitOf(join.left).updates || TraitOf(join.right).updates || TraitOf(join.left).deletes ||
                   TraitOf(join.right).deletes;
    bool inner = join.type == plan::JoinType::kInner || join.type == plan::JoinType::kCross ||
                 join.type == plan::JoinType::kSemi;
    return {changes, changes || !inner, {}};
  }

  ChangelogTrait operator()(const plan::SortLimit& sort) const {
    bool top = !sort.keys.empty();
    return {TraitOf(sort.input).updates || top, TraitOf(sort.input).deletes || top, {}};
  }

  ChangelogTrait operator()(const plan::WindowAssign& op) const {
    return {TraitOf(op.input).updates, TraitOf(op.input).deletes, {}};
  }

  template <typename Other>
  ChangelogTrait operator()(const Other& other) const {
    return TraitOf(other.input);
  }
};

}  // namespace

std::vector<plan::NodePtr> InferChangelog(const std::vector<plan::NodePtr>& roots, bool streaming) {
  return Rebuild(roots, [&](const plan::NodePtr& node) -> plan::NodePtr {
    Node copy = *node;
    copy.changelog = streaming ? std::visit(Infer{*node}, node->op) : ChangelogTrait{};
    return std::make_shared<const Node>(std::move(copy));
  });
}

}  // namespace floe::sql::planner
