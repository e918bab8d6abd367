// SPDX-License-Identifier: Apache-2.0
#include "connect/faker/regexify.h"

#include <charconv>

#include <fmt/format.h>

namespace floe::connect::faker {
namespace {

constexpr unsigned kMostRepeats = 1000;
constexpr unsigned kOpenEnded = 8;
constexpr int kMaxDepth = 50;
/// Of one text: nested repeats of nothing would go on for ever, those of something would fill the memory.
constexpr std::size_t kMostSteps = 1 << 17;

void AddRange(std::string& out, char from, char to) {
  for (int c = from; c <= to; ++c) out += static_cast<char>(c);
}

/// The characters of \d, \w, \s; an escaped character otherwise.
std::string EscapeClass(char c) {
  std::string out;
  if (c == 'd' || c == 'w') AddRange(out, '0', '9');
  if (c == 'w') {
    AddRange(out, 'a', 'z');
    AddRange(out, 'A', 'Z');
    out += '_';
  }
  if (c == 's') out += ' ';
  if (c == 'n') out += '\n';
  if (c == 't') out += '\t';
  if (out.empty()) out += c;
  return out;
}

}  // namespace

class RegexParser {
 public:
  using Node = Regexify::Node;
  explicit RegexParser(std::string_view text) : text_(text) {}

  Result<Node> Parse() {
    FLOE_TRY(Node node, Choice(0));
    if (at_ < text_.size()) return Fail(Problem("no unmatched ')'"));
    return node;
  }

 private:
  Error Problem(std::string_view expected) const {
    return Error(ErrorKind::kInvalidInput,
                 fmt::format("regexify '{}': expected {} at position {}", text_, expected, at_ + 1));
  }
  bool At(char c) const { return at_ < text_.size() && text_[at_] == c; }

  Result<Node> Choice(int depth) {
    if (depth > kMaxDepth) return Fail(Problem("fewer nested groups"));
    Node choice;
    choice.kind = Node::Kind::kChoice;
    do {
      if (At('|')) ++at_;
      FLOE_TRY(Node sequence, Sequence(depth));
      choice.parts.push_back(std::move(sequence));
    } while (At('|'));
    return choice.parts.size() == 1 ? std::move(choice.parts[0]) : choice;
  }

  Result<Node> Sequence(int depth) {
    Node sequence;
    sequence.kind = Node::Kind::kSequence;
    while (at_ < text_.size() && !At('|') && !At(')')) {
      FLOE_TRY(Node atom, Atom(depth));
      FLOE_TRY(Node repeated, Quantified(std::move(atom)));
      sequence.parts.push_back(std::move(repeated));
    }
    return sequence;
  }

  Result<Node> Atom(int depth) {
    char c = text_[at_++];
    Node node;
    if (c == '(') {
      if (text_.substr(at_).starts_with("?:")) at_ += 2;
      FLOE_TRY(node, Choice(depth + 1));
      if (!At(')')) return Fail(Problem("')'"));
      ++at_;
      return node;
    }
    if (c == '[') return Class();
    if (c == '\\' && at_ >= text_.size()) return Fail(Problem("a character after the backslash"));
    if (c == '*' || c == '+' || c == '?' || c == '{') return Fail(Problem("something to repeat"));
    node.kind = Node::Kind::kClass;
    if (c == '\\') {
      node.text = EscapeClass(text_[at_++]);
    } else if (c == '.') {
      AddRange(node.text, '!', '~');
    } else {
      node.kind = Node::Kind::kText;
      node.text = c;
      // Bytes of one UTF-8 character stay together.
      while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80) node.text += text_[at_++];
    }
    return node;
  }

  Result<Node> Class() {
    Node node;
    node.kind = Node::Kind::kClass;
    bool negated = At('^');
    if (negated) ++at_;
    std::string set;
    while (at_ < text_.size() && !At(']')) {
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        set += EscapeClass(text_[at_++]);
      } else if (At('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        char to = text_[at_ + 1];
        at_ += 2;
        if (c < 0 || to < c) return Fail(Problem("a range from low to high"));
        AddRange(set, c, to);
      } else {
        set += c;
      }
    }
    if (!At(']') || set.empty()) return Fail(Problem("a class such as [a-z]"));
    ++at_;
    if (!negated) {
      node.text = std::move(set);
      return node;
    }
    for (char c = ' '; c <= '~'; ++c) {
      if (set.find(c) == std::string::npos) node.text += c;
    }
    if (node.text.empty()) return Fail(Problem("a class that leaves some character"));
    return node;
  }

  Result<Node> Quantified(Node atom) {
    unsigned min = 1, max = 1;
    if (At('?')) {
      min = 0;
    } else if (At('*')) {
      min = 0;
      max = kOpenEnded;
    } else if (At('+')) {
      max = kOpenEnded;
    } else if (At('{')) {
      const char* p = text_.data() + at_ + 1;
      const char* end = text_.data() + text_.size();
      auto first = std::from_chars(p, end, min);
      if (first.ec != std::errc()) return Fail(Problem("{n} or {n,m}"));
      max = min;
      p = first.ptr;
      if (p < end && *p == ',') {
        auto second = std::from_chars(p + 1, end, max);
        if (second.ec != std::errc()) {
          max = min + kOpenEnded;
          p = p + 1;
        } else {
          p = second.ptr;
        }
      }
      if (p >= end || *p != '}' || max < min || max > kMostRepeats) return Fail(Problem("{n} or {n,m}, at most 1000"));
      at_ = static_cast<std::size_t>(p - text_.data());
    } else {
      return atom;
    }
    ++at_;
    Node repeat;
    repeat.kind = Node::Kind::kRepeat;
    repeat.min = min;
    repeat.max = max;
    repeat.parts.push_back(std::move(atom));
    return repeat;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Regexify> Regexify::Make(std::string_view pattern) {
  FLOE_TRY(Node root, RegexParser(pattern).Parse());
  Regexify regexify;
  regexify.root_ = std::make_shared<const Node>(std::move(root));
  return regexify;
}

void Regexify::Append(RowRandom& random, std::string& out) const {
  std::size_t budget = kMostSteps;
  AppendNode(*root_, random, budget, out);
}

void Regexify::AppendNode(const Node& node, RowRandom& random, std::size_t& budget, std::string& out) {
  if (budget == 0) return;
  --budget;
  switch (node.kind) {
    case Node::Kind::kText: out += node.text; return;
    case Node::Kind::kClass: out += node.text[random.Below(node.text.size())]; return;
    case Node::Kind::kSequence:
      for (const Node& part : node.parts) AppendNode(part, random, budget, out);
      return;
    case Node::Kind::kChoice: AppendNode(node.parts[random.Below(node.parts.size())], random, budget, out); return;
    case Node::Kind::kRepeat: {
      std::uint64_t times = node.min + random.Below(node.max - node.min + 1);
      for (std::uint64_t i = 0; i < times && budget > 0; ++i) AppendNode(node.parts[0], random, budget, out);
      return;
    }
  }
}

}  // namespace floe::connect::faker
