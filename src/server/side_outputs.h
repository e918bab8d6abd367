// SPDX-License-Identifier: Apache-2.0
// Dead letters and late rows of jobs go to topics.
#pragma once

#include <string>

#include "base/clock.h"
#include "stream/runtime/side_outputs.h"

namespace floe::io {
class FileSystem;
}
namespace floe::log {
class Log;
}

namespace floe::server {

/// `<topic>.dlq` and `<job id>.late` in the node's own log, staged and published with the job's checkpoints. All
/// outlive the factory.
stream::SideOutputFactory TopicSideOutputs(log::Log& log, io::FileSystem& files, Clock& clock,
                                           const std::string& staging_directory);

}  // namespace floe::server
