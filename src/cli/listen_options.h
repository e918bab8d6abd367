// SPDX-License-Identifier: Apache-2.0
// --ports, --port-offset and --listen, shared by the commands that open listeners.
#pragma once

#include "cli/commands.h"

namespace floe::cli {

void AddListenOptions(CLI::App& app, Context& context);

}  // namespace floe::cli
