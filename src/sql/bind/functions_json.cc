// SPDX-License-Identifier: Apache-2.0
// JSON functions over text. Broken text is NULL, as Flink's default NULL ON ERROR says.
#include <array>

#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"

namespace floe::sql::bind {
namespace {

using dialect::JsonBehaviour;
using plan::ExpressionPtr;
using Built = Result<ExpressionPtr>;

/// '$.a', without Flink's "lax " and "strict ".
Result<ExpressionPtr> PathOf(const CallSite& site) {
  std::optional<std::string> path = TextOf(site.args[1]);
  if (!path) return NotSupportedAt(site.args[1]->position, site.name + ": the path must be a constant such as '$.a'");
  for (std::string_view mode : {"lax ", "strict "}) {
    if (path->starts_with(mode)) path = path->substr(mode.size());
  }
  if (!path->starts_with('$'))
    return FailAt(site.args[1]->position, site.name + ": the path '" + *path + "' must start with $");
  return TextLiteral(*path);
}

ExpressionPtr Valid(const CallSite& site) {
  return Strict("json_valid", {site.args[0]}, Type::Boolean(), site.position);
}

/// ON EMPTY and ON ERROR: only NULL and one DEFAULT for both are understood.
Status CheckBehaviour(const CallSite& site) {
  if (site.json == nullptr) return {};
  for (JsonBehaviour behaviour : {site.json->on_empty, site.json->on_error}) {
    if (behaviour != JsonBehaviour::kNone && behaviour != JsonBehaviour::kNull) {
      return NotSupportedAt(
          site.position,
          site.name + ": only NULL ON EMPTY and NULL ON ERROR are supported; use COALESCE for a default");
    }
  }
  return {};
}

Built JsonValue(const CallSite& site) {
  FLOE_TRY_VOID(CheckBehaviour(site));
  FLOE_TRY(ExpressionPtr path, PathOf(site));
  ExpressionPtr scalar = plan::Call("json_value", {site.args[0], path}, Type::String(), site.position);
  ExpressionPtr text = plan::Call("json_extract_string", {scalar, TextLiteral("$")}, Type::String(), site.position);
  ExpressionPtr value = If(Valid(site), text, NullLiteral(Type::String()));
  if (site.json == nullptr || !site.json->returning) return value;
  const Type& type = site.json->returning->type;
  if (!CanCastExplicitly(Type::String(), type))
    return FailAt(site, "JSON_VALUE: RETURNING " + type.ToString() + " is not possible");
  return MakeCast(value, type, CastMode::kTry, site.session.zone);
}

Built JsonQuery(const CallSite& site) {
  FLOE_TRY_VOID(CheckBehaviour(site));
  if (site.json != nullptr && site.json->wrapper > dialect::JsonWrapper::kWithout) {
    return NotSupportedAt(site.position, "JSON_QUERY: WITH WRAPPER is not supported");
  }
  FLOE_TRY(ExpressionPtr path, PathOf(site));
  ExpressionPtr part = plan::Call("json_extract", {site.args[0], path}, Type::String(), site.position);
  ExpressionPtr scalar = plan::Call("json_value", {site.args[0], path}, Type::String(), site.position);
  ExpressionPtr only_nested = If(IsNull(scalar), part, NullLiteral(Type::String()));
  return If(Valid(site), only_nested, NullLiteral(Type::String()));
}

Built JsonExists(const CallSite& site) {
  FLOE_TRY(ExpressionPtr path, PathOf(site));
  ExpressionPtr exists = plan::Call("json_exists", {site.args[0], path}, Type::Boolean(), site.position);
  return If(Valid(site), exists, plan::Literal(std::int64_t{0}, Type::Boolean()));
}

constexpr std::string_view kObjectKernel = "floe_json_object";
constexpr std::string_view kArrayKernel = "floe_json_array";

/// A value as JSON text; what JSON_OBJECT and JSON_ARRAY made goes in as it is, other text becomes a string.
ExpressionPtr JsonText(const ExpressionPtr& value) {
  if (value->kind == plan::ExpressionKind::kCall &&
      (value->function == kObjectKernel || value->function == kArrayKernel)) {
    return value;
  }
  if (value->type.kind() == data::TypeKind::kNull) return NullLiteral(Type::String());
  return Strict("floe_json", {value, TextLiteral(value->type.ToString())}, Type::String(), value->position);
}

/// The first argument of both kernels: whether NULLs are written.
ExpressionPtr NullsKept(const CallSite& site, dialect::JsonNulls unsaid) {
  bool said = site.json != nullptr && site.json->nulls != dialect::JsonNulls::kNone;
  bool kept = (said ? site.json->nulls : unsaid) == dialect::JsonNulls::kNullOnNull;
  return plan::Literal(std::int64_t{kept}, Type::Boolean().WithNullable(false));
}

Built JsonString(const CallSite& site) {
  return JsonText(site.args[0]);
}

Built JsonObject(const CallSite& site) {
  if (site.args.size() % 2 != 0) return FailAt(site, "JSON_OBJECT: every KEY needs a VALUE");
  std::vector<ExpressionPtr> args = {NullsKept(site, dialect::JsonNulls::kNullOnNull)};
  for (std::size_t i = 0; i < site.args.size(); i += 2) {
    const ExpressionPtr& key = site.args[i];
    if (!key->type.IsCharacter())
      return FailAt(key->position, "JSON_OBJECT: a KEY is a STRING, not " + key->type.ToString());
    args.push_back(key);
    args.push_back(JsonText(site.args[i + 1]));
  }
  return plan::Call(std::string(kObjectKernel), std::move(args), Type::String().WithNullable(false), site.position);
}

Built JsonArray(const CallSite& site) {
  std::vector<ExpressionPtr> args = {NullsKept(site, dialect::JsonNulls::kAbsentOnNull)};
  for (const ExpressionPtr& value : site.args) args.push_back(JsonText(value));
  return plan::Call(std::string(kArrayKernel), std::move(args), Type::String().WithNullable(false), site.position);
}

constexpr std::array kJson = std::to_array<Function>({
    {"JSON_VALUE", "ss", Returns::kString, "", JsonValue},
    {"JSON_QUERY", "ss", Returns::kString, "", JsonQuery},
    {"JSON_EXISTS", "ss", Returns::kBoolean, "", JsonExists},
    {"JSON_OBJECT", "x*", Returns::kString, "", JsonObject},
    {"JSON_ARRAY", "x*", Returns::kString, "", JsonArray},
    {"JSON_STRING", "x", Returns::kString, "", JsonString},
});

}  // namespace

std::span<const Function> JsonFunctions() {
  return kJson;
}

}  // namespace floe::sql::bind
