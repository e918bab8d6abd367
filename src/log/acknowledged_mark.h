// SPDX-License-Identifier: Apache-2.0
// A lower bound of what was acknowledged, beside the log itself: it tells damage from a torn tail.
#pragma once

#include <memory>
#include <string>

#include "base/ids.h"

namespace floe::io {
class FileSystem;
class WritableFile;
}  // namespace floe::io

namespace floe::log {

/// Stands in the log's directory exactly while nobody has it open after an orderly stop: then all that is there was
/// acknowledged.
inline constexpr const char* kCleanMarker = "/clean-stop";

/// One caller at a time. Not synced, and a failure is harmless: an older mark, or none, only makes recovery less sure.
class AcknowledgedMark {
 public:
  AcknowledgedMark();
  AcknowledgedMark(io::FileSystem& files, const std::string& directory);
  AcknowledgedMark(AcknowledgedMark&&) noexcept;
  AcknowledgedMark& operator=(AcknowledgedMark&&) noexcept;
  ~AcknowledgedMark();

  /// Everything below `offset` is durable.
  void Write(Offset offset);
  /// The last mark that reached the disk whole; 0 when there is none.
  static Offset Read(io::FileSystem& files, const std::string& directory);

 private:
  std::unique_ptr<io::WritableFile> file_;  // null: no marks
};

}  // namespace floe::log
