// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/hints.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "connect/api/option_match.h"
#include "sql/bind/functions_internal.h"

namespace floe::sql::planner {
namespace {

constexpr std::array<std::string_view, 7> kQueryHints = {"BROADCAST", "LOOKUP",       "MULTI_JOIN",   "NEST_LOOP",
                                                         "STATE_TTL", "SHUFFLE_HASH", "SHUFFLE_MERGE"};

bool Is(const dialect::Hint& hint, std::string_view name) {
  return std::ranges::equal(hint.name.text, name,
                            [](unsigned char a, unsigned char b) { return std::toupper(a) == b; });
}

}  // namespace

Status ForgetUnchecked(const connect::ConnectorRegistry& connectors, const std::vector<const dialect::Option*>& given,
                       connect::TableDefinition& table) {
  FLOE_TRY(connect::Connector * connector, connectors.Find(table.connector));
  const connect::ConnectorDescriptor& descriptor = connector->descriptor();
  std::erase_if(table.options, [&](const auto& stored) {
    return !descriptor.uses_formats && connect::MatchOption(descriptor.options, stored.first, nullptr) == nullptr &&
           std::ranges::find(given, stored.first, &dialect::Option::key) == given.end();
  });
  return {};
}

Status ApplyHints(const std::vector<dialect::Hint>& hints, const PlannerOptions& options,
                  connect::TableDefinition& table) {
  Written written;
  for (const dialect::Hint& hint : hints) {
    if (!Is(hint, "OPTIONS")) {
      return bind::FailAt(hint.name.span.position,
                          fmt::format("there is no table hint {}; behind a table's name stands OPTIONS('key' = "
                                      "'value'), and hints on joins behind SELECT",
                                      hint.name.text));
    }
    if (!hint.arguments.empty()) return bind::FailAt(hint.span.position, "write OPTIONS('key' = 'value', ...)");
    for (const dialect::Option& option : hint.options) {
      if (option.key == "connector")
        return bind::FailAt(option.key_span.position, "OPTIONS cannot change the 'connector' of a table");
      if (written.options.empty()) written.name = option.key_span.position;
      written.options.push_back(&option);
    }
  }
  if (written.options.empty()) return {};
  for (const dialect::Option* option : written.options) table.options[option->key] = option->value;
  connect::TableDefinition checked = table;
  FLOE_TRY_VOID(ForgetUnchecked(*options.connectors, written.options, checked));
  FLOE_TRY(connect::Connector * connector, options.connectors->Find(table.connector));
  Status status = connect::CheckOptions(connector->descriptor(), checked, options.format_options);
  if (status) return {};
  TextPosition position = written.PlaceOf(status.error());
  return Fail(std::move(status).error().WithPosition(position));
}

Status CheckQueryHints(const std::vector<dialect::Hint>& hints) {
  for (const dialect::Hint& hint : hints) {
    if (std::ranges::any_of(kQueryHints, [&](std::string_view name) { return Is(hint, name); })) continue;
    TextPosition position = hint.name.span.position;
    if (Is(hint, "OPTIONS"))
      return bind::FailAt(position,
                          "OPTIONS stands behind the table it is for: FROM t /*+ OPTIONS('key' = 'value') */");
    return bind::FailAt(position, fmt::format("there is no hint {}; known behind SELECT: {}", hint.name.text,
                                              fmt::join(kQueryHints, ", ")));
  }
  return {};
}

}  // namespace floe::sql::planner
