// SPDX-License-Identifier: Apache-2.0
// 'print': rows as lines, in Flink's form. 'blackhole': rows to nowhere, counted.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "connect/api/connector.h"

namespace floe::connect {

/// Where printed lines go: `error` for 'standard-error'. Called by task threads, whole lines at a time; must be
/// thread-safe.
using PrintTarget = std::function<void(std::string_view lines, bool error)>;
/// Standard output and standard error of the process.
PrintTarget ProcessOutput();

std::unique_ptr<Connector> MakePrintConnector(PrintTarget target);
std::unique_ptr<Connector> MakeBlackholeConnector();

}  // namespace floe::connect
