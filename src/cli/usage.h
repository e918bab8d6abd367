// SPDX-License-Identifier: Apache-2.0
// What a wrong command line is answered.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace floe::cli {

/// Prints help for a command without its verb, else one line that names the wrong word and the nearest right one.
/// Returns the exit code. `words` are the arguments after the program's name.
int ExplainUsage(const CLI::App& app, const std::vector<std::string>& words, const CLI::ParseError& error);

}  // namespace floe::cli
