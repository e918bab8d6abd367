// SPDX-License-Identifier: Apache-2.0
#include "query/iceberg_scan.h"

#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/result.h"
#include "connect/iceberg/iceberg_connector.h"
#include "data/duckdb_type.h"
#include "duck/guard.h"
#include "iceberg/metadata/duckdb_type.h"
#include "iceberg/scan/metadata_tables.h"
#include "iceberg/scan/plan.h"
#include "iceberg/scan/relation.h"
#include "query/session_parts.h"

namespace floe::query {
namespace {

namespace plan = sql::plan;
using plan::ExpressionKind;

/// A plan literal as a DuckDB value of its type; nullopt for what pruning has no use for.
std::optional<duckdb::Value> LiteralValue(const plan::Expression& e) {
  if (e.kind == ExpressionKind::kCast && e.args.size() == 1) {
    auto inner = LiteralValue(*e.args[0]);
    auto type = data::ToDuckDB(e.type);
    if (!inner || !type) return std::nullopt;
    duckdb::Value cast;
    std::string error;
    if (!inner->DefaultTryCastAs(*type, cast, &error, true)) return std::nullopt;
    return cast;
  }
  if (e.kind != ExpressionKind::kLiteral) return std::nullopt;
  const auto* number = std::get_if<std::int64_t>(&e.value);
  switch (e.type.kind()) {
    case data::TypeKind::kTinyInt:
    case data::TypeKind::kSmallInt:
    case data::TypeKind::kInt:
      return number ? std::optional(duckdb::Value::INTEGER(static_cast<std::int32_t>(*number))) : std::nullopt;
    case data::TypeKind::kBigInt: return number ? std::optional(duckdb::Value::BIGINT(*number)) : std::nullopt;
    case data::TypeKind::kDate:
      return number ? std::optional(duckdb::Value::DATE(duckdb::date_t(static_cast<std::int32_t>(*number))))
                    : std::nullopt;
    case data::TypeKind::kTimestamp:
      return number ? std::optional(duckdb::Value::TIMESTAMP(duckdb::timestamp_t(*number))) : std::nullopt;
    case data::TypeKind::kTimestampLtz:
      return number ? std::optional(duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(*number))) : std::nullopt;
    case data::TypeKind::kDouble:
      if (const auto* real = std::get_if<double>(&e.value)) return duckdb::Value::DOUBLE(*real);
      return std::nullopt;
    case data::TypeKind::kChar:
    case data::TypeKind::kVarchar:
      if (const auto* text = std::get_if<std::string>(&e.value)) return duckdb::Value(*text);
      return std::nullopt;
    default: return std::nullopt;
  }
}

std::optional<iceberg::CompareOp> OpOf(const std::string& text, bool swapped) {
  using iceberg::CompareOp;
  if (text == "=") return CompareOp::kEqual;
  if (text == "<") return swapped ? CompareOp::kGreater : CompareOp::kLess;
  if (text == "<=") return swapped ? CompareOp::kGreaterOrEqual : CompareOp::kLessOrEqual;
  if (text == ">") return swapped ? CompareOp::kLess : CompareOp::kGreater;
  if (text == ">=") return swapped ? CompareOp::kLessOrEqual : CompareOp::kGreaterOrEqual;
  return std::nullopt;
}

/// Collects what of a filter can prune; what cannot is left to the query.
class PredicateCollector {
 public:
  PredicateCollector(const plan::Scan& scan, const iceberg::Schema& schema) : scan_(scan), schema_(schema) {}

  void Add(const plan::Expression& e) {
    if (e.kind == ExpressionKind::kAnd) {
      for (const auto& arg : e.args) Add(*arg);
    } else if (e.kind == ExpressionKind::kCompare && e.args.size() == 2) {
      Compare(e);
    } else if (e.kind == ExpressionKind::kIsNull || e.kind == ExpressionKind::kIsNotNull) {
      if (const iceberg::Field* field = FieldOf(*e.args[0])) {
        predicates.push_back(
            {field->id,
             e.kind == ExpressionKind::kIsNull ? iceberg::CompareOp::kIsNull : iceberg::CompareOp::kIsNotNull,
             {}});
      }
    } else if (e.kind == ExpressionKind::kIn) {
      In(e);
    }
  }

  std::vector<iceberg::ColumnPredicate> predicates;

 private:
  const iceberg::Field* FieldOf(const plan::Expression& e) const {
    if (e.kind != ExpressionKind::kColumn || e.column < 0 || static_cast<std::size_t>(e.column) >= scan_.columns.size())
      return nullptr;
    const std::string& name =
        scan_.table.physical.fields[static_cast<std::size_t>(scan_.columns[static_cast<std::size_t>(e.column)])].name;
    return schema_.FindByName(name);
  }

  std::optional<iceberg::Literal> LiteralFor(const plan::Expression& e, const iceberg::Field& field) const {
    auto value = LiteralValue(e);
    auto type = iceberg::ToDuckDB(field.type);
    if (!value || value->IsNull() || !type) return std::nullopt;
    duckdb::Value cast;
    std::string error;
    // Only a cast that loses nothing: 1.5 must not prune as 1.
    if (!value->DefaultTryCastAs(*type, cast, &error, true) || cast.IsNull()) return std::nullopt;
    duckdb::Value back;
    if (!cast.DefaultTryCastAs(value->type(), back, &error, true) || !duckdb::Value::NotDistinctFrom(back, *value))
      return std::nullopt;
    return iceberg::LiteralFromDuckDB(cast, field.type);
  }

  void Compare(const plan::Expression& e) {
    bool swapped = e.args[0]->kind != ExpressionKind::kColumn;
    const iceberg::Field* field = FieldOf(*e.args[swapped ? 1 : 0]);
    auto op = OpOf(e.function, swapped);
    if (field == nullptr || !op) return;
    if (auto literal = LiteralFor(*e.args[swapped ? 0 : 1], *field))
      predicates.push_back({field->id, *op, {std::move(*literal)}});
  }

  void In(const plan::Expression& e) {
    const iceberg::Field* field = FieldOf(*e.args[0]);
    if (field == nullptr) return;
    iceberg::ColumnPredicate predicate{field->id, iceberg::CompareOp::kIn, {}};
    for (std::size_t i = 1; i < e.args.size(); ++i) {
      auto literal = LiteralFor(*e.args[i], *field);
      if (!literal) return;
      predicate.values.push_back(std::move(*literal));
    }
    predicates.push_back(std::move(predicate));
  }

  const plan::Scan& scan_;
  const iceberg::Schema& schema_;
};

iceberg::AsOf AsOfOf(const plan::Scan& scan) {
  if (scan.as_of_snapshot) return SnapshotId(*scan.as_of_snapshot);
  if (scan.as_of_timestamp_ms) return iceberg::AsOfTimestamp{TimestampMs(*scan.as_of_timestamp_ms)};
  if (!scan.as_of_ref.empty()) return iceberg::AsOfRef{scan.as_of_ref};
  return std::monostate{};
}

std::unexpected<Error> NoSnapshotAsOld(const plan::Scan& scan, const iceberg::TableMetadata& metadata) {
  std::optional<std::int64_t> oldest;
  for (const auto& snapshot : metadata.snapshots)
    oldest = std::min(oldest.value_or(snapshot->timestamp.value()), snapshot->timestamp.value());
  return Fail(ErrorKind::kNotFound,
              fmt::format("table {} has no snapshot as old as {} UTC; {}", scan.table.FullName(),
                          FormatTime(*scan.as_of_timestamp_ms),
                          oldest ? fmt::format("its oldest is of {} UTC", FormatTime(*oldest)) : "it has none yet"));
}

/// SELECT of the scan's columns by name, in its order.
std::string SelectColumns(const plan::Scan& scan, const std::string& relation) {
  std::string columns;
  for (int column : scan.columns) {
    const std::string& name = scan.table.physical.fields[static_cast<std::size_t>(column)].name;
    columns += (columns.empty() ? "" : ", ") + duckdb::KeywordHelper::WriteQuoted(name, '"');
  }
  if (columns.empty()) columns = "1";
  return fmt::format("(SELECT {} FROM {})", columns, relation);
}

}  // namespace

NativeScan IcebergScan(iceberg::Catalog& catalog, duck::Instance& duckdb) {
  return [&catalog, &duckdb](const plan::Scan& scan) -> Result<NativeRelation> {
    FLOE_TRY(iceberg::LoadedTable table,
             catalog.LoadTable(connect::IcebergTableOf(scan.table.options, scan.table.database, scan.table.name)));
    if (auto kind = scan.table.options.find(kMetadataTableOption); kind != scan.table.options.end()) {
      FLOE_TRY(iceberg::MetadataRows rows, iceberg::ReadMetadataTable(catalog.io(), table, kind->second));
      return NativeRelation{SelectColumns(scan, iceberg::ToSql(rows)), nullptr};
    }
    PredicateCollector collector(scan, table.metadata->schema());
    for (const auto& filter : scan.pushed_filters) collector.Add(*filter);
    auto planned = iceberg::PlanScan(catalog.io(), table, AsOfOf(scan), collector.predicates);
    if (!planned && scan.as_of_timestamp_ms && planned.error().kind() == ErrorKind::kNotFound)
      return NoSnapshotAsOld(scan, *table.metadata);
    FLOE_TRY(iceberg::ScanPlan scan_plan, std::move(planned));
    FLOE_TRY(iceberg::TableRelation relation, iceberg::MakeRelation(duckdb, scan_plan));
    auto kept = std::make_shared<iceberg::TableRelation>(std::move(relation));
    return NativeRelation{SelectColumns(scan, kept->sql), kept};
  };
}

}  // namespace floe::query
