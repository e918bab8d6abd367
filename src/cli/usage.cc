// SPDX-License-Identifier: Apache-2.0
#include "cli/usage.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"

namespace floe::cli {
namespace {

const auto kEverySubcommand = [](const CLI::App*) { return true; };

std::vector<std::string> CommandsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* one : app.get_subcommands(kEverySubcommand)) names.push_back(one->get_name());
  return names;
}

/// "--data", "-c".
std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string PathOf(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : PathOf(*app.get_parent()) + " " + app.get_name();
}

bool IsKnownFlag(const std::string& word, const std::vector<std::string>& known) {
  const std::string name = word.substr(0, word.find('='));
  // "-n5" is -n with its value.
  return std::ranges::any_of(known, [&](const std::string& flag) {
    return flag == name || (flag.size() == 2 && name.size() > 2 && name[1] != '-' && name.starts_with(flag));
  });
}

int Refuse(const CLI::App& at, const std::string& message) {
  fmt::print(stderr, "error: {}\n'{} --help' tells more.\n", message, PathOf(at));
  return kExitUsage;
}

}  // namespace

int ExplainUsage(const CLI::App& app, const std::vector<std::string>& words, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::vector<std::string> commands = CommandsOf(*at);
    if (word.starts_with("-") && word.size() > 1) {
      const std::vector<std::string> flags = FlagsOf(*at);
      if (IsKnownFlag(word, flags)) continue;
      // A number, or the value of the flag before it.
      if (commands.empty() && !word.starts_with("--")) continue;
      const std::string name = word.substr(0, word.find('='));
      const std::string place = commands.empty() ? "" : " before a command";
      return Refuse(*at, fmt::format("'{}' has no flag '{}'{}.{}", PathOf(*at), name, place, DidYouMean(name, flags)));
    }
    if (commands.empty()) continue;
    if (std::ranges::find(commands, word) == commands.end()) {
      return Refuse(*at, fmt::format("'{}' has no command '{}'.{} There are {}.", PathOf(*at), word,
                                     DidYouMean(word, commands), fmt::join(commands, ", ")));
    }
    at = at->get_subcommand(word);
  }
  if (!CommandsOf(*at).empty()) {
    fmt::print("{}", at->help());
    return at == &app ? kExitOk : kExitUsage;
  }
  return Refuse(*at, error.what());
}

}  // namespace floe::cli
