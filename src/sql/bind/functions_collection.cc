// SPDX-License-Identifier: Apache-2.0
// Functions over ARRAY and MAP, and the conditional ones.
#include <array>

#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"

namespace floe::sql::bind {
namespace {

using plan::ExpressionKind;
using plan::ExpressionPtr;
using Built = Result<ExpressionPtr>;

Type Nullable(const Type& type) {
  return type.WithNullable(true);
}

Built Element(const CallSite& site) {
  return plan::Call("list_extract", {site.args[0], BigIntLiteral(1)}, Nullable(site.args[0]->type.child(0)),
                    site.position);
}

/// The value brought to the array's element type.
Result<ExpressionPtr> Like(const CallSite& site, std::size_t index) {
  const Type& element = site.args[0]->type.child(0);
  if (!CanCastImplicitly(site.args[index]->type, element)) {
    return FailAt(site.args[index]->position,
                  site.name + ": the array holds " + element.ToString() + ", not " + site.args[index]->type.ToString());
  }
  return MakeCast(site.args[index], element, CastMode::kImplicit, site.session.zone);
}

Built ArrayContains(const CallSite& site) {
  FLOE_TRY(ExpressionPtr value, Like(site, 1));
  return Strict("list_contains", {site.args[0], value}, Type::Boolean(), site.position);
}
Built ArrayPosition(const CallSite& site) {
  FLOE_TRY(ExpressionPtr value, Like(site, 1));
  ExpressionPtr position = plan::Call("list_position", {site.args[0], value}, Type::Int(), site.position);
  ExpressionPtr found = plan::Make(ExpressionKind::kCoalesce, {position, IntLiteral(0)}, Type::Int(), site.position);
  return If(IsNull(site.args[0]), NullLiteral(Type::Int()), found);
}
Built ArrayJoin(const CallSite& site) {
  if (!site.args[0]->type.child(0).IsCharacter()) return FailAt(site, "ARRAY_JOIN: the array must hold STRING");
  return plan::Call("list_aggregate", {site.args[0], TextLiteral("string_agg"), site.args[1]}, Type::String(),
                    site.position);
}
template <const char* const& aggregate>
Built ArrayAggregate(const CallSite& site) {
  return plan::Call("list_aggregate", {site.args[0], TextLiteral(aggregate)}, Nullable(site.args[0]->type.child(0)),
                    site.position);
}
constexpr const char* kMax = "max";
constexpr const char* kMin = "min";

Built MapKeys(const CallSite& site) {
  return Strict("map_keys", {site.args[0]}, Type::Array(site.args[0]->type.child(0)), site.position);
}
Built MapValues(const CallSite& site) {
  return Strict("map_values", {site.args[0]}, Type::Array(site.args[0]->type.child(1)), site.position);
}
Built MapFromArrays(const CallSite& site) {
  return Strict("map", site.args, Type::Map(site.args[0]->type.child(0), site.args[1]->type.child(0)), site.position);
}

/// All arguments from `first` on, cast to their common type.
Result<std::vector<ExpressionPtr>> Unified(const CallSite& site, std::size_t first) {
  std::vector<Type> types;
  for (std::size_t i = first; i < site.args.size(); ++i) types.push_back(site.args[i]->type);
  std::optional<Type> common = LeastRestrictive(types);
  if (!common) {
    std::string list;
    for (const Type& type : types) list += (list.empty() ? "" : ", ") + type.ToString();
    return FailAt(site, site.name + ": " + list + " have no common type; cast them to one");
  }
  std::vector<ExpressionPtr> args;
  for (std::size_t i = first; i < site.args.size(); ++i) {
    args.push_back(MakeCast(site.args[i], *common, CastMode::kImplicit, site.session.zone));
  }
  return args;
}

Built Coalesce(const CallSite& site) {
  FLOE_TRY(std::vector<ExpressionPtr> args, Unified(site, 0));
  Type type = args[0]->type;
  bool nullable = true;
  for (const ExpressionPtr& arg : args) nullable = nullable && arg->type.nullable();
  return plan::Make(ExpressionKind::kCoalesce, std::move(args), type.WithNullable(nullable), site.position);
}

Built IfElse(const CallSite& site) {
  FLOE_TRY(std::vector<ExpressionPtr> args, Unified(site, 1));
  return If(site.args[0], args[0], args[1]);
}

Built NullIf(const CallSite& site) {
  std::optional<Type> common = ComparisonType(site.args[0]->type, site.args[1]->type);
  if (!common) return FailAt(site, "NULLIF: the arguments cannot be compared; cast one of them");
  ExpressionPtr left = MakeCast(site.args[0], *common, CastMode::kExplicit, site.session.zone);
  ExpressionPtr right = MakeCast(site.args[1], *common, CastMode::kExplicit, site.session.zone);
  Type type = Nullable(site.args[0]->type);
  return plan::Make(ExpressionKind::kCase, {plan::Compare("=", left, right), NullLiteral(type), site.args[0]}, type,
                    site.position);
}

constexpr std::array kCollection = std::to_array<Function>({
    {"CARDINALITY", "a", Returns::kInt, "len"},
    {"CARDINALITY", "m", Returns::kInt, "cardinality"},
    {"ELEMENT", "a", Returns::kElement, "", Element},
    {"ARRAY_CONTAINS", "ax", Returns::kBoolean, "", ArrayContains},
    {"ARRAY_POSITION", "ax", Returns::kInt, "", ArrayPosition},
    {"ARRAY_JOIN", "as", Returns::kString, "", ArrayJoin},
    {"ARRAY_MAX", "a", Returns::kElement, "", ArrayAggregate<kMax>},
    {"ARRAY_MIN", "a", Returns::kElement, "", ArrayAggregate<kMin>},
    {"ARRAY_SORT", "a", Returns::kFirst, "list_sort"},
    {"ARRAY_CONCAT", "aa", Returns::kFirst, "list_concat"},
    {"ARRAY_SLICE", "all", Returns::kFirst, "list_slice"},
    {"MAP_KEYS", "m", Returns::kFirst, "", MapKeys},
    {"MAP_VALUES", "m", Returns::kFirst, "", MapValues},
    {"MAP_FROM_ARRAYS", "aa", Returns::kFirst, "", MapFromArrays},
});

constexpr std::array kConditional = std::to_array<Function>({
    {"COALESCE", "xx*", Returns::kFirst, "", Coalesce},
    {"IFNULL", "xx", Returns::kFirst, "", Coalesce},
    {"NVL", "xx", Returns::kFirst, "", Coalesce},
    {"IF", "bxx", Returns::kFirst, "", IfElse},
    {"NULLIF", "xx", Returns::kFirst, "", NullIf},
});

}  // namespace

std::span<const Function> CollectionFunctions() {
  return kCollection;
}
std::span<const Function> ConditionalFunctions() {
  return kConditional;
}

}  // namespace floe::sql::bind
