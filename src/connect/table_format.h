// SPDX-License-Identifier: Apache-2.0
// Which columns of a table travel in a message's key and value, and in which formats (Flink's key.* and value.*
// options).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connect/api/connector.h"
#include "formats/format.h"

namespace floe::connect {

/// One side of a message. `columns` are indexes into TableDefinition::physical; `schema` has their names as the format
/// sees them.
struct SideLayout {
  std::string format;
  std::vector<int> columns;
  data::Schema schema;
  formats::FormatOptions options;
};

struct MessageLayout {
  std::optional<SideLayout> key;
  SideLayout value;
};

/// kInvalidInput naming the option that is missing or contradicts another. With `upsert` the key is the table's primary
/// key.
Result<MessageLayout> MakeMessageLayout(const TableDefinition& table, bool upsert);

/// The options every connector with formats and keys takes.
std::vector<OptionSpec> KeyAndValueOptions();
/// All formats' options as specs, for ConnectorRegistry::SetFormatOptions.
std::vector<OptionSpec> FormatOptionSpecs();

}  // namespace floe::connect
