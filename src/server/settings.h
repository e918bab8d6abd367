// SPDX-License-Identifier: Apache-2.0
// Every setting of a node, as data: documentation, checks and `floe config show` are made from this list.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "base/error.h"

namespace floe::server {

const std::vector<config::KeySpec>& Settings();

/// The address of one service after ports.auto and ports.offset, "127.0.0.1:9092"; port 0 takes a free one.
/// kInvalidInput.
Result<std::string> ServiceAddress(const config::Config& config, const std::string& service);

/// Services with a listener of their own, in the order they start: kafka, ingest, console.
const std::vector<std::string>& Services();

}  // namespace floe::server
