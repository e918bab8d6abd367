// SPDX-License-Identifier: Apache-2.0
// Manifests are read from disk: damaged ones give errors, never crashes.
#include <cstddef>
#include <cstdint>

#include "stream/checkpoint/manifest.h"
#include "stream/state/state_io.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)floe::stream::DecodeManifest(bytes);
  return 0;
}
