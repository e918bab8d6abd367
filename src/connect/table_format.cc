// SPDX-License-Identifier: Apache-2.0
#include "connect/table_format.h"

#include <algorithm>

#include <fmt/format.h>

namespace floe::connect {
namespace {

std::string Get(const Options& options, const std::string& key, const std::string& fallback = {}) {
  auto it = options.find(key);
  return it == options.end() ? fallback : it->second;
}

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    std::size_t end = std::min(text.find(';', at), text.size());
    std::string part = text.substr(at, end - at);
    while (part.starts_with(' ')) part.erase(0, 1);
    while (part.ends_with(' ')) part.pop_back();
    if (!part.empty()) parts.push_back(std::move(part));
    at = end + 1;
  }
  return parts;
}

/// Options of `format` from "json.x" (when the side is named by 'format' or the value) and "value.json.x", the latter
/// winning.
formats::FormatOptions OptionsOf(const Options& options, const std::string& side, const std::string& format,
                                 bool plain) {
  formats::FormatOptions out;
  for (const auto& [key, value] : options) {
    if (plain && key.starts_with(format + ".")) out.try_emplace(key, value);
  }
  for (const auto& [key, value] : options) {
    if (key.starts_with(side + "." + format + ".")) out[key.substr(side.size() + 1)] = value;
  }
  return out;
}

void AddColumn(SideLayout& side, const TableDefinition& table, int column, const std::string& name) {
  side.columns.push_back(column);
  data::Field field = table.physical.fields[static_cast<std::size_t>(column)];
  field.name = name;
  side.schema.fields.push_back(std::move(field));
}

Result<std::vector<std::string>> KeyColumns(const TableDefinition& table, bool upsert) {
  if (!upsert) return SplitList(Get(table.options, "key.fields"));
  if (table.primary_key.empty()) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("table {}: connector '{}' needs PRIMARY KEY (...) NOT ENFORCED",
                                                      table.FullName(), table.connector));
  }
  return table.primary_key;
}

Result<std::optional<SideLayout>> MakeKey(const TableDefinition& table, bool upsert) {
  const Options& options = table.options;
  FLOE_TRY(std::vector<std::string> names, KeyColumns(table, upsert));
  std::string format = Get(options, "key.format");
  if (format.empty() && names.empty()) return std::nullopt;
  if (format.empty() || names.empty()) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("table {}: 'key.format' and {} go together; set {} too",
                                                      table.FullName(), upsert ? "the primary key" : "'key.fields'",
                                                      format.empty() ? "'key.format'" : "'key.fields'"));
  }
  std::string prefix = Get(options, "key.fields-prefix");
  SideLayout key;
  key.format = format;
  key.options = OptionsOf(options, "key", format, false);
  for (const std::string& name : names) {
    int column = table.physical.Find(name);
    if (column < 0) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("table {}: key field '{}' is no physical column", table.FullName(), name));
    }
    if (!prefix.empty() && !name.starts_with(prefix)) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("table {}: key field '{}' does not start with 'key.fields-prefix' = '{}'",
                              table.FullName(), name, prefix));
    }
    AddColumn(key, table, column, name.substr(prefix.size()));
  }
  return key;
}

}  // namespace

Result<MessageLayout> MakeMessageLayout(const TableDefinition& table, bool upsert) {
  const Options& options = table.options;
  MessageLayout layout;
  FLOE_TRY(layout.key, MakeKey(table, upsert));
  layout.value.format = Get(options, "value.format", Get(options, "format"));
  if (layout.value.format.empty()) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("table {}: set 'format' (or 'value.format'), for example to 'json'", table.FullName()));
  }
  if (options.contains("format") && options.contains("value.format")) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("table {}: 'format' and 'value.format' mean the same; set one", table.FullName()));
  }
  layout.value.options = OptionsOf(options, "value", layout.value.format, true);
  std::string include = Get(options, "value.fields-include", "ALL");
  bool except_key = include == "EXCEPT_KEY";
  if (!Get(options, "key.fields-prefix").empty() && !except_key) {
    return Fail(
        ErrorKind::kInvalidInput,
        fmt::format("table {}: 'key.fields-prefix' needs 'value.fields-include' = 'EXCEPT_KEY'", table.FullName()));
  }
  for (int i = 0; i < static_cast<int>(table.physical.size()); ++i) {
    bool in_key = layout.key && std::ranges::find(layout.key->columns, i) != layout.key->columns.end();
    if (except_key && in_key) continue;
    AddColumn(layout.value, table, i, table.physical.fields[static_cast<std::size_t>(i)].name);
  }
  return layout;
}

std::vector<OptionSpec> KeyAndValueOptions() {
  return {
      {.key = "key.fields", .help = "columns of the message key, separated by ';'"},
      {.key = "key.fields-prefix", .help = "prefix of key columns that the key format does not see"},
      {.key = "value.fields-include",
       .type = OptionType::kEnum,
       .default_value = "ALL",
       .choices = {"ALL", "EXCEPT_KEY"},
       .help = "whether key columns are in the value too"},
  };
}

std::vector<OptionSpec> FormatOptionSpecs() {
  std::vector<OptionSpec> specs;
  for (const formats::FormatOption& option : formats::AllFormatOptions()) {
    OptionSpec spec;
    spec.key = option.key;
    spec.type = option.kind == "boolean" ? OptionType::kBoolean
                : option.kind == "enum"  ? OptionType::kEnum
                                         : OptionType::kString;
    spec.default_value = option.default_value;
    spec.choices = option.choices;
    spec.help = option.help;
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace floe::connect
