// SPDX-License-Identifier: Apache-2.0
// API: tables of all catalogs.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/secrets.h"
#include "connect/iceberg/iceberg_connector.h"
#include "console/iso_time.h"
#include "realtime/realtime_connector.h"
#include "server/parts.h"

namespace floe::server {
namespace {

using nlohmann::ordered_json;
namespace catalog = sql::catalog;

Status ListTables(Node::Parts& p, ApiReply& reply) {
  ordered_json tables = ordered_json::array();
  for (const std::string& name : p.catalogs->List()) {
    FLOE_TRY(std::shared_ptr<catalog::Catalog> one, p.catalogs->Get(name));
    FLOE_TRY(std::vector<std::string> databases, one->ListDatabases());
    for (const std::string& database : databases) {
      FLOE_TRY(std::vector<catalog::TableEntry> entries, one->ListTables(database));
      for (const catalog::TableEntry& entry : entries) {
        FLOE_TRY(catalog::TablePtr table, one->GetTable(database, entry.name));
        bool view = entry.kind == catalog::TableKind::kView;
        tables.push_back({{"catalog", name},
                          {"database", database},
                          {"name", entry.name},
                          {"connector", view ? "(view)" : table->connector()}});
      }
    }
  }
  return ReplyJson(reply, ordered_json{{"tables", tables}});
}

/// "iceberg.default.t, iceberg.lab.t": tables of that name in any catalog.
std::string ElsewhereIn(Node::Parts& p, const std::string& table) {
  std::vector<std::string> found;
  for (const std::string& name : p.catalogs->List()) {
    auto one = p.catalogs->Get(name);
    auto databases = one ? (*one)->ListDatabases() : Result<std::vector<std::string>>(std::vector<std::string>());
    if (!databases) continue;
    for (const std::string& database : *databases) {
      auto tables = (*one)->ListTables(database);
      if (tables && std::ranges::find(*tables, table, &catalog::TableEntry::name) != tables->end())
        found.push_back(fmt::format("{}.{}.{}", name, database, table));
    }
  }
  return fmt::format("{}", fmt::join(found, ", "));
}

/// "t", "db.t" or "cat.db.t": in the default catalog first, a two-part name in the warehouse second.
Result<catalog::TablePtr> FindTable(Node::Parts& p, const std::string& text) {
  std::vector<std::string> parts;
  std::string_view rest = text;
  for (int i = 0; i < 2; ++i) {
    std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos) break;
    parts.emplace_back(rest.substr(0, dot));
    rest.remove_prefix(dot + 1);
  }
  parts.emplace_back(rest);
  auto get = [&](const std::string& cat, const std::string& database,
                 const std::string& name) -> Result<catalog::TablePtr> {
    FLOE_TRY(std::shared_ptr<catalog::Catalog> found, p.catalogs->Get(cat));
    return found->GetTable(database, name);
  };
  if (parts.size() == 3) return get(parts[0], parts[1], parts[2]);
  std::string database = parts.size() == 2 ? parts[0] : std::string(catalog::kDefaultDatabase);
  auto own = get(std::string(catalog::kDefaultCatalog), database, parts.back());
  if (own) return own;
  if (parts.size() == 1) {
    std::string known = ElsewhereIn(p, parts.back());
    if (own.error().kind() != ErrorKind::kNotFound || known.empty()) return own;
    return Fail(ErrorKind::kNotFound, fmt::format("there is no table '{}' in {}.{}; there is {}", text,
                                                  catalog::kDefaultCatalog, catalog::kDefaultDatabase, known));
  }
  auto iceberg = get("iceberg", database, parts.back());
  if (iceberg) return iceberg;
  return Fail(
      ErrorKind::kNotFound,
      fmt::format("there is no table '{}', neither in default_catalog nor in iceberg; 'floe table list' shows all",
                  text));
}

/// "city", "bucket[16](id)", "day(ts)".
std::string TermOf(const iceberg::TableMetadata& metadata, std::int32_t source, const iceberg::Transform& transform) {
  const std::string column = metadata.schema().NameOf(source);
  return transform.kind == iceberg::TransformKind::kIdentity ? column
                                                             : fmt::format("{}({})", transform.ToString(), column);
}

std::vector<std::string> SortOrderOf(const iceberg::TableMetadata& metadata) {
  std::vector<std::string> terms;
  for (const iceberg::SortOrder& order : metadata.sort_orders) {
    if (order.order_id != metadata.default_sort_order_id) continue;
    for (const iceberg::SortField& field : order.fields) {
      terms.push_back(fmt::format("{} {} nulls {}", TermOf(metadata, field.source_id, field.transform),
                                  field.ascending ? "asc" : "desc", field.nulls_first ? "first" : "last"));
    }
  }
  return terms;
}

/// Of a table in the iceberg catalog, and of a definition elsewhere whose connector is 'iceberg'; nothing when its
/// first job has not made it yet.
void AddIceberg(Node::Parts& p, const catalog::CatalogTable& table, ordered_json& json) {
  auto loaded = p.iceberg->LoadTable(connect::IcebergTableOf(table.options, table.path.database, table.path.name));
  if (!loaded) return;
  const iceberg::TableMetadata& metadata = *loaded->metadata;
  std::vector<std::string> partitions;
  for (const iceberg::PartitionField& field : metadata.spec().fields)
    partitions.push_back(TermOf(metadata, field.source_id, field.transform));
  json["partitioned-by"] = partitions;
  json["sort-order"] = SortOrderOf(metadata);
  json["location"] = metadata.location;
  json["metadata-location"] = loaded->metadata_location;
  json["format-version"] = metadata.format_version;
  json["table-uuid"] = metadata.table_uuid;
  json["snapshots"] = metadata.snapshots.size();
  if (const iceberg::Snapshot* snapshot = metadata.current_snapshot()) {
    json["current-snapshot-id"] =
        std::to_string(snapshot->snapshot_id.value());  // past 2^53 a JSON number is no longer exact
    json["last-commit"] = console::IsoTime(snapshot->timestamp);
    json["summary"] = snapshot->summary;
  }
}

Status ShowTable(Node::Parts& p, const std::string& name, ApiReply& reply) {
  FLOE_TRY(catalog::TablePtr table, FindTable(p, name));
  ordered_json json = {
      {"catalog", table->path.catalog}, {"database", table->path.database}, {"name", table->path.name}};
  json["connector"] = table->connector();
  json["primary-key"] = table->primary_key;
  json["partitioned-by"] = table->partitioned_by;
  if (json["connector"] == "iceberg") AddIceberg(p, *table, json);
  if (auto live = p.realtime->Find(table->path.catalog + "." + table->path.database + "." + table->path.name)) {
    json["rows"] = live->row_count();
    json["bytes"] = live->size_bytes();
  }
  json["options"] = ordered_json::object();
  for (const auto& [key, value] : table->options) json["options"][key] = ShownValue(key, value);
  json["columns"] = ordered_json::array();
  for (const auto& column : table->columns) {
    const bool computed = column.kind == catalog::ColumnKind::kComputed;
    json["columns"].push_back({{"name", column.name},
                               {"type", computed ? "AS " + column.expression : column.type.ToString()},
                               {"nullable", computed || column.type.nullable()}});
  }
  return ReplyJson(reply, json);
}

}  // namespace

void AddTableApi(Node::Parts& p) {
  p.api.Add("GET", "/api/v1/tables",
            [&p](const ApiRequest&, const Api::Parameters&, ApiReply& reply) { return ListTables(p, reply); });
  p.api.Add("GET", "/api/v1/tables/{table}",
            [&p](const ApiRequest&, const Api::Parameters& parameters, ApiReply& reply) {
              return ShowTable(p, parameters.at("table"), reply);
            });
}

}  // namespace floe::server
