// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/functions.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"

namespace floe::sql::bind {
namespace {

using data::TypeKind;
using plan::ExpressionPtr;

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return upper;
}

using Table = std::map<std::string, std::vector<const Function*>, std::less<>>;

const Table& AllFunctions() {
  static const Table& table = *new Table([] {
    Table all;
    for (auto part : {TextFunctions(), MathFunctions(), TimeFunctions(), JsonFunctions(), CollectionFunctions(),
                      ConditionalFunctions()}) {
      for (const Function& function : part) all[std::string(function.name)].push_back(&function);
    }
    return all;
  }());
  return table;
}

struct Parameter {
  char kind;
  bool optional;
  bool repeated;
};

std::vector<Parameter> ParametersOf(std::string_view params) {
  std::vector<Parameter> parameters;
  for (char c : params) {
    if (c == '?') {
      parameters.back().optional = true;
    } else if (c == '*') {
      parameters.back().repeated = true;
    } else {
      parameters.push_back({c, false, false});
    }
  }
  return parameters;
}

std::string_view NameOf(char kind) {
  switch (kind) {
    case 's': return "STRING";
    case 'i': return "INT";
    case 'l': return "BIGINT";
    case 'd': return "DOUBLE";
    case 'n': return "number";
    case 'b': return "BOOLEAN";
    case 'B': return "BYTES";
    case 't':
    case 'T': return "TIMESTAMP";
    case 'D': return "DATE";
    case 'a': return "ARRAY";
    case 'm': return "MAP";
    case 'y': return "unit";
    default: return "any";
  }
}

bool Fits(char kind, const Type& type) {
  if (type.kind() == TypeKind::kNull) return kind != 'y';
  switch (kind) {
    case 's': return type.IsCharacter();
    case 'S': return CanCastExplicitly(type, Type::String());
    case 'i':
    case 'l': return type.IsInteger();
    case 'd':
    case 'n': return type.IsNumeric();
    case 'b': return type.kind() == TypeKind::kBoolean;
    case 'B': return type.IsBinary();
    case 't': return type.IsTimestamp() || type.kind() == TypeKind::kDate || type.IsCharacter();
    case 'T': return type.IsTimestamp();
    case 'D': return type.kind() == TypeKind::kDate;
    case 'a': return type.kind() == TypeKind::kArray;
    case 'm': return type.kind() == TypeKind::kMap;
    case 'x': return true;
    default: return false;
  }
}

/// The type an argument is cast to; nullopt leaves it.
std::optional<Type> TargetOf(char kind, const Type& type) {
  switch (kind) {
    case 's':
    case 'S': return type.IsCharacter() ? std::nullopt : std::optional(Type::String());
    case 'i': return Type::Int();
    case 'l': return Type::BigInt();
    case 'd': return Type::Double();
    case 'b': return Type::Boolean();
    case 'B': return type.IsBinary() ? std::nullopt : std::optional(Type::Bytes());
    case 't':
      return type.kind() == TypeKind::kTimestamp
                 ? std::nullopt
                 : std::optional(Type::Timestamp(std::max(3, type.IsTimestamp() ? type.precision() : 3)));
    case 'T': return type.kind() == TypeKind::kNull ? std::optional(Type::Timestamp(3)) : std::nullopt;
    case 'D': return Type(TypeKind::kDate);
    case 'n': return type.kind() == TypeKind::kNull ? std::optional(Type::Int()) : std::nullopt;
    default: return std::nullopt;
  }
}

/// The parameter letters of the arguments, or nothing when the overload does not fit.
std::optional<std::string> Match(const Function& function, const CallSite& site) {
  std::vector<Parameter> parameters = ParametersOf(function.params);
  std::string letters;
  std::size_t p = 0;
  for (std::size_t i = 0; i < site.args.size(); ++i) {
    if (p == parameters.size()) return std::nullopt;
    bool symbol = site.args[i] == nullptr;
    if (symbol != (parameters[p].kind == 'y')) return std::nullopt;
    if (!symbol && !Fits(parameters[p].kind, site.args[i]->type)) return std::nullopt;
    letters += parameters[p].kind;
    if (!parameters[p].repeated) ++p;
  }
  for (; p < parameters.size(); ++p) {
    if (!parameters[p].optional && !parameters[p].repeated) return std::nullopt;
  }
  return letters;
}

Type ResultType(Returns returns, const CallSite& site) {
  switch (returns) {
    case Returns::kString: return Type::String();
    case Returns::kBoolean: return Type::Boolean();
    case Returns::kInt: return Type::Int();
    case Returns::kBigInt: return Type::BigInt();
    case Returns::kDouble: return Type::Double();
    case Returns::kDate: return Type(TypeKind::kDate);
    case Returns::kFirst: return site.args[0]->type;
    case Returns::kElement:
      return site.args[0]->type.kind() == TypeKind::kArray ? site.args[0]->type.child(0) : Type::String();
  }
  return Type::String();
}

std::string ArgumentsText(const CallSite& site) {
  std::string text;
  for (std::size_t i = 0; i < site.args.size(); ++i) {
    if (i > 0) text += ", ";
    text += site.args[i] == nullptr ? site.symbols[i] : site.args[i]->type.WithNullable(true).ToString();
  }
  return text;
}

Error UnknownFunction(const CallSite& site) {
  std::string near = Nearest(site.name, FunctionNames());
  std::string hint = near.empty() ? "SHOW FUNCTIONS lists what there is" : "did you mean " + near + "?";
  return Error(ErrorKind::kInvalidInput, fmt::format("there is no function {}; {}", site.name, hint))
      .WithPosition(site.position);
}

}  // namespace

std::span<const Function* const> FindFunctions(std::string_view name) {
  auto found = AllFunctions().find(Upper(name));
  if (found == AllFunctions().end()) return {};
  return found->second;
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const auto& [name, overloads] : AllFunctions()) names.push_back(name);
  return names;
}

std::string SignatureOf(const Function& function) {
  std::string text(function.name);
  text += '(';
  std::string closing;
  bool first = true;
  for (const Parameter& parameter : ParametersOf(function.params)) {
    if (parameter.optional) {
      text += first ? "[" : "[, ";
      closing += ']';
    } else if (!first) {
      text += ", ";
    }
    text += NameOf(parameter.kind);
    if (parameter.repeated) text += ", ...";
    first = false;
  }
  return text + closing + ")";
}

Result<ExpressionPtr> BindFunction(CallSite site) {
  site.name = Upper(site.name);
  std::span<const Function* const> overloads = FindFunctions(site.name);
  if (overloads.empty()) return Fail(UnknownFunction(site));
  for (const Function* function : overloads) {
    std::optional<std::string> letters = Match(*function, site);
    if (!letters) continue;
    for (std::size_t i = 0; i < site.args.size(); ++i) {
      if (site.args[i] == nullptr) continue;
      if (auto target = TargetOf((*letters)[i], site.args[i]->type)) {
        site.args[i] = MakeCast(site.args[i], *target, CastMode::kExplicit, site.session.zone);
      }
    }
    if (function->build != nullptr) return function->build(site);
    return Strict(std::string(function->kernel), site.args, ResultType(function->returns, site), site.position);
  }
  std::string accepted;
  for (const Function* function : overloads) accepted += (accepted.empty() ? "" : " or ") + SignatureOf(*function);
  return FailAt(site, fmt::format("{}({}) does not exist; accepted: {}", site.name, ArgumentsText(site), accepted));
}

std::unexpected<Error> FailAt(TextPosition position, std::string message) {
  return Fail(Error(ErrorKind::kInvalidInput, std::move(message)).WithPosition(position));
}

std::unexpected<Error> FailAt(const CallSite& site, std::string message) {
  return FailAt(site.position, std::move(message));
}

std::unexpected<Error> NotSupportedAt(TextPosition position, std::string message) {
  return Fail(Error(ErrorKind::kNotSupported, std::move(message)).WithPosition(position));
}

std::optional<std::string> TextOf(const ExpressionPtr& expression) {
  if (expression == nullptr || expression->kind != plan::ExpressionKind::kLiteral) return std::nullopt;
  const auto* text = std::get_if<std::string>(&expression->value);
  if (text == nullptr) return std::nullopt;
  return *text;
}

std::optional<std::int64_t> IntegerOf(const ExpressionPtr& expression) {
  if (expression == nullptr) return std::nullopt;
  if (expression->kind == plan::ExpressionKind::kCast && expression->type.IsInteger())
    return IntegerOf(expression->args[0]);
  if (expression->kind != plan::ExpressionKind::kLiteral) return std::nullopt;
  const auto* value = std::get_if<std::int64_t>(&expression->value);
  if (value == nullptr) return std::nullopt;
  return *value;
}

ExpressionPtr Strict(std::string kernel, std::vector<ExpressionPtr> args, Type type, TextPosition position) {
  bool nullable = std::ranges::any_of(args, [](const ExpressionPtr& arg) { return arg->type.nullable(); });
  return plan::Call(std::move(kernel), std::move(args), type.WithNullable(nullable), position);
}

ExpressionPtr If(ExpressionPtr condition, ExpressionPtr then, ExpressionPtr otherwise) {
  Type type = then->type.WithNullable(then->type.nullable() || otherwise->type.nullable());
  TextPosition position = then->position;
  return plan::Make(plan::ExpressionKind::kCase, {std::move(condition), std::move(then), std::move(otherwise)},
                    std::move(type), position);
}

ExpressionPtr IsNull(ExpressionPtr expression) {
  TextPosition position = expression->position;
  return plan::Make(plan::ExpressionKind::kIsNull, {std::move(expression)}, Type::Boolean().WithNullable(false),
                    position);
}

}  // namespace floe::sql::bind
