// SPDX-License-Identifier: Apache-2.0
#include "cli/noun.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

bool IsTable(const ordered_json& value) {
  return value.is_array() && !value.empty() && value[0].is_object();
}

std::string Plain(const ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void PrintObject(const Context& context, const ordered_json& object) {
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, key.size());
  for (const auto& [key, value] : object.items()) {
    if (IsTable(value)) continue;
    if (value.is_object()) {
      fmt::print("{}:\n", key);
      for (const auto& [inner, text] : value.items()) fmt::print("  {} = {}\n", inner, Plain(text));
    } else {
      fmt::print("{:<{}}  {}\n", key, width, Plain(value));
    }
  }
  for (const auto& [key, value] : object.items()) {
    if (!IsTable(value)) continue;
    std::vector<std::string> keys;
    for (const auto& [column, cell] : value[0].items()) keys.push_back(column);
    fmt::print("{}:\n", key);
    PrintObjects(context, value.dump(), keys);
  }
}

/// A request that came from the command line as a whole: what the API finds wrong with it is a mistake in usage.
Result<std::string> Ask(const Context& context, NodeAccess& access, const server::ApiRequest& request) {
  auto answer = access.transport().Fetch(request);
  if (!answer && answer.error().kind() == ErrorKind::kInvalidInput) return Fail(context.Usage(answer.error()));
  return answer;
}

Result<ordered_json> Get(const Context& context, const std::string& path) {
  FLOE_TRY(auto access, NodeAccess::Open(context));
  FLOE_TRY(std::string text, Ask(context, *access, {.method = "GET", .path = path}));
  ordered_json parsed = ordered_json::parse(text, nullptr, false);
  if (parsed.is_discarded())
    return Fail(ErrorKind::kUnavailable, access->transport().Describe() + " does not speak Floe's API");
  return parsed;
}

}  // namespace

CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* noun = app.add_subcommand(name, help);
  noun->require_subcommand(1);
  return noun;
}

CLI::App* AddVerb(CLI::App& noun, Context& context, const std::string& name, const std::string& help) {
  CLI::App* verb = noun.add_subcommand(name, help);
  AddNodeOptions(*verb, context);
  verb->add_option("--connect", context.connect, "address of a node's console, http://HOST:PORT");
  verb->add_flag("--json", context.json, "as JSON");
  return verb;
}

Status ListAndPrint(const Context& context, const std::string& path, const std::string& member,
                    const std::vector<std::string>& keys) {
  FLOE_TRY(ordered_json answer, Get(context, path));
  PrintObjects(context, answer[member].dump(), keys);
  return {};
}

Status ShowAndPrint(const Context& context, const std::string& path) {
  FLOE_TRY(ordered_json answer, Get(context, path));
  if (context.json) {
    fmt::print("{}\n", answer.dump(2));
  } else {
    PrintObject(context, answer);
  }
  return {};
}

Status CallAndPrint(const Context& context, const server::ApiRequest& request, const std::string& message,
                    bool create) {
  FLOE_TRY(auto access, NodeAccess::Open(context, {.create = create}));
  FLOE_TRY(std::string answer, Ask(context, *access, request));
  fmt::print("{}\n", context.json ? ordered_json::parse(answer, nullptr, false).dump(2) : message);
  return {};
}

void Finish(Context& context, const Status& status) {
  if (!status) context.exit_code = Report(context, status.error());
}

void Finish(Context& context, const Result<int>& code) {
  context.exit_code = code ? *code : Report(context, code.error());
}

}  // namespace floe::cli
