// SPDX-License-Identifier: Apache-2.0
// Rows for the 'random' directive: the same for the same seed, on every machine.
#pragma once

#include <cstdint>
#include <vector>

#include "slt_feed.h"
#include "sql/catalog/table.h"

namespace floe::slt {

struct RandomShape {
  int rows = 100;
  std::int32_t split = 0;
  std::int64_t disorder_ms = 0;  ///< rows stand at most this much out of the order of their times
  std::uint32_t seed = 1;
  std::int64_t now_us = 1'767'225'600'000'000;  ///< time goes on from here: 2026-01-01 00:00:00
};

/// Batches of different sizes. A tenth of what may be NULL is; texts, integers and numbers repeat, so that they group.
/// `shape.now_us` is where the next rows go on. kNotSupported: columns of types nobody needed yet.
Result<std::vector<FedBatch>> RandomBatches(const sql::catalog::CatalogTable& table, RandomShape& shape);

}  // namespace floe::slt
