// SPDX-License-Identifier: Apache-2.0
#include "query/local_time.h"

#include <algorithm>

#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/result.h"
#include "duck/guard.h"
#include "sql/bind/casts.h"

namespace floe::query {
namespace {

using data::Type;
using data::TypeKind;

/// Zones change their offset at whole quarters of an hour; before about 1920 not all did, and up to that much is off.
constexpr std::int64_t kQuarterUs = 900'000'000;

bool HoldsInstant(const Type& type) {
  if (type.kind() == TypeKind::kTimestampLtz) return true;
  return std::ranges::any_of(type.fields(), [](const data::RowField& field) { return HoldsInstant(*field.type); });
}

bool IsFinite(std::int64_t micros) {
  return duckdb::Timestamp::IsFinite(duckdb::timestamp_t(micros));
}

std::int64_t QuarterOf(std::int64_t micros) {
  return micros / kQuarterUs - (micros % kQuarterUs < 0 ? 1 : 0);
}

Result<std::int64_t> AskOffset(duck::Instance& duckdb, const std::string& zone, std::int64_t quarter) {
  FLOE_TRY(auto connection, duckdb.Connect());
  std::int64_t offset = 0;
  FLOE_TRY_VOID(duck::Guard([&] {
    auto result = connection->Query(fmt::format("SELECT epoch_us(timezone({0}, make_timestamptz({1}))) - {1}",
                                                duckdb::KeywordHelper::WriteQuoted(zone), quarter * kQuarterUs));
    if (result->HasError()) result->ThrowError();
    offset = result->GetValue(0, 0).GetValue<std::int64_t>();
  }));
  return offset;
}

}  // namespace

LocalTimes::LocalTimes(duck::Instance& duckdb, std::string zone, ResultConsumer& inner)
    : duckdb_(duckdb), zone_(std::move(zone)), inner_(inner) {}

Status LocalTimes::OnSchema(const data::Schema& schema, bool changelog, bool live) {
  types_.clear();
  shown_.clear();
  const bool utc = sql::bind::FixedOffsetMs(zone_) == 0;
  for (const data::Field& field : schema.fields) {
    if (!utc && HoldsInstant(field.type)) shown_.push_back(types_.size());
    types_.push_back(field.type);
  }
  return inner_.OnSchema(schema, changelog, live);
}

Result<std::int64_t> LocalTimes::Local(std::int64_t micros) {
  if (!IsFinite(micros)) return micros;
  const std::int64_t quarter = QuarterOf(micros);
  if (last_.first != quarter) {
    auto [known, is_new] = quarters_.try_emplace(quarter, 0);
    if (is_new) {
      if (auto fixed = sql::bind::FixedOffsetMs(zone_)) {
        known->second = *fixed * 1000;
      } else {
        FLOE_TRY(known->second, AskOffset(duckdb_, zone_, quarter));
      }
    }
    last_ = *known;
  }
  std::int64_t local = 0;
  const bool fits = !__builtin_add_overflow(micros, last_.second, &local) && IsFinite(local);
  return fits ? local : micros;
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
  const auto& element = duckdb::ListType::GetChildType(value.type());
  return type.kind() == TypeKind::kArray ? duckdb::Value::LIST(element, std::move(children))
                                         : duckdb::Value::MAP(element, std::move(children));
}

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
    FLOE_TRY_VOID(LocalColumn(batch, column, local.rows.data[column]));
  }
  local.rows.SetCardinality(batch.size());
  return inner_.OnRows(local);
}

}  // namespace floe::query
