// SPDX-License-Identifier: Apache-2.0
// Who takes a statement's rows.
#pragma once

#include <string>

#include "base/error.h"
#include "data/batch.h"
#include "data/type.h"

namespace floe::query {

/// Called by the thread that executes the statement.
class ResultConsumer {
 public:
  virtual ~ResultConsumer() = default;
  /// Before the first row, once. `changelog`: batches carry row kinds; `live`: rows go on until somebody cancels.
  virtual Status OnSchema(const data::Schema& schema, bool changelog, bool live) = 0;
  virtual Status OnRows(const data::Batch& batch) = 0;
  /// 0 to 1, while a query takes long.
  virtual void OnProgress(double fraction) = 0;
  virtual void OnWarning(const std::string& warning) = 0;
  /// True when nobody wants the rows any more; polled from another thread too.
  virtual bool Cancelled() const = 0;
};

}  // namespace floe::query
