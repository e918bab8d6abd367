// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/kernels/kernels.h"

#include "duck/guard.h"
#include "sql/bind/kernels/kernels_internal.h"

namespace floe::sql::bind {

Status RegisterKernels(duckdb::DatabaseInstance& database, Clock& clock) {
  return duck::Guard([&] {
    duckdb::ExtensionLoader loader(database, "floe");
    RegisterArithmetic(loader);
    RegisterTime(loader, clock);
    RegisterText(loader);
    RegisterValueText(loader);
    RegisterJson(loader);
  });
}

}  // namespace floe::sql::bind
