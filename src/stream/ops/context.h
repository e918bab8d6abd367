// SPDX-License-Identifier: Apache-2.0
// What operators of a job share, handed to each in its constructor.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "connect/api/source.h"
#include "data/batch.h"
#include "data/type.h"
#include "stream/ops/expression_compiler.h"

namespace floe::stream {

/// Rows that came after their window had closed.
struct LateRows {
  const std::string& stage;    ///< uid of the operator that refused them
  const data::Schema& schema;  ///< of `rows`
  const duckdb::DataChunk& rows;
  TimestampUs watermark;  ///< at that moment
};

/// Takes late rows; called by the task thread. An error ends the job.
class LateRowHandler {
 public:
  virtual ~LateRowHandler() = default;
  virtual Status OnLateRows(const LateRows& rows) = 0;
};

/// References outlive all operators of the job.
struct OperatorContext {
  ExpressionContext& expressions;
  connect::BadRecordHandler& bad_records;
  LateRowHandler& late_rows;
  Clock& clock;
};

/// An input edge, as an operator needs it.
struct InputEdge {
  data::Schema schema;
  DuckTypes types;
  bool retracts = false;  ///< -U or -D may come
};

/// Sends a row whose expression failed to the bad-record handler as JSON.
Status ReportBadRow(const OperatorContext& context, const std::string& stage, const data::Schema& schema,
                    const duckdb::DataChunk& rows, duckdb::idx_t row, const Error& cause);

}  // namespace floe::stream
