// SPDX-License-Identifier: Apache-2.0
// The aggregating operators.
#pragma once

#include <memory>
#include <string>

#include "sql/plan/node.h"
#include "stream/graph/operator.h"
#include "stream/ops/context.h"

namespace floe::stream {

/// Emits each (window, key) once, when the watermark (or, with proctime, the clock) passes the window's end; rows whose
/// windows have all fired are late. Output is insert-only. Kinds: kNotSupported (SESSION, unknown aggregate), those of
/// CompileExpression.
Result<std::unique_ptr<Operator>> MakeWindowAggregate(const OperatorContext& context, std::string stage,
                                                      InputEdge input, const sql::plan::WindowAggregate& aggregate,
                                                      DuckTypes output);

/// Emits, per input batch, what changed of each group: +I when it appears, adjacent -U and +U when its row changes, -D
/// when its last row is taken back. Without keys there is one group, which appears with the first row.
Result<std::unique_ptr<Operator>> MakeGroupAggregate(const OperatorContext& context, std::string stage, InputEdge input,
                                                     const sql::plan::Aggregate& aggregate, DuckTypes output);

}  // namespace floe::stream
