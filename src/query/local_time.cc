// SPDX-License-Identifier: Apache-2.0
#include "query/local_time.h"

#include <algorithm>

#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/result.h"
#include "duck/guard.h"
#include "sql/bind/zone.h"

namespace floe::query {
namespace {

using data::Type;
using data::TypeKind;

/// Zones change their offset at whole quarters of an hour; where they did not (in Europe until 1937, in Liberia until
/// 1972), what lies between the change and the quarter's end is off by it.
constexpr std::int64_t kQuarterUs = 900'000'000;
/// Offsets are asked for by about a year at a time.
constexpr std::int64_t kSpanQuarters = 366 * 24 * 4;
/// Flink's timestamps: 0001-01-01 and 10000-01-01. What lies outside stays as it is.
constexpr std::int64_t kFirstUs = -62'135'596'800'000'000;
constexpr std::int64_t kEndUs = 253'402'300'800'000'000;

bool HoldsInstant(const Type& type) {
  if (type.kind() == TypeKind::kTimestampLtz) return true;
  return std::ranges::any_of(type.fields(), [](const data::RowField& field) { return HoldsInstant(*field.type); });
}

std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

/// Where the offset changes: the span's first quarter, and those at which it is another than before.
Status LocalTimes::Learn(std::int64_t span, Changes& changes) {
  FLOE_TRY(auto connection, duckdb_.Connect());
  return duck::Guard([&] {
    auto result = connection->Query(fmt::format(
        "SELECT q, o FROM (SELECT q, o, lag(o) OVER (ORDER BY q) AS before FROM (SELECT q, epoch_us(timezone({}, "
        "make_timestamptz(q * {}))) - q * {} AS o FROM (SELECT unnest(range({}::BIGINT, {}::BIGINT)) AS q))) "
        "WHERE before IS NULL OR o <> before ORDER BY q",
        duckdb::KeywordHelper::WriteQuoted(zone_), kQuarterUs, kQuarterUs, span * kSpanQuarters,
        (span + 1) * kSpanQuarters));
    if (result->HasError()) result->ThrowError();
    for (duckdb::idx_t row = 0; row < result->RowCount(); ++row) {
      changes.emplace_back(result->GetValue(0, row).GetValue<std::int64_t>() * kQuarterUs,
                           result->GetValue(1, row).GetValue<std::int64_t>());
    }
  });
}

LocalTimes::LocalTimes(duck::Instance& duckdb, std::string zone, ResultConsumer& inner)
    : duckdb_(duckdb), zone_(std::move(zone)), inner_(inner) {
  if (auto fixed = sql::bind::FixedOffsetMs(zone_)) fixed_ = *fixed * 1000;
}

Status LocalTimes::OnSchema(const data::Schema& schema, bool changelog, bool live) {
  types_.clear();
  shown_.clear();
  const bool utc = fixed_ == 0;
  for (const data::Field& field : schema.fields) {
    if (!utc && HoldsInstant(field.type)) shown_.push_back(types_.size());
    types_.push_back(field.type);
  }
  return inner_.OnSchema(schema, changelog, live);
}

Result<std::int64_t> LocalTimes::Local(std::int64_t micros) {
  if (micros < kFirstUs || micros >= kEndUs) return micros;
  if (fixed_) return micros + *fixed_;
  const std::int64_t span = FloorDivide(micros, kSpanQuarters * kQuarterUs);
  if (last_ == nullptr || span != last_span_) {
    auto [known, is_new] = spans_.try_emplace(span);
    if (is_new) FLOE_TRY_VOID(Learn(span, known->second));
    last_ = &known->second;
    last_span_ = span;
  }
  auto later = std::ranges::upper_bound(*last_, micros, {}, [](const auto& change) { return change.first; });
  return micros + std::prev(later)->second;
}

Result<duckdb::Value> LocalTimes::Local(const duckdb::Value& value, const Type& type) {
  if (value.IsNull() || !HoldsInstant(type)) return value;
  if (type.kind() == TypeKind::kTimestampLtz) {
    FLOE_TRY(const std::int64_t local, Local(value.GetValueUnsafe<std::int64_t>()));
    return duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(local));
  }
  const bool row = type.kind() == TypeKind::kRow;
  duckdb::vector<duckdb::Value> children;
  for (const duckdb::Value& old :
       row ? duckdb::StructValue::GetChildren(value) : duckdb::ListValue::GetChildren(value)) {
    if (row || type.kind() == TypeKind::kArray) {
      FLOE_TRY(duckdb::Value child, Local(old, type.child(row ? children.size() : 0)));
      children.push_back(std::move(child));
      continue;
    }
    duckdb::child_list_t<duckdb::Value> entry;  // of a MAP, or of a MULTISET, whose counts have no type of their own
    const auto& pair = duckdb::StructValue::GetChildren(old);
    FLOE_TRY(duckdb::Value key, Local(pair[0], type.child(0)));
    entry.emplace_back("key", std::move(key));
    entry.emplace_back("value", pair[1]);
    if (type.fields().size() > 1) {
      FLOE_TRY(entry.back().second, Local(pair[1], type.child(1)));
    }
    children.push_back(duckdb::Value::STRUCT(std::move(entry)));
  }
  if (row) return duckdb::Value::STRUCT(value.type(), std::move(children));
  const duckdb::LogicalType& element = duckdb::ListType::GetChildType(value.type());
  if (type.kind() == TypeKind::kArray) return duckdb::Value::LIST(element, std::move(children));
  // An hour of autumn comes twice, and DuckDB's MAP takes no equal keys: such a one keeps its instants.
  const auto key = [](const duckdb::Value& entry) { return duckdb::StructValue::GetChildren(entry)[0]; };
  for (auto one = children.begin(); one != children.end(); ++one) {
    if (std::any_of(children.begin(), one, [&](const auto& other) { return key(other) == key(*one); })) return value;
  }
  return duckdb::Value::MAP(element, std::move(children));
}

/// DuckDB's exceptions are the caller's.
Status LocalTimes::LocalColumn(const data::Batch& batch, std::size_t column, duckdb::Vector& out) {
  const auto& in = batch.rows.data[column];
  if (types_[column].kind() != TypeKind::kTimestampLtz) {
    for (duckdb::idx_t row = 0; row < batch.size(); ++row) {
      FLOE_TRY(duckdb::Value local, Local(in.GetValue(row), types_[column]));
      out.SetValue(row, local);
    }
    return {};
  }
  duckdb::UnifiedVectorFormat values;
  const_cast<duckdb::Vector&>(in).ToUnifiedFormat(batch.size(), values);  // does not change what it holds
  const auto* instants = duckdb::UnifiedVectorFormat::GetData<std::int64_t>(values);
  auto* locals = duckdb::FlatVector::GetData<std::int64_t>(out);
  for (duckdb::idx_t row = 0; row < batch.size(); ++row) {
    const auto at = values.sel->get_index(row);
    if (!values.validity.RowIsValid(at)) {
      duckdb::FlatVector::SetNull(out, row, true);
      continue;
    }
    FLOE_TRY(locals[row], Local(instants[at]));
  }
  return {};
}

Status LocalTimes::OnRows(const data::Batch& batch) {
  if (shown_.empty()) return inner_.OnRows(batch);
  data::Batch local;
  local.kinds = batch.kinds;
  local.rows.Initialize(duckdb::Allocator::DefaultAllocator(), batch.rows.GetTypes(),
                        std::max<duckdb::idx_t>(batch.size(), STANDARD_VECTOR_SIZE));
  for (std::size_t column = 0; column < types_.size(); ++column) {
    if (!std::ranges::binary_search(shown_, column)) {
      local.rows.data[column].Reference(batch.rows.data[column]);
      continue;
    }
    Status done;
    FLOE_TRY_VOID(duck::Guard([&] { done = LocalColumn(batch, column, local.rows.data[column]); }));
    FLOE_TRY_VOID(done);
  }
  local.rows.SetCardinality(batch.size());
  return inner_.OnRows(local);
}

}  // namespace floe::query
