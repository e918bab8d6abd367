// SPDX-License-Identifier: Apache-2.0
// Operators at the edges of a job: sources, watermarks, sinks, the rows of a query.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connect/api/connector.h"
#include "sql/plan/node.h"
#include "stream/graph/operator.h"
#include "stream/ops/context.h"

namespace floe::stream {

/// The splits of a source as known now; written by the task, read by the watermark operator above the source.
struct SplitInfo {
  std::vector<std::string> names;
};

/// Stands for a source: the task emits through its node.
std::unique_ptr<Operator> MakeSourceOperator();

/// Watermarks per split, min-merged over splits that are not idle. A split is idle after `idle_timeout` without rows
/// (0: never). Kinds: those of CompileExpression. `splits` outlives the operator.
Result<std::unique_ptr<Operator>> MakeWatermark(const OperatorContext& context, InputEdge input,
                                                const sql::plan::Watermark& watermark,
                                                std::chrono::milliseconds idle_timeout, const SplitInfo& splits);

/// How a changelog is fitted to what a sink takes.
enum class SinkFit : std::uint8_t {
  kAppendOnly,          ///< an update or deletion is an error
  kDropUpdateBefore,    ///< upsert by the rows' own key: +U replaces
  kDeleteUpdateBefore,  ///< upsert by another key: -U becomes -D
  kEverything,
};
std::unique_ptr<Operator> MakeSinkOperator(connect::Sink& sink, std::string table, SinkFit fit);

/// Gives the rows of a query to its reader; an error ends the query (kCancelled: without complaint).
using RowCollector = std::function<Status(const data::Batch& batch)>;
std::unique_ptr<Operator> MakeCollector(RowCollector collector);

/// Constant rows, evaluated once. Kinds: those of CompileExpression.
Result<std::vector<std::unique_ptr<data::Batch>>> EvaluateValues(const OperatorContext& context,
                                                                 const sql::plan::Values& values,
                                                                 const DuckTypes& types);

}  // namespace floe::stream
