// SPDX-License-Identifier: Apache-2.0
// Manifests are read from disk: damaged ones give errors, never crashes. Also with a right frame around the bytes,
// since no mutation finds a CRC.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "stream/checkpoint/manifest.h"
#include "stream/state/state_io.h"

namespace {

void Check(std::string_view bytes) {
  using namespace floe::stream;
  auto manifest = DecodeManifest(bytes);
  if (!manifest) return;
  const std::string written = EncodeManifest(*manifest);
  auto again = DecodeManifest(written);
  if (!again || EncodeManifest(*again) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Check(bytes);
  floe::stream::StateWriter writer;
  for (const char c : bytes) writer.Put(c);
  Check(writer.Finish());
  return 0;
}
