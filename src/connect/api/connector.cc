// SPDX-License-Identifier: Apache-2.0
// The registry of connectors and the checks of WITH (...).
#include "connect/api/connector.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/secrets.h"
#include "base/text.h"
#include "connect/api/option_match.h"

namespace floe::connect {
namespace {

constexpr std::string_view kFormatKeys[] = {"format", "value.format", "key.format"};
constexpr std::string_view kFormatSides[] = {"value.", "key."};

/// "json" of "json.ignore-parse-errors".
std::string_view FormatOf(std::string_view option_key) {
  return option_key.substr(0, option_key.find('.'));
}

bool IsFormatKey(std::string_view key) {
  return std::ranges::find(kFormatKeys, key) != std::end(kFormatKeys);
}

bool UsesFormat(const TableDefinition& table, std::string_view format) {
  return std::ranges::any_of(kFormatKeys, [&](std::string_view key) {
    auto it = table.options.find(std::string(key));
    return it != table.options.end() && it->second == format;
  });
}

std::vector<std::string> KnownFormats(const std::vector<OptionSpec>& format_options) {
  std::vector<std::string> names;
  for (const OptionSpec& spec : format_options) {
    std::string name(FormatOf(spec.key));
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> KnownKeys(const ConnectorDescriptor& descriptor, const TableDefinition& table,
                                   const std::vector<OptionSpec>& format_options) {
  std::vector<std::string> keys;
  for (const OptionSpec& spec : descriptor.options) {
    if (std::size_t hash = spec.key.find('#'); hash != std::string::npos) {
      for (const data::Field& field : table.physical.fields) {
        keys.push_back(spec.key.substr(0, hash) + field.name + spec.key.substr(hash + 1));
      }
    } else {
      keys.push_back(spec.key);
    }
  }
  if (descriptor.uses_formats) {
    for (std::string_view key : kFormatKeys) keys.emplace_back(key);
    for (const OptionSpec& spec : format_options) {
      if (UsesFormat(table, FormatOf(spec.key))) keys.push_back(spec.key);
    }
  }
  return keys;
}

template <typename T>
Status Discard(Result<T> result) {
  if (!result) return Fail(std::move(result.error()));
  return {};
}

Status CheckValue(const OptionSpec& spec, const std::string& key, const std::string& value) {
  if (spec.accepted_and_ignored) return {};
  switch (spec.type) {
    case OptionType::kString: return {};
    case OptionType::kInteger: return Discard(ParseIntegerOption(key, value));
    case OptionType::kBoolean: return Discard(ParseBooleanOption(key, value));
    case OptionType::kDuration: return Discard(ParseDurationOption(key, value));
    case OptionType::kMemorySize: return Discard(ParseMemoryOption(key, value));
    case OptionType::kEnum: return Discard(ParseEnumOption(spec, key, value));
  }
  return {};
}

/// `path` is a column or a column followed by names inside it ("address.city").
Status CheckColumn(const TableDefinition& table, const std::string& key, std::string_view path) {
  std::vector<std::string> names;
  for (const data::Field& field : table.physical.fields) {
    if (path == field.name || (path.starts_with(field.name) && path[field.name.size()] == '.')) return {};
    names.push_back(field.name);
  }
  std::string nearest = Nearest(std::string(path), names);
  return Fail(ErrorKind::kInvalidInput,
              fmt::format("option '{}' names column '{}', which table {} does not have{}", key, path, table.FullName(),
                          nearest.empty() ? fmt::format("; its columns: {}", fmt::join(names, ", "))
                                          : fmt::format("; did you mean '{}'?", nearest)));
}

std::unexpected<Error> UnknownOption(const ConnectorDescriptor& descriptor, const TableDefinition& table,
                                     const std::vector<OptionSpec>& format_options, const std::string& key) {
  std::vector<std::string> known = KnownKeys(descriptor, table, format_options);
  std::ranges::sort(known);
  std::string nearest = Nearest(key, known);
  return Fail(ErrorKind::kInvalidInput,
              fmt::format("table {}: unknown option '{}' for connector '{}'{} Known options: {}", table.FullName(), key,
                          descriptor.name, nearest.empty() ? "." : fmt::format("; did you mean '{}'?", nearest),
                          fmt::join(known, ", ")));
}

/// ok(true): a format's option and fine; ok(false): not a format's option.
Result<bool> CheckFormatOption(const TableDefinition& table, const std::vector<OptionSpec>& format_options,
                               const std::string& key, const std::string& value) {
  if (IsFormatKey(key)) {
    std::vector<std::string> known = KnownFormats(format_options);
    if (known.empty() || std::ranges::find(known, value) != known.end()) return true;
    std::string nearest = Nearest(value, known);
    return Fail(
        ErrorKind::kInvalidInput,
        fmt::format("table {}: unknown format '{}' in option '{}'{} Known formats: {}", table.FullName(), value, key,
                    nearest.empty() ? "." : fmt::format("; did you mean '{}'?", nearest), fmt::join(known, ", ")));
  }
  std::string_view plain = key;
  for (std::string_view side : kFormatSides) {
    if (plain.starts_with(side)) {
      plain.remove_prefix(side.size());
      break;
    }
  }
  const OptionSpec* spec = MatchOption(format_options, plain, nullptr);
  if (spec == nullptr) return false;
  if (!UsesFormat(table, FormatOf(plain))) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("table {}: option '{}' belongs to format '{}', which the table does not use",
                            table.FullName(), key, FormatOf(plain)));
  }
  FLOE_TRY_VOID(CheckValue(*spec, key, value));
  return true;
}

}  // namespace

void ConnectorRegistry::Add(std::unique_ptr<Connector> connector) {
  std::string name = connector->descriptor().name;
  connectors_[std::move(name)] = std::move(connector);
}

Result<Connector*> ConnectorRegistry::Find(const std::string& name) const {
  if (auto it = connectors_.find(name); it != connectors_.end()) return it->second.get();
  std::vector<std::string> known;
  for (const auto& [key, connector] : connectors_) known.push_back(key);
  std::string nearest = Nearest(name, known);
  if (!nearest.empty()) std::ranges::stable_partition(known, [&](const std::string& k) { return k == nearest; });
  return Fail(ErrorKind::kNotFound, fmt::format("unknown connector '{}'{} Known connectors: {}", name,
                                                nearest.empty() ? "." : fmt::format("; did you mean '{}'?", nearest),
                                                fmt::join(known, ", ")));
}

std::vector<const ConnectorDescriptor*> ConnectorRegistry::List() const {
  std::vector<const ConnectorDescriptor*> list;
  for (const auto& [name, connector] : connectors_) list.push_back(&connector->descriptor());
  return list;
}

Status CheckOptions(const ConnectorDescriptor& descriptor, const TableDefinition& table,
                    const std::vector<OptionSpec>& format_options) {
  for (const auto& [key, value] : table.options) {
    if (value == kHiddenValue && IsSensitiveKey(key)) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("table {}: option '{}' = '{}' is what SHOW CREATE TABLE prints for a secret; write the "
                              "secret itself",
                              table.FullName(), key, value));
    }
    std::string_view column;
    if (const OptionSpec* spec = MatchOption(descriptor.options, key, &column)) {
      if (!column.empty()) FLOE_TRY_VOID(CheckColumn(table, key, column));
      FLOE_TRY_VOID(CheckValue(*spec, key, value));
      continue;
    }
    if (descriptor.uses_formats) {
      FLOE_TRY(bool known, CheckFormatOption(table, format_options, key, value));
      if (known) continue;
    }
    return UnknownOption(descriptor, table, format_options, key);
  }
  for (const OptionSpec& spec : descriptor.options) {
    if (!spec.required || table.options.contains(spec.key)) continue;
    return Fail(ErrorKind::kInvalidInput, fmt::format("table {}: connector '{}' needs option '{}' ({})",
                                                      table.FullName(), descriptor.name, spec.key, spec.help));
  }
  return descriptor.validate ? descriptor.validate(table) : Status();
}

}  // namespace floe::connect
