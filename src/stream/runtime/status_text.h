// SPDX-License-Identifier: Apache-2.0
// A task's status as text beside its job, so that counters outlive the process.
#pragma once

#include <string>
#include <string_view>

#include "stream/checkpoint/manifest.h"
#include "stream/runtime/task.h"

namespace floe::stream {

/// JSON; lags are left out, they are of their moment.
std::string StatusText(const TaskStatus& status);
/// Empty when the text is: only for people to see, so what cannot be read is left out.
TaskStatus ParseStatusText(std::string_view text);

/// What a checkpoint alone tells. The manifest knows no tables: their names come from an `earlier` status of the job,
/// or are those of the operators.
TaskStatus StatusOf(const Manifest& manifest, const TaskStatus& earlier);

}  // namespace floe::stream
