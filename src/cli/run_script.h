// SPDX-License-Identifier: Apache-2.0
// floe run: a script's statements, then its jobs until they end.
#pragma once

#include <string>

#include "cli/transport.h"

namespace floe::cli {

/// Prints rows in and out per sink of every job the script started. Ctrl-C stops the jobs with a last checkpoint. With
/// `json` an object per line: rows of queries, {"message"} and one {"job"} per job as 'floe job show --json' has it.
/// Exit code as RunScript's.
Result<int> RunInForeground(Transport& transport, const std::string& script, const std::string& name, bool json);

}  // namespace floe::cli
