// SPDX-License-Identifier: Apache-2.0
// 'faker': rows of made-up values by expressions, with flink-faker's options.
#pragma once

#include <memory>

#include "base/clock.h"
#include "connect/api/connector.h"

namespace floe::connect {

std::unique_ptr<Connector> MakeFakerConnector(Clock& clock);

}  // namespace floe::connect
