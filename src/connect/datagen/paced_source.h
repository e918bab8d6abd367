// SPDX-License-Identifier: Apache-2.0
// Sources that make up rows: a number of rows, a pace, and a position that is only a count, since row n depends on
// nothing but the seed and n.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connect/api/source.h"
#include "formats/column.h"

namespace floe::connect {

/// Random numbers of one row and column: the same for the same (seed, row, column). Cheap to make.
class RowRandom {
 public:
  RowRandom(std::uint64_t seed, std::uint64_t row, std::uint64_t column)
      : state_(Mix(seed ^ Mix(row + 1) ^ Mix((column + 1) << 32))) {}
  std::uint64_t Next() { return Mix(state_ += 0x9E3779B97F4A7C15ULL); }
  /// In [0, bound); bound > 0.
  std::uint64_t Below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
  /// In [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  static std::uint64_t Mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

/// Writes the value of row number `number` into `column` at `row`.
using ColumnGenerator =
    std::function<Status(std::uint64_t number, RowRandom& random, formats::Column& column, std::size_t row)>;

struct GeneratedColumn {
  data::Type type;
  std::string name;
  ColumnGenerator generate;
};

struct PacedSourceSpec {
  std::vector<GeneratedColumn> columns;
  std::int64_t rows_per_second = 0;  ///< 0: as fast as asked
  std::optional<std::int64_t> number_of_rows;
  std::uint64_t seed = 0;
  std::string split_name;
};

/// `state` of an earlier Snapshot continues with the same seed. kCorruption.
Result<std::unique_ptr<SourceReader>> MakePacedSource(PacedSourceSpec spec, Clock& clock,
                                                      const std::optional<std::string>& state);

}  // namespace floe::connect
