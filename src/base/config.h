// SPDX-License-Identifier: Apache-2.0
// Configuration: flags > FLOE_… environment > floe.yaml > defaults, each value with where it came from.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace floe::config {

enum class KeyType : std::uint8_t { kString, kInteger, kBoolean, kDuration, kMemorySize, kYaml };

/// One setting; documentation, `floe config show` and the checks are made from it.
struct KeySpec {
  std::string key;  ///< "log.level"; the environment spells it FLOE_LOG_LEVEL, floe.yaml nests it
  KeyType type = KeyType::kString;
  std::string default_value;
  std::vector<std::string> choices;  ///< empty: any value of the type
  bool needs_restart = true;
  std::string help;
};

struct Setting {
  std::string value;
  std::string origin;  ///< "default", "floe.yaml:12", "environment FLOE_LOG_LEVEL", "flag --log-level"
};

struct Sources {
  std::map<std::string, std::string> flags;        ///< key -> value
  std::map<std::string, std::string> environment;  ///< whole environment; only FLOE_… is looked at
  std::string yaml;                                ///< content of floe.yaml
  std::string yaml_name = "floe.yaml";
};

/// The effective settings, immutable after Load. Thread-safe.
class Config {
 public:
  /// Unknown keys and values of the wrong type are refused: the message names key, origin and the nearest known key.
  /// kInvalidInput.
  static Result<Config> Load(const std::vector<KeySpec>& keys, const Sources& sources);

  /// The key must be in the specs; typed getters cannot fail, since Load checked.
  const std::string& String(const std::string& key) const;
  std::int64_t Integer(const std::string& key) const;
  bool Boolean(const std::string& key) const;
  std::chrono::milliseconds Duration(const std::string& key) const;
  std::uint64_t MemorySize(const std::string& key) const;
  bool IsDefault(const std::string& key) const;

  const std::map<std::string, Setting>& settings() const { return settings_; }
  /// "key = value", with "# origin" when asked for. Values of keys that hold secrets are masked.
  std::string Show(bool with_origin) const;

 private:
  const Setting& At(const std::string& key) const;
  std::map<std::string, Setting> settings_;
};

/// "log.level" -> "FLOE_LOG_LEVEL".
std::string EnvironmentName(const std::string& key);

}  // namespace floe::config
