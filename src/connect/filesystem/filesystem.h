// SPDX-License-Identifier: Apache-2.0
// 'filesystem': files of JSON, CSV, raw lines or Parquet, read once and written at checkpoints.
#pragma once

#include <memory>

#include "connect/api/connector.h"
#include "duck/instance.h"
#include "io/file_system.h"

namespace floe::connect {

/// Both outlive the connector. `duckdb` is opened only for Parquet.
std::unique_ptr<Connector> MakeFilesystemConnector(io::FileSystem& files, duck::Instance& duckdb);

}  // namespace floe::connect
