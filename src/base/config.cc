// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/result.h"
#include "base/secrets.h"
#include "base/text.h"

namespace floe::config {
namespace {

const KeySpec* FindKey(const std::vector<KeySpec>& keys, const std::string& key) {
  auto found = std::find_if(keys.begin(), keys.end(), [&](const KeySpec& spec) { return spec.key == key; });
  return found == keys.end() ? nullptr : &*found;
}

Error UnknownKey(const std::vector<KeySpec>& keys, const std::string& key, const std::string& origin) {
  std::vector<std::string> names;
  for (const KeySpec& spec : keys) names.push_back(spec.key);
  return Error(ErrorKind::kInvalidInput,
               fmt::format("unknown setting '{}' ({}).{} 'floe config show' lists all settings.", key, origin,
                           DidYouMean(key, names)));
}

Status CheckValue(const KeySpec& spec, const Setting& setting) {
  auto refuse = [&](const std::string& why) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("setting '{}' ({}): {}", spec.key, setting.origin, why));
  };
  switch (spec.type) {
    case KeyType::kInteger:
      if (auto n = ParseInteger(setting.value); !n) return refuse(n.error().message());
      break;
    case KeyType::kBoolean:
      if (auto b = ParseBoolean(setting.value); !b) return refuse(b.error().message());
      break;
    case KeyType::kDuration:
      if (auto d = ParseDuration(setting.value); !d) return refuse(d.error().message());
      break;
    case KeyType::kMemorySize:
      if (auto m = ParseMemorySize(setting.value); !m) return refuse(m.error().message());
      break;
    case KeyType::kString:
    case KeyType::kYaml: break;
  }
  if (!spec.choices.empty() &&
      std::find(spec.choices.begin(), spec.choices.end(), setting.value) == spec.choices.end()) {
    return refuse(fmt::format("'{}' is none of {}", setting.value, fmt::join(spec.choices, ", ")));
  }
  return {};
}

/// yaml-cpp throws; this is its fence.
Result<YAML::Node> ParseYaml(const std::string& text, const std::string& name) {
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& e) {
    return Fail(
        Error(ErrorKind::kInvalidInput, fmt::format("{}:{}:{}: {}", name, e.mark.line + 1, e.mark.column + 1, e.msg))
            .WithPosition({e.mark.line + 1, e.mark.column + 1}));
  }
}

Status Flatten(const std::vector<KeySpec>& keys, const YAML::Node& node, const std::string& prefix,
               const std::string& name, std::map<std::string, Setting>& out) {
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) return Fail(ErrorKind::kInvalidInput, name + ": keys must be plain words");
    std::string key = prefix.empty() ? entry.first.Scalar() : prefix + "." + entry.first.Scalar();
    std::string origin = fmt::format("{}:{}", name, entry.first.Mark().line + 1);
    const KeySpec* spec = FindKey(keys, key);
    if (spec != nullptr && spec->type == KeyType::kYaml) {
      out[key] = {YAML::Dump(entry.second), origin};
    } else if (entry.second.IsMap()) {
      FLOE_TRY_VOID(Flatten(keys, entry.second, key, name, out));
    } else if (spec == nullptr) {
      return Fail(UnknownKey(keys, key, origin));
    } else if (entry.second.IsScalar()) {
      out[key] = {entry.second.Scalar(), origin};
    } else {
      return Fail(ErrorKind::kInvalidInput, fmt::format("setting '{}' ({}): a plain value is expected", key, origin));
    }
  }
  return {};
}

Status ReadEnvironment(const std::vector<KeySpec>& keys, const Sources& sources, std::map<std::string, Setting>& out) {
  std::map<std::string, std::string> by_name;
  for (const KeySpec& spec : keys) by_name[EnvironmentName(spec.key)] = spec.key;
  for (const auto& [name, value] : sources.environment) {
    if (!name.starts_with("FLOE_")) continue;
    auto found = by_name.find(name);
    // The set-up script and the peers have variables of their own.
    if (found == by_name.end() &&
        (name == "FLOE_DEPS" || name.starts_with("FLOE_PEERS") || name.starts_with("FLOE_TEST_")))
      continue;
    if (found == by_name.end()) {
      std::vector<std::string> names;
      for (const auto& [known, key] : by_name) names.push_back(known);
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("unknown environment variable '{}'.{}", name, DidYouMean(name, names)));
    }
    out[found->second] = {value, "environment " + name};
  }
  return {};
}

}  // namespace

std::string EnvironmentName(const std::string& key) {
  std::string name = "FLOE_";
  for (char c : key) name += std::isalnum(static_cast<unsigned char>(c)) ? static_cast<char>(std::toupper(c)) : '_';
  return name;
}

Result<Config> Config::Load(const std::vector<KeySpec>& keys, const Sources& sources) {
  Config config;
  for (const KeySpec& spec : keys) config.settings_[spec.key] = {spec.default_value, "default"};
  if (!sources.yaml.empty()) {
    FLOE_TRY(YAML::Node root, ParseYaml(sources.yaml, sources.yaml_name));
    if (!root.IsNull() && !root.IsMap())
      return Fail(ErrorKind::kInvalidInput, sources.yaml_name + ": a mapping is expected");
    FLOE_TRY_VOID(Flatten(keys, root, "", sources.yaml_name, config.settings_));
  }
  FLOE_TRY_VOID(ReadEnvironment(keys, sources, config.settings_));
  for (const auto& [key, value] : sources.flags) {
    if (FindKey(keys, key) == nullptr) return Fail(UnknownKey(keys, key, "flag"));
    config.settings_[key] = {value, "flag"};
  }
  for (const KeySpec& spec : keys) {
    const Setting& setting = config.settings_[spec.key];
    if (setting.value.empty() && setting.origin == "default") continue;
    FLOE_TRY_VOID(CheckValue(spec, setting));
  }
  return config;
}

const Setting& Config::At(const std::string& key) const {
  auto found = settings_.find(key);
  FLOE_CHECK(found != settings_.end());
  return found->second;
}

const std::string& Config::String(const std::string& key) const {
  return At(key).value;
}
std::int64_t Config::Integer(const std::string& key) const {
  return ParseInteger(At(key).value).value_or(0);
}
bool Config::Boolean(const std::string& key) const {
  return ParseBoolean(At(key).value).value_or(false);
}
std::chrono::milliseconds Config::Duration(const std::string& key) const {
  return ParseDuration(At(key).value).value_or(std::chrono::milliseconds(0));
}
std::uint64_t Config::MemorySize(const std::string& key) const {
  return ParseMemorySize(At(key).value).value_or(0);
}
bool Config::IsDefault(const std::string& key) const {
  return At(key).origin == "default";
}

std::string Config::Show(bool with_origin) const {
  std::size_t width = 0;
  std::vector<std::string> lines;
  for (const auto& [key, setting] : settings_) {
    std::string value = setting.value.empty() ? setting.value : ShownValue(key, setting.value);
    std::replace(value.begin(), value.end(), '\n', ' ');
    lines.push_back(fmt::format("{} = {}", key, value));
    width = std::max(width, lines.back().size());
  }
  std::string text;
  std::size_t i = 0;
  for (const auto& [key, setting] : settings_) {
    text += with_origin ? fmt::format("{:<{}}  # {}\n", lines[i], std::min<std::size_t>(width, 60), setting.origin)
                        : lines[i] + "\n";
    ++i;
  }
  return text;
}

}  // namespace floe::config
