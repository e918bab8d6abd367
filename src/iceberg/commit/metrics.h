// SPDX-License-Identifier: Apache-2.0
// From a Parquet file's statistics to a data file's metrics.
#pragma once

#include "duck/parquet_writer.h"
#include "iceberg/manifest/manifest.h"
#include "iceberg/metadata/table_metadata.h"

namespace floe::iceberg {

/// Fills counts, sizes and bounds by the table's write.metadata.metrics.* properties: none, counts, truncate(n) (16 by
/// default), full; the first 100 leaf columns unless one is named. Columns inside lists and maps get counts only.
void FillMetrics(const duck::ParquetFileStats& stats, const Schema& schema, const TableMetadata& table, DataFile& file);

}  // namespace floe::iceberg
