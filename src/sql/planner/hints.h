// SPDX-License-Identifier: Apache-2.0
// Hints: OPTIONS behind a table's name, and which others there are.
#pragma once

#include <vector>

#include "sql/dialect/name.h"
#include "sql/planner/planner.h"

namespace floe::sql::planner {

/// Puts the OPTIONS over the table's own and checks them as CREATE TABLE does: keys, values, the connector's own check.
/// kInvalidInput at the key that is wrong; the message lists the known ones.
Status ApplyHints(const std::vector<dialect::Hint>& hints, const PlannerOptions& options,
                  connect::TableDefinition& table);

/// Drops stored options that the connector does not know, except those in `given`: what others stored (an Iceberg table
/// may hold any property) is not the fault of the statement at hand.
Status ForgetUnchecked(const connect::ConnectorRegistry& connectors, const std::vector<const dialect::Option*>& given,
                       connect::TableDefinition& table);

/// Hints behind SELECT are advice on joins and state: known ones are taken and change nothing yet.
Status CheckQueryHints(const std::vector<dialect::Hint>& hints);

}  // namespace floe::sql::planner
