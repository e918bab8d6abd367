// SPDX-License-Identifier: Apache-2.0
// Storage and engines of a node.
#include <algorithm>

#include <fmt/format.h>

#include "base/result.h"
#include "io/file_system.h"
#include "query/duckdb_dialect.h"
#include "server/parts.h"
#include "sql/bind/kernels/kernels.h"

namespace floe::server {

namespace {

void AddMemoryMetrics(Node::Parts& p) {
  p.metrics.AddCallback("floe_memory_reserved_bytes", "Bytes reserved from memory.limit.", false, [&p] {
    std::vector<metrics::Registry::Sample> samples;
    for (const auto& usage : p.memory.Usages())
      samples.push_back({.labels = {{"component", usage.component}}, .value = static_cast<double>(usage.bytes)});
    return samples;
  });
  p.metrics.AddCallback("floe_memory_limit_bytes", "The setting memory.limit, or its default.", false, [&p] {
    return std::vector<metrics::Registry::Sample>{{.labels = {}, .value = static_cast<double>(p.memory.limit())}};
  });
}

}  // namespace

Status StartStorage(Node::Parts& p) {
  AddMemoryMetrics(p);
  io::FileSystem& files = io::LocalFileSystem();
  FLOE_TRY(p.store, meta::Store::Open(p.directory->Sub("meta.db")));
  log::LogOptions options;
  options.directory = p.directory->Sub("log");
  FLOE_TRY(p.log, log::Log::Open(files, *p.store, SystemClock(), options));
  p.offsets_pool = std::make_unique<ComputePool>(1);
  FLOE_TRY(p.offsets, kafka::OffsetStore::Open(*p.store, *p.offsets_pool));
  FLOE_TRY(p.iceberg,
           iceberg::Catalog::Open(*p.store, files, p.directory->Sub("warehouse"), SystemClock(), SystemRandom()));
  // As every Hive metastore has it: scripts name iceberg.default.t without making the database.
  FLOE_TRY(const std::vector<std::string> databases, p.iceberg->ListDatabases());
  if (std::ranges::find(databases, "default") == databases.end()) FLOE_TRY_VOID(p.iceberg->CreateDatabase("default"));
  FLOE_TRY(p.realtime, realtime::Tables::Open(*p.store, {&p.memory, p.memory.Register("live tables")}));
  return {};
}

Status StartEngines(Node::Parts& p) {
  duck::InstanceOptions options;
  options.threads = static_cast<int>(p.config.Integer("duckdb.threads"));
  // Half is the queries': they spill to disk beyond it. It is taken when the first query opens DuckDB, since it cannot
  // say beforehand what it will need.
  options.memory_limit_bytes = p.memory.limit() / 2;
  options.temp_directory = p.directory->Sub("tmp");
  const int queries = p.memory.Register("queries");
  options.on_open = [&p, queries](duckdb::DatabaseInstance& database) -> Status {
    FLOE_TRY(p.query_memory, p.memory.Reserve(queries, p.memory.limit() / 2));
    FLOE_TRY_VOID(query::RegisterTableLookup(database));
    return sql::bind::RegisterKernels(database);
  };
  p.duckdb = std::make_unique<duck::Instance>(options);
  p.scans = std::make_unique<query::ScanFunction>(*p.duckdb);
  FLOE_TRY(p.catalogs, sql::catalog::CatalogManager::Open(p.store.get()));
  return {};
}

}  // namespace floe::server
