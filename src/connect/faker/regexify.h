// SPDX-License-Identifier: Apache-2.0
// Texts that match a simple regular expression.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "connect/datagen/paced_source.h"

namespace floe::connect::faker {

/// Groups, alternatives, classes ([a-z0-9_]), \d \w \s, '.', and the quantifiers {n}, {n,m}, ?, *, + (the last two up
/// to 8 times).
class Regexify {
 public:
  /// kInvalidInput with the position of what is not understood.
  static Result<Regexify> Make(std::string_view pattern);
  /// Cut off after 131072 steps.
  void Append(RowRandom& random, std::string& out) const;

 private:
  struct Node {
    enum class Kind { kText, kClass, kSequence, kChoice, kRepeat } kind = Kind::kText;
    std::string text;  ///< kText: itself; kClass: the characters
    std::vector<Node> parts;
    unsigned min = 1;
    unsigned max = 1;
  };
  friend class RegexParser;
  static void AppendNode(const Node& node, RowRandom& random, std::size_t& budget, std::string& out);
  std::shared_ptr<const Node> root_;
};

}  // namespace floe::connect::faker
