// SPDX-License-Identifier: Apache-2.0
// 'jdbc': tables of a real PostgreSQL, with the options of Flink's JDBC connector.
#pragma once

#include <memory>

#include "connect/api/connector.h"

namespace floe::connect {

std::unique_ptr<Connector> MakeJdbcConnector();

}  // namespace floe::connect
