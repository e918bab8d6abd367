// SPDX-License-Identifier: Apache-2.0
// 'realtime': a table inside this node, readable the moment a row is written. Also what a table with a primary key and
// no connector means.
#pragma once

#include <memory>

#include "connect/api/connector.h"
#include "realtime/table.h"

namespace floe::realtime {

/// "catalog.database.name".
std::string TableName(const connect::TableDefinition& table);
TableSpec SpecOf(const connect::TableDefinition& table);

/// `tables` outlives the connector. As a source it reads one snapshot and ends.
std::unique_ptr<connect::Connector> MakeRealtimeConnector(Tables& tables);

}  // namespace floe::realtime
