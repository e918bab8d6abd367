// SPDX-License-Identifier: Apache-2.0
#include "data/batch.h"

namespace floe::data {

std::string_view ToString(RowKind kind) {
  switch (kind) {
    case RowKind::kInsert: return "+I";
    case RowKind::kUpdateBefore: return "-U";
    case RowKind::kUpdateAfter: return "+U";
    case RowKind::kDelete: return "-D";
  }
  return "?";
}

}  // namespace floe::data
