// SPDX-License-Identifier: Apache-2.0
#include "connect/faker/expression.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "connect/faker/regexify.h"
#include "connect/faker/words.h"
#include "formats/text.h"

namespace floe::connect::faker {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr int kMaxNesting = 5;

using Arguments = std::vector<std::string>;

std::string Normalize(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c != '_') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

void AppendHex(RowRandom& random, int digits, std::string& out) {
  for (int i = 0; i < digits; ++i) out += "0123456789abcdef"[random.Below(16)];
}

void AppendUuid(RowRandom& random, std::string& out) {
  std::string hex;
  AppendHex(random, 32, hex);
  hex[12] = '4';
  hex[16] = "89ab"[random.Below(4)];
  out += fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

/// The values that are computed, named in braces by the word lists.
bool AppendComputed(std::string_view name, RowRandom& random, std::string& out) {
  if (name == "uuid") {
    AppendUuid(random, out);
  } else if (name == "hex32") {
    AppendHex(random, 32, out);
  } else if (name == "ipv4.public") {
    out +=
        fmt::format("{}.{}.{}.{}", 11 + random.Below(116), random.Below(256), random.Below(256), 1 + random.Below(254));
  } else if (name == "ipv4.private") {
    out += fmt::format("10.{}.{}.{}", random.Below(256), random.Below(256), 1 + random.Below(254));
  } else if (name == "ipv6" || name == "mac") {
    int parts = name == "mac" ? 6 : 8;
    for (int i = 0; i < parts; ++i) {
      if (i > 0) out += ':';
      AppendHex(random, name == "mac" ? 2 : 4, out);
    }
  } else if (name == "latitude") {
    out += fmt::format("{:.6f}", random.Unit() * 180 - 90);
  } else if (name == "longitude") {
    out += fmt::format("{:.6f}", random.Unit() * 360 - 180);
  } else if (name == "price") {
    out += fmt::format("{:.2f}", random.Unit() * 100);
  } else {
    return false;
  }
  return true;
}

void AppendPattern(std::string_view pattern, RowRandom& random, std::string& out, bool digits, bool letters,
                   int depth) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '#' && digits) {
      out += static_cast<char>('0' + random.Below(10));
    } else if (c == '?' && letters) {
      out += static_cast<char>('a' + random.Below(26));
    } else if (c == '{' && depth < kMaxNesting) {
      std::size_t end = pattern.find('}', i);
      std::string_view name = pattern.substr(i + 1, end - i - 1);
      if (!AppendComputed(name, random, out)) {
        auto words = Words(name);
        if (!words.empty()) AppendPattern(words[random.Below(words.size())], random, out, true, false, depth + 1);
      }
      i = end;
    } else {
      out += c;
    }
  }
}

class CallParser {
 public:
  CallParser(std::string name, Arguments arguments, Clock& clock)
      : name_(std::move(name)), key_(Normalize(name_)), arguments_(std::move(arguments)), clock_(clock) {}

  Result<TextGenerator> Make() {
    if (key_.starts_with("number.") || key_.starts_with("random.")) return Number();
    if (key_.starts_with("date.") || key_.starts_with("time.")) return Date();
    if (key_.starts_with("options.option") || key_ == "options.nextelement") return Options();
    if (key_ == "regexify") return Regex();
    if (key_ == "bothify" || key_ == "numerify" || key_ == "letterify" || key_ == "templatify") return Pattern();
    if (key_.starts_with("lorem.") && !arguments_.empty()) return Lorem();
    auto words = Words(key_);
    if (words.empty()) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("unknown faker provider '{}'.{}", name_, DidYouMean(key_, ProviderNames())));
    }
    return [words](RowRandom& random, std::string& out) {
      AppendPattern(words[random.Below(words.size())], random, out, true, false, 0);
    };
  }

 private:
  std::unexpected<Error> Bad(std::string_view expected) const {
    return Fail(ErrorKind::kInvalidInput, fmt::format("faker '#{{{}}}': expected {}", name_, expected));
  }
  Result<std::int64_t> Integer(std::size_t i) const {
    auto value = i < arguments_.size() ? formats::ParseInteger(arguments_[i]) : std::nullopt;
    if (!value) return Bad(fmt::format("a whole number as argument {}", i + 1));
    return *value;
  }

  Result<TextGenerator> Number() {
    std::string method = key_.substr(key_.find('.') + 1);
    if (method == "numberbetween") {
      FLOE_TRY(std::int64_t from, Integer(0));
      FLOE_TRY(std::int64_t to, Integer(1));
      if (to < from) return Bad("a first number below the second");
      // The upper end is exclusive, as in Java's library; equal ends give that number.
      auto span = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
      return [from, span](RowRandom& random, std::string& out) {
        formats::AppendInteger(
            out, static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + (span == 0 ? 0 : random.Below(span))));
      };
    }
    if (method == "randomdouble") {
      FLOE_TRY(std::int64_t decimals, Integer(0));
      FLOE_TRY(std::int64_t from, Integer(1));
      FLOE_TRY(std::int64_t to, Integer(2));
      if (decimals < 0 || decimals > 15 || to < from) return Bad("decimals (0 to 15), minimum, maximum");
      const double span = static_cast<double>(to) - static_cast<double>(from);
      return [=](RowRandom& random, std::string& out) {
        out += fmt::format("{:.{}f}", static_cast<double>(from) + random.Unit() * span, decimals);
      };
    }
    if (method == "randomdigit") return Digits(1, 0);
    if (method == "randomdigitnotzero") return Digits(1, 1);
    if (method == "digits") {
      FLOE_TRY(std::int64_t count, Integer(0));
      if (count < 1 || count > 1000) return Bad("1 to 1000 digits");
      return Digits(count, 0);
    }
    if (method == "randomnumber") return Digits(9, 1);
    return Bad("numberBetween, randomDouble, randomDigit, randomDigitNotZero, digits or randomNumber");
  }

  static TextGenerator Digits(std::int64_t count, std::uint64_t smallest) {
    return [=](RowRandom& random, std::string& out) {
      for (std::int64_t i = 0; i < count; ++i) out += static_cast<char>('0' + smallest + random.Below(10 - smallest));
    };
  }

  Result<std::int64_t> UnitMicros(std::size_t i) const {
    static const std::map<std::string, std::int64_t> kUnits = {{"microseconds", 1},
                                                               {"milliseconds", 1000},
                                                               {"seconds", kMicrosPerSecond},
                                                               {"minutes", 60 * kMicrosPerSecond},
                                                               {"hours", 3600 * kMicrosPerSecond},
                                                               {"days", 86'400 * kMicrosPerSecond}};
    auto it = i < arguments_.size() ? kUnits.find(Normalize(arguments_[i])) : kUnits.end();
    if (it == kUnits.end()) return Bad("a unit such as 'SECONDS', 'MINUTES', 'HOURS' or 'DAYS'");
    return it->second;
  }

  Result<TextGenerator> Date() {
    std::string method = key_.substr(key_.find('.') + 1);
    std::int64_t now_from = 0, now_to = 0;
    if (method == "past" || method == "future") {
      // 'most','UNIT' or 'most','least','UNIT'
      bool three = arguments_.size() == 3;
      FLOE_TRY(std::int64_t unit, UnitMicros(three ? 2 : 1));
      FLOE_TRY(std::int64_t most, Integer(0));
      std::int64_t least = 0;
      if (three) {
        FLOE_TRY(least, Integer(1));
      }
      constexpr std::int64_t kMost = 2000LL * 365 * 86'400 * kMicrosPerSecond;  // years keep four digits
      if (most < least || least < 0 || most > kMost / unit)
        return Bad("a largest distance (up to 2000 years), a smallest one not above it, and a unit");
      now_from = method == "past" ? -most * unit : least * unit;
      now_to = method == "past" ? -least * unit : most * unit;
    } else if (method == "birthday") {
      constexpr std::int64_t kYear = 31'557'600LL * kMicrosPerSecond;
      now_from = -65 * kYear;
      now_to = -18 * kYear;
    } else if (method == "between" && arguments_.size() >= 2) {
      return DateBetween();
    } else {
      return Bad("date.past, date.future, date.between or date.birthday");
    }
    return [=, clock = &clock_](RowRandom& random, std::string& out) {
      std::int64_t offset =
          now_from + static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(now_to - now_from) + 1));
      formats::AppendTimestamp(out, clock->WallNow().value() + offset, formats::TimestampFormat::kSql, false, 6);
    };
  }

  Result<TextGenerator> DateBetween() {
    auto parse = [](const std::string& text) {
      auto value = formats::ParseTimestamp(text, formats::TimestampFormat::kSql, false, 6);
      if (!value) value = formats::ParseTimestamp(text + " 00:00:00", formats::TimestampFormat::kSql, false, 6);
      return value;
    };
    auto from = parse(arguments_[0]);
    auto to = parse(arguments_[1]);
    if (!from || !to || *to < *from) return Bad("two times such as '2024-01-01 00:00:00'");
    return [from = *from, to = *to](RowRandom& random, std::string& out) {
      std::int64_t at = from + static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(to - from) + 1));
      formats::AppendTimestamp(out, at, formats::TimestampFormat::kSql, false, 6);
    };
  }

  Result<TextGenerator> Options() {
    if (arguments_.empty()) return Bad("at least one option");
    return
        [options = arguments_](RowRandom& random, std::string& out) { out += options[random.Below(options.size())]; };
  }

  Result<TextGenerator> Regex() {
    if (arguments_.empty()) return Bad("a pattern");
    FLOE_TRY(Regexify regexify, Regexify::Make(arguments_[0]));
    return [regexify](RowRandom& random, std::string& out) { regexify.Append(random, out); };
  }

  Result<TextGenerator> Pattern() {
    if (arguments_.empty() || arguments_[0].find('{') != std::string::npos) return Bad("a pattern of '#' and '?'");
    bool digits = key_ != "letterify", letters = key_ != "numerify";
    return [pattern = arguments_[0], digits, letters](RowRandom& random, std::string& out) {
      AppendPattern(pattern, random, out, digits, letters, 0);
    };
  }

  Result<TextGenerator> Lorem() {
    FLOE_TRY(std::int64_t count, Integer(0));
    if (count < 0 || count > 10'000) return Bad("0 to 10000");
    if (key_ == "lorem.characters" || key_ == "lorem.fixedstring") {
      return [count](RowRandom& random, std::string& out) {
        for (std::int64_t i = 0; i < count; ++i) out += static_cast<char>('a' + random.Below(26));
      };
    }
    if (key_ != "lorem.words" && key_ != "lorem.sentence" && key_ != "lorem.sentences")
      return Bad("lorem.words, lorem.sentence or lorem.characters");
    auto words = Words("lorem.word");
    return [count, words](RowRandom& random, std::string& out) {
      for (std::int64_t i = 0; i < count; ++i) {
        if (i > 0) out += ' ';
        out += words[random.Below(words.size())];
      }
    };
  }

  std::string name_;
  std::string key_;
  Arguments arguments_;
  Clock& clock_;
};

/// The end of "#{...}" from just after the brace: braces inside quotes and regular expressions are balanced or quoted.
std::size_t CallEnd(std::string_view text, std::size_t at) {
  bool quoted = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '\'') quoted = !quoted;
    if (text[at] == '}' && !quoted) return at;
  }
  return std::string_view::npos;
}

Result<TextGenerator> ParseCall(std::string_view call, Clock& clock) {
  std::size_t space = std::min(call.find_first_of(" '"), call.size());
  std::string name(call.substr(0, space));
  Arguments arguments;
  std::string_view rest = call.substr(space);
  while (true) {
    std::size_t open = rest.find('\'');
    if (open == std::string_view::npos) break;
    std::string argument;
    std::size_t i = open + 1;
    // A doubled quote is one quote, for scripts that were written inside SQL text.
    for (; i < rest.size(); ++i) {
      if (rest[i] != '\'') {
        argument += rest[i];
      } else if (i + 1 < rest.size() && rest[i + 1] == '\'' && !argument.empty()) {
        argument += rest[++i];
      } else {
        break;
      }
    }
    if (i >= rest.size())
      return Fail(ErrorKind::kInvalidInput, fmt::format("faker '#{{{}}}': an argument has no closing quote", call));
    arguments.push_back(std::move(argument));
    rest = rest.substr(i + 1);
  }
  return CallParser(std::move(name), std::move(arguments), clock).Make();
}

}  // namespace

Result<TextGenerator> ParseExpression(std::string_view expression, Clock& clock) {
  std::vector<TextGenerator> parts;
  std::size_t at = 0;
  while (at < expression.size()) {
    std::size_t open = std::min(expression.find("#{", at), expression.size());
    if (open > at) {
      parts.emplace_back(
          [text = std::string(expression.substr(at, open - at))](RowRandom&, std::string& out) { out += text; });
    }
    if (open == expression.size()) break;
    std::size_t end = CallEnd(expression, open + 2);
    if (end == std::string_view::npos) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("faker expression '{}': '#{{' has no '}}'", expression));
    }
    FLOE_TRY(TextGenerator generator, ParseCall(expression.substr(open + 2, end - open - 2), clock));
    parts.push_back(std::move(generator));
    at = end + 1;
  }
  if (parts.size() == 1) return parts[0];
  return [parts](RowRandom& random, std::string& out) {
    for (const TextGenerator& part : parts) part(random, out);
  };
}

}  // namespace floe::connect::faker
