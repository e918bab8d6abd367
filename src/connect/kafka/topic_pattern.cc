// SPDX-License-Identifier: Apache-2.0
// The fence of std::regex, which throws on malformed patterns.
#include <regex>

#include <fmt/format.h>

#include "connect/kafka/start.h"

namespace floe::connect::kafka {

Result<std::vector<std::string>> MatchTopics(const std::string& pattern, const std::vector<std::string>& names) {
  try {
    std::regex regex(pattern, std::regex::ECMAScript | std::regex::optimize);
    std::vector<std::string> matches;
    for (const std::string& name : names) {
      if (std::regex_match(name, regex)) matches.push_back(name);
    }
    return matches;
  } catch (const std::regex_error& error) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("'topic-pattern' = '{}' is no regular expression: {}", pattern, error.what()));
  }
}

}  // namespace floe::connect::kafka
