// SPDX-License-Identifier: Apache-2.0
// FOR ... AS OF: which version of a table a scan reads.
#pragma once

#include "sql/bind/session.h"
#include "sql/dialect/query.h"
#include "sql/planner/planner.h"

namespace floe::sql::planner {

/// A TIMESTAMP is the wall clock of the session's zone, as in Flink: of an hour that comes twice the first one, and
/// what the zone skips is moved on by the gap. kInvalidInput: not constant, NULL, or no time.
Status ApplyTimeTravel(const dialect::TimeTravel& as_of, const bind::Session& session, const TimeOf& time_of,
                       plan::Scan& scan);

}  // namespace floe::sql::planner
