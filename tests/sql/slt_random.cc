// SPDX-License-Identifier: Apache-2.0
#include "slt_random.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "base/result.h"
#include "sql/plan/literal_text.h"

namespace floe::slt {
namespace {

using data::TypeKind;

class RowMaker {
 public:
  RowMaker(const sql::catalog::CatalogTable& table, RandomShape& shape) : shape_(shape), random_(shape.seed) {
    for (const auto& column : table.columns) {
      if (column.kind == sql::catalog::ColumnKind::kPhysical) columns_.push_back(&column);
    }
  }

  Result<std::vector<std::string>> Next() {
    shape_.now_us += Below(2000) * 1000;
    std::int64_t time = shape_.now_us;
    if (shape_.disorder_ms > 0) time -= Below(shape_.disorder_ms) * 1000;
    std::vector<std::string> row;
    for (const auto* column : columns_) {
      bool null = column->type.nullable() && !column->type.IsTimestamp() && Below(10) == 0;
      if (null) {
        row.emplace_back("NULL");
        continue;
      }
      FLOE_TRY(std::string cell, Cell(column->type, time));
      row.push_back(std::move(cell));
    }
    return row;
  }
  std::int64_t Below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }

 private:
  Result<std::string> Cell(const data::Type& type, std::int64_t time) {
    switch (type.kind()) {
      case TypeKind::kBoolean: return std::string(Below(2) == 0 ? "true" : "false");
      case TypeKind::kTinyInt:
      case TypeKind::kSmallInt:
      case TypeKind::kInt: return fmt::format("{}", Below(20) - 5);
      case TypeKind::kBigInt: return fmt::format("{}", Below(2000) - 1000);
      case TypeKind::kFloat:
      case TypeKind::kDouble: return fmt::format("{}", static_cast<double>(Below(400) - 200) / 4);
      case TypeKind::kDecimal: return fmt::format("{:.{}f}", static_cast<double>(Below(400) - 200) / 4, type.scale());
      case TypeKind::kChar:
      case TypeKind::kVarchar: return std::string(1, static_cast<char>('a' + Below(7)));
      case TypeKind::kDate: return sql::plan::DateText(20'454 + Below(30));
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz: return sql::plan::TimestampText(time, 3);
      default: return Fail(ErrorKind::kNotSupported, "random rows of type " + type.ToString());
    }
  }

  RandomShape& shape_;
  std::mt19937 random_;
  std::vector<const sql::catalog::CatalogColumn*> columns_;
};

}  // namespace

Result<std::vector<FedBatch>> RandomBatches(const sql::catalog::CatalogTable& table, RandomShape& shape) {
  RowMaker maker(table, shape);
  std::vector<FedBatch> batches;
  for (int made = 0; made < shape.rows;) {
    FedBatch batch{.split = shape.split, .rows = {}, .positions = {}};
    auto size =
        static_cast<int>(std::min<std::int64_t>(1 + maker.Below(maker.Below(3) == 0 ? 5 : 120), shape.rows - made));
    for (int i = 0; i < size; ++i) {
      FLOE_TRY(std::vector<std::string> row, maker.Next());
      batch.rows.push_back(std::move(row));
    }
    made += size;
    batches.push_back(std::move(batch));
  }
  return batches;
}

}  // namespace floe::slt
