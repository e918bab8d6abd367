// SPDX-License-Identifier: Apache-2.0
// 'datagen': random or sequential values by type, with Flink's options.
#pragma once

#include <memory>

#include "base/clock.h"
#include "connect/api/connector.h"

namespace floe::connect {

std::unique_ptr<Connector> MakeDatagenConnector(Clock& clock);

}  // namespace floe::connect
