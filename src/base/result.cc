// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace floe::detail {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "floe: invariant broken at %s:%d: %s\n", file, line, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace floe::detail
