// SPDX-License-Identifier: Apache-2.0
// String functions.
#include <array>

#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"

namespace floe::sql::bind {
namespace {

using plan::ExpressionPtr;
using Built = Result<ExpressionPtr>;

/// NULL as soon as one is: DuckDB's concat would skip it.
Built Concat(const CallSite& site) {
  ExpressionPtr all = site.args[0];
  for (std::size_t i = 1; i < site.args.size(); ++i)
    all = Strict("||", {all, site.args[i]}, Type::String(), site.position);
  return all;
}

/// NULLs are skipped, but a NULL separator gives NULL.
Built ConcatWs(const CallSite& site) {
  return plan::Call("concat_ws", site.args, Type::String().WithNullable(site.args[0]->type.nullable()), site.position);
}

/// Flink counts position 0 as 1.
Built Substring(const CallSite& site) {
  std::vector<ExpressionPtr> args = site.args;
  std::optional<std::int64_t> start = IntegerOf(args[1]);
  if (start == 0) args[1] = BigIntLiteral(1);
  if (!start) args[1] = If(plan::Compare("=", args[1], BigIntLiteral(0)), BigIntLiteral(1), args[1]);
  return Strict("substring", std::move(args), Type::String(), site.position);
}

/// TRIM(BOTH c FROM s) arrives as (keyword, c, s).
Built TrimSides(const CallSite& site) {
  std::string kernel = "trim";
  if (site.symbols[0] == "LEADING") kernel = "ltrim";
  if (site.symbols[0] == "TRAILING") kernel = "rtrim";
  ExpressionPtr what = site.args.size() == 3 ? site.args[1] : TextLiteral(" ");
  return Strict(kernel, {site.args.back(), what}, Type::String(), site.position);
}

template <const char* const& kernel>
Built Trim(const CallSite& site) {
  ExpressionPtr what = site.args.size() == 2 ? site.args[1] : TextLiteral(" ");
  return Strict(kernel, {site.args[0], what}, Type::String(), site.position);
}
constexpr const char* kTrim = "trim";
constexpr const char* kLtrim = "ltrim";
constexpr const char* kRtrim = "rtrim";

/// No match is NULL in Flink and '' in DuckDB.
Built RegexpExtract(const CallSite& site) {
  ExpressionPtr group = site.args.size() == 3 ? site.args[2] : IntLiteral(0);
  ExpressionPtr found = Strict("regexp_matches", {site.args[0], site.args[1]}, Type::Boolean(), site.position);
  ExpressionPtr part = Strict("regexp_extract", {site.args[0], site.args[1], group}, Type::String(), site.position);
  return If(found, part, NullLiteral(Type::String()));
}

/// Java's $1 is RE2's \1, and a backslash stands for itself doubled.
std::string Replacement(std::string_view java) {
  std::string text;
  for (std::size_t i = 0; i < java.size(); ++i) {
    bool group = java[i] == '$' && i + 1 < java.size() && java[i + 1] >= '0' && java[i + 1] <= '9';
    if (java[i] == '\\' && i + 1 < java.size()) {
      ++i;
      if (java[i] == '\\') text += '\\';
      text += java[i];
    } else {
      text += group ? '\\' : java[i];
    }
  }
  return text;
}

Built RegexpReplace(const CallSite& site) {
  ExpressionPtr replacement = site.args[2];
  if (std::optional<std::string> text = TextOf(replacement)) replacement = TextLiteral(Replacement(*text));
  return Strict("regexp_replace", {site.args[0], site.args[1], replacement, TextLiteral("g")}, Type::String(),
                site.position);
}

/// Counts from 0; a negative index is NULL.
Built SplitIndex(const CallSite& site) {
  ExpressionPtr list = Strict("string_split", {site.args[0], site.args[1]}, Type::Array(Type::String()), site.position);
  ExpressionPtr index =
      Strict("+", {plan::CastTo(site.args[2], Type::BigInt()), BigIntLiteral(1)}, Type::BigInt(), site.position);
  Type result = Type::String();
  ExpressionPtr item = plan::Call("list_extract", {list, index}, result, site.position);
  std::optional<std::int64_t> literal = IntegerOf(site.args[2]);
  if (literal && *literal >= 0) return item;
  return If(plan::Compare(">=", site.args[2], IntLiteral(0)), item, NullLiteral(result));
}

Built Position(const CallSite& site) {
  return Strict("strpos", {site.args[1], site.args[0]}, Type::Int(), site.position);
}

Built FromBase64(const CallSite& site) {
  ExpressionPtr bytes = Strict("from_base64", {site.args[0]}, Type::Bytes(), site.position);
  return Strict("decode", {bytes}, Type::String(), site.position);
}

Built ToBase64(const CallSite& site) {
  ExpressionPtr bytes = site.args[0];
  if (bytes->type.IsCharacter()) bytes = Strict("encode", {bytes}, Type::Bytes(), site.position);
  return Strict("to_base64", {bytes}, Type::String(), site.position);
}

Built Chr(const CallSite& site) {
  ExpressionPtr code = Strict("floe_modulo", {site.args[0], BigIntLiteral(256)}, Type::BigInt(), site.position);
  return Strict("chr", {plan::CastTo(code, Type::Int())}, Type::String(), site.position);
}

Built Uuid(const CallSite& site) {
  return plan::Call("gen_random_uuid", {}, Type::Char(36).WithNullable(false), site.position);
}

/// OVERLAY(s PLACING r FROM start [FOR length]).
Built Overlay(const CallSite& site) {
  const ExpressionPtr& text = site.args[0];
  const ExpressionPtr& part = site.args[1];
  const ExpressionPtr& start = site.args[2];
  Type big = Type::BigInt();
  ExpressionPtr length = site.args.size() == 4 ? site.args[3] : Strict("length", {part}, big, site.position);
  ExpressionPtr head_length = Strict("-", {start, BigIntLiteral(1)}, big, site.position);
  ExpressionPtr head = Strict("left", {text, head_length}, Type::String(), site.position);
  ExpressionPtr behind = Strict("+", {start, length}, big, site.position);
  ExpressionPtr tail = Strict("substring", {text, behind}, Type::String(), site.position);
  ExpressionPtr front = Strict("||", {head, part}, Type::String(), site.position);
  return Strict("||", {front, tail}, Type::String(), site.position);
}

Built IsAlpha(const CallSite& site) {
  return Strict("regexp_full_match", {site.args[0], TextLiteral("[A-Za-z]+")}, Type::Boolean(), site.position);
}
Built IsDigit(const CallSite& site) {
  return Strict("regexp_full_match", {site.args[0], TextLiteral("[0-9]+")}, Type::Boolean(), site.position);
}
Built IsDecimal(const CallSite& site) {
  return Strict("regexp_full_match", {site.args[0], TextLiteral("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)")},
                Type::Boolean(), site.position);
}

/// The part of a URL by Java's names.
Built ParseUrl(const CallSite& site) {
  std::optional<std::string> part = TextOf(site.args[1]);
  if (!part) return NotSupportedAt(site.args[1]->position, "PARSE_URL: the part must be a constant such as 'HOST'");
  struct Part {
    std::string_view name;
    std::string_view regex;
  };
  static constexpr std::array<Part, 6> kParts{{{"PROTOCOL", "^([A-Za-z][A-Za-z0-9+.-]*):"},
                                               {"HOST", "^[^:/?#]+://(?:[^@/?#]*@)?([^:/?#]+)"},
                                               {"PATH", "^[^:/?#]+://[^/?#]*([^?#]*)"},
                                               {"QUERY", "\\?([^#]*)"},
                                               {"REF", "#(.*)$"},
                                               {"AUTHORITY", "^[^:/?#]+://([^/?#]+)"}}};
  std::string regex;
  for (const Part& known : kParts) {
    if (known.name == *part) regex = known.regex;
  }
  if (regex.empty()) {
    return FailAt(site,
                  "PARSE_URL: unknown part '" + *part + "'; it is one of PROTOCOL, HOST, PATH, QUERY, REF, AUTHORITY");
  }
  if (site.args.size() == 3) {
    std::optional<std::string> key = TextOf(site.args[2]);
    if (!key || *part != "QUERY")
      return NotSupportedAt(site.position, "PARSE_URL: a key must be a constant and goes with 'QUERY'");
    regex = "[?&]" + *key + "=([^&#]*)";
  }
  ExpressionPtr found = Strict("regexp_matches", {site.args[0], TextLiteral(regex)}, Type::Boolean(), site.position);
  ExpressionPtr value =
      Strict("regexp_extract", {site.args[0], TextLiteral(regex), IntLiteral(1)}, Type::String(), site.position);
  return If(found, value, NullLiteral(Type::String()));
}

constexpr std::array kText = std::to_array<Function>({
    {"UPPER", "s", Returns::kString, "upper"},
    {"UCASE", "s", Returns::kString, "upper"},
    {"LOWER", "s", Returns::kString, "lower"},
    {"LCASE", "s", Returns::kString, "lower"},
    {"CHAR_LENGTH", "s", Returns::kInt, "length"},
    {"CHARACTER_LENGTH", "s", Returns::kInt, "length"},
    {"LENGTH", "s", Returns::kInt, "length"},
    {"OCTET_LENGTH", "s", Returns::kInt, "strlen"},
    {"CONCAT", "SS*", Returns::kString, "", Concat},
    {"CONCAT_WS", "sS*", Returns::kString, "", ConcatWs},
    {"SUBSTRING", "sll?", Returns::kString, "", Substring},
    {"SUBSTR", "sll?", Returns::kString, "", Substring},
    {"TRIM", "ysx?", Returns::kString, "", TrimSides},
    {"TRIM", "ss?", Returns::kString, "", Trim<kTrim>},
    {"BTRIM", "ss?", Returns::kString, "", Trim<kTrim>},
    {"LTRIM", "ss?", Returns::kString, "", Trim<kLtrim>},
    {"RTRIM", "ss?", Returns::kString, "", Trim<kRtrim>},
    {"REPLACE", "sss", Returns::kString, "replace"},
    {"TRANSLATE", "sss", Returns::kString, "translate"},
    {"REGEXP", "ss", Returns::kBoolean, "regexp_matches"},
    {"REGEXP_LIKE", "ss", Returns::kBoolean, "regexp_matches"},
    {"REGEXP_EXTRACT", "ssi?", Returns::kString, "", RegexpExtract},
    {"REGEXP_REPLACE", "sss", Returns::kString, "", RegexpReplace},
    {"SPLIT_INDEX", "ssi", Returns::kString, "", SplitIndex},
    {"LPAD", "sis", Returns::kString, "lpad"},
    {"RPAD", "sis", Returns::kString, "rpad"},
    {"POSITION", "ss", Returns::kInt, "", Position},
    {"LOCATE", "ss", Returns::kInt, "", Position},
    {"INSTR", "ss", Returns::kInt, "strpos"},
    {"LEFT", "sl", Returns::kString, "left"},
    {"RIGHT", "sl", Returns::kString, "right"},
    {"REVERSE", "s", Returns::kString, "reverse"},
    {"REPEAT", "sl", Returns::kString, "repeat"},
    {"INITCAP", "s", Returns::kString, "floe_initcap"},
    {"STARTSWITH", "ss", Returns::kBoolean, "starts_with"},
    {"ENDSWITH", "ss", Returns::kBoolean, "suffix"},
    {"MD5", "s", Returns::kString, "md5"},
    {"SHA1", "s", Returns::kString, "sha1"},
    {"SHA256", "s", Returns::kString, "sha256"},
    {"TO_BASE64", "s", Returns::kString, "", ToBase64},
    {"TO_BASE64", "B", Returns::kString, "", ToBase64},
    {"FROM_BASE64", "s", Returns::kString, "", FromBase64},
    {"ASCII", "s", Returns::kInt, "ascii"},
    {"CHR", "l", Returns::kString, "", Chr},
    {"UUID", "", Returns::kString, "", Uuid},
    {"OVERLAY", "ssll?", Returns::kString, "", Overlay},
    {"PRINTF", "sx*", Returns::kString, "printf"},
    {"IS_ALPHA", "s", Returns::kBoolean, "", IsAlpha},
    {"IS_DIGIT", "s", Returns::kBoolean, "", IsDigit},
    {"IS_DECIMAL", "s", Returns::kBoolean, "", IsDecimal},
    {"PARSE_URL", "sss?", Returns::kString, "", ParseUrl},
    {"URL_ENCODE", "s", Returns::kString, "url_encode"},
    {"URL_DECODE", "s", Returns::kString, "url_decode"},
    {"HEX", "l", Returns::kString, "to_hex"},
    {"HEX", "s", Returns::kString, "to_hex"},
    {"BIN", "l", Returns::kString, "to_binary"},
    {"ENCODE", "sx", Returns::kString, "", [](const CallSite& site) -> Built {
       if (TextOf(site.args[1]) != "UTF-8") return NotSupportedAt(site.position, "ENCODE: only 'UTF-8' is supported");
       return Strict("encode", {site.args[0]}, Type::Bytes(), site.position);
     }},
    {"DECODE", "Bx", Returns::kString, "", [](const CallSite& site) -> Built {
       if (TextOf(site.args[1]) != "UTF-8") return NotSupportedAt(site.position, "DECODE: only 'UTF-8' is supported");
       return Strict("decode", {site.args[0]}, Type::String(), site.position);
     }},
});

}  // namespace

std::span<const Function> TextFunctions() {
  return kText;
}

}  // namespace floe::sql::bind
