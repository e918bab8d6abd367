// SPDX-License-Identifier: Apache-2.0
// Operators without state: one row in, at most one row (or one per window) out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/plan/node.h"
#include "stream/graph/operator.h"
#include "stream/ops/context.h"

namespace floe::stream {

/// Kinds: what CompileExpression returns.
Result<std::unique_ptr<Operator>> MakeProject(const OperatorContext& context, std::string stage, InputEdge input,
                                              const sql::plan::Project& project);
Result<std::unique_ptr<Operator>> MakeFilter(const OperatorContext& context, std::string stage, InputEdge input,
                                             const sql::plan::Filter& filter);
/// kNotSupported for SESSION windows and for processing time.
Result<std::unique_ptr<Operator>> MakeWindowAssign(const OperatorContext& context, std::string stage, InputEdge input,
                                                   const sql::plan::WindowAssign& assign, DuckTypes output);
/// UNION ALL: rows of all ports as they come.
std::unique_ptr<Operator> MakeUnion();
/// Rows [offset, offset + limit) in order of arrival; Done after the last. Insert-only input.
std::unique_ptr<Operator> MakeLimit(std::int64_t offset, std::optional<std::int64_t> limit);

}  // namespace floe::stream
