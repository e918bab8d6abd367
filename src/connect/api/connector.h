// SPDX-License-Identifier: Apache-2.0
// What a connector is: its options and abilities as data, and the factories behind them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connect/api/sink.h"
#include "connect/api/source.h"

namespace floe::connect {

enum class OptionType : std::uint8_t { kString, kInteger, kBoolean, kDuration, kMemorySize, kEnum };

struct OptionSpec {
  std::string key;  ///< "scan.startup.mode"; a trailing ".*" accepts any key with the prefix, "fields.#.kind" any
                    ///< column name at '#'
  OptionType type = OptionType::kString;
  std::string default_value;  ///< empty: none
  bool required = false;
  std::vector<std::string> choices;  ///< for kEnum
  std::string help;
  bool accepted_and_ignored = false;  ///< known to Flink, without meaning here; a note is printed
};

/// Which changes a sink takes. The planner refuses or converts what does not fit.
enum class ChangelogMode : std::uint8_t { kAppend, kUpsert, kRetract };

struct MetadataSpec {
  std::string key;
  data::Type type;
  bool writable = false;
};

/// Plain data; the planner knows connectors only by this.
struct ConnectorDescriptor {
  std::string name;  ///< value of 'connector'
  std::string help;  ///< one sentence
  std::vector<OptionSpec> options;
  std::vector<MetadataSpec> metadata;
  bool source = false;
  bool sink = false;
  bool uses_formats = false;  ///< takes 'format', 'value.format', 'key.format' and their options
  /// Whether the table, as a source, ends by itself.
  std::function<bool(const TableDefinition&)> bounded;
  /// What the table takes as a sink; by default kUpsert with a primary key, else kAppend.
  std::function<ChangelogMode(const TableDefinition&)> sink_mode;
  /// Further checks at CREATE TABLE; errors name the option and the fix.
  std::function<Status(const TableDefinition&)> validate;
};

class Connector {
 public:
  virtual ~Connector() = default;
  virtual const ConnectorDescriptor& descriptor() const = 0;
  /// kNotSupported when the descriptor says so.
  virtual Result<std::unique_ptr<SourceReader>> OpenSource(ScanRequest request) = 0;
  virtual Result<std::unique_ptr<Sink>> OpenSink(SinkRequest request) = 0;
};

/// All connectors of a node, filled by the composition root before use; read-only and thread-safe afterwards.
class ConnectorRegistry {
 public:
  void Add(std::unique_ptr<Connector> connector);
  /// kNotFound: the message lists the known ones, nearest first.
  Result<Connector*> Find(const std::string& name) const;
  std::vector<const ConnectorDescriptor*> List() const;
  /// Option keys of all formats ("json.ignore-parse-errors"); what CheckOptions wants as its last argument.
  void SetFormatOptions(std::vector<OptionSpec> options) { format_options_ = std::move(options); }
  const std::vector<OptionSpec>& format_options() const { return format_options_; }

 private:
  std::vector<OptionSpec> format_options_;
  std::map<std::string, std::unique_ptr<Connector>> connectors_;
};

/// Checks keys and values of WITH (...) against the descriptor (and the formats' option keys given): unknown keys are
/// refused with the nearest known one, missing required ones named.
Status CheckOptions(const ConnectorDescriptor& descriptor, const TableDefinition& table,
                    const std::vector<OptionSpec>& format_options);

/// Typed access to options with the descriptor's defaults; call after CheckOptions.
class OptionReader {
 public:
  OptionReader(const ConnectorDescriptor& descriptor, const Options& options)
      : descriptor_(descriptor), options_(options) {}
  bool Has(const std::string& key) const;
  std::string String(const std::string& key) const;
  Result<std::int64_t> Integer(const std::string& key) const;
  Result<bool> Boolean(const std::string& key) const;
  /// Flink's durations: "10 s", "1min", "500ms", bare number = milliseconds.
  Result<std::chrono::milliseconds> Duration(const std::string& key) const;
  /// Flink's memory sizes: "128MB", "64 kb"; powers of 1024.
  Result<std::uint64_t> MemorySize(const std::string& key) const;

 private:
  const ConnectorDescriptor& descriptor_;
  const Options& options_;
};

}  // namespace floe::connect
