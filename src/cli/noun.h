// SPDX-License-Identifier: Apache-2.0
// What the "noun verb" commands share: options, a call to the node, and the answer as a table, as lines, or as JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"

namespace floe::cli {

CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& help);
/// With --data, --connect and --json.
CLI::App* AddVerb(CLI::App& noun, Context& context, const std::string& name, const std::string& help);

/// GET `path`, print the array `member` as a table of `keys`.
Status ListAndPrint(const Context& context, const std::string& path, const std::string& member,
                    const std::vector<std::string>& keys);
/// GET `path`, print the object: plain members as lines, arrays of objects as tables.
Status ShowAndPrint(const Context& context, const std::string& path);
/// Any call; prints `message`, or the answer with --json.
Status CallAndPrint(const Context& context, const server::ApiRequest& request, const std::string& message,
                    bool create = false);

void Finish(Context& context, const Status& status);
void Finish(Context& context, const Result<int>& code);

}  // namespace floe::cli
