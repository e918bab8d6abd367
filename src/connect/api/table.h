// SPDX-License-Identifier: Apache-2.0
// A table as a connector sees it: what CREATE TABLE said, resolved, without any SQL in it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/type.h"

namespace floe::connect {

/// Keys and values of WITH (...), names as Flink spells them.
using Options = std::map<std::string, std::string>;

struct MetadataColumn {
  std::string key;          ///< the connector's or format's name of it: "timestamp", "offset"
  data::Type type;          ///< as declared; the reader converts to it
  bool is_virtual = false;  ///< never written
};

struct TableDefinition {
  std::string catalog;
  std::string database;
  std::string name;
  data::Schema physical;  ///< physical columns only, in declaration order
  std::vector<MetadataColumn> metadata;
  std::vector<std::string> primary_key;     ///< NOT ENFORCED; empty when none
  std::vector<std::string> partition_keys;  ///< PARTITIONED BY: columns, or transforms such as "hour(ts)"
  Options options;                          ///< without 'connector'
  std::string connector;

  /// "`catalog`.`database`.`name`" for messages.
  std::string FullName() const { return "`" + catalog + "`.`" + database + "`.`" + name + "`"; }
};

}  // namespace floe::connect
