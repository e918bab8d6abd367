// SPDX-License-Identifier: Apache-2.0
#include "stream/ops/accumulator.h"

#include <cstring>
#include <map>
#include <optional>

#include <duckdb/common/operator/comparison_operators.hpp>
#include <fmt/format.h>

#include "data/duckdb_type.h"
#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

using duckdb::hugeint_t;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;
using Int128 = __int128;

Int128 Wide(hugeint_t value) {
  return static_cast<Int128>((static_cast<unsigned __int128>(value.upper) << 64) | value.lower);
}
hugeint_t Narrow(Int128 value) {
  return hugeint_t(static_cast<std::int64_t>(value >> 64), static_cast<std::uint64_t>(value));
}
template <typename T>
Int128 Wide(T value) {
  return static_cast<Int128>(value);
}

/// Calls fn(i, row, weight) for each input row whose argument is not NULL. The common case (no weights, no NULLs, flat)
/// has its own loop.
template <typename Fn>
void ForEachValid(const UpdateInput& input, const UnifiedVectorFormat& format, Fn&& fn) {
  const std::size_t n = input.rows.size();
  if (input.weights == nullptr && format.validity.AllValid()) {
    for (std::size_t i = 0; i < n; ++i) fn(i, format.sel->get_index(input.rows[i]), 1);
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const idx_t row = format.sel->get_index(input.rows[i]);
    if (format.validity.RowIsValid(row)) fn(i, row, input.weights == nullptr ? 1 : input.weights[i]);
  }
}

template <typename T>
T ReadAt(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

/// COUNT(*) and COUNT(x).
class Count final : public Accumulator {
 public:
  std::size_t size() const override { return sizeof(std::int64_t); }
  void Update(const UpdateInput& input) override {
    auto add = [&](std::size_t i, int weight) {
      *reinterpret_cast<std::int64_t*>(input.states[i] + input.offset) += weight;
    };
    if (input.args.empty()) {
      for (std::size_t i = 0; i < input.rows.size(); ++i) add(i, input.weights == nullptr ? 1 : input.weights[i]);
      return;
    }
    UnifiedVectorFormat format;
    input.args[0]->ToUnifiedFormat(input.vector_size, format);
    ForEachValid(input, format, [&](std::size_t i, idx_t, int weight) { add(i, weight); });
  }
  void Combine(const std::byte* from, std::byte* into) const override {
    *reinterpret_cast<std::int64_t*>(into) += ReadAt<std::int64_t>(from);
  }
  void Finalize(std::span<std::byte* const> states, std::size_t offset, Vector& result) override {
    auto* out = duckdb::FlatVector::GetData<std::int64_t>(result);
    for (std::size_t i = 0; i < states.size(); ++i) out[i] = ReadAt<std::int64_t>(states[i] + offset);
  }
  void Save(const std::byte* state, StateWriter& writer) const override { writer.Put(ReadAt<std::int64_t>(state)); }
  Status Load(std::byte* state, StateReader& reader) const override {
    FLOE_TRY(auto count, reader.Get<std::int64_t>());
    std::memcpy(state, &count, sizeof(count));
    return {};
  }
};

/// What SUM and AVG become at the end.
struct NumberResult {
  LogicalType type;
  bool average = false;
  int input_scale = 0;  ///< of a decimal argument
};

const Int128 kMaxDecimal = [] {
  Int128 value = 1;
  for (int i = 0; i < 38; ++i) value *= 10;
  return value - 1;
}();

std::optional<Int128> Scale(Int128 value, int digits) {
  for (int i = 0; i < digits; ++i) {
    if (__builtin_mul_overflow(value, Int128{10}, &value)) return std::nullopt;
  }
  return value;
}

Int128 DivideHalfUp(Int128 value, Int128 by) {
  const Int128 quotient = value / by;
  const Int128 rest = value % by;
  const Int128 twice = (rest < 0 ? -rest : rest) * 2;
  return twice >= by ? quotient + (value < 0 ? -1 : 1) : quotient;
}

template <typename T>
void SetNumber(Vector& result, idx_t row, T value) {
  duckdb::FlatVector::GetData<T>(result)[row] = value;
}

void SetIntegral(Vector& result, idx_t row, Int128 value) {
  switch (result.GetType().InternalType()) {
    case PhysicalType::INT8: return SetNumber(result, row, static_cast<std::int8_t>(value));
    case PhysicalType::INT16: return SetNumber(result, row, static_cast<std::int16_t>(value));
    case PhysicalType::INT32: return SetNumber(result, row, static_cast<std::int32_t>(value));
    case PhysicalType::INT64: return SetNumber(result, row, static_cast<std::int64_t>(value));
    default: return SetNumber(result, row, Narrow(value));
  }
}

/// Exact sums of integers and decimals.
void SetExact(const NumberResult& spec, Vector& result, idx_t row, Int128 sum, std::int64_t count) {
  if (spec.type.id() == LogicalTypeId::DOUBLE || spec.type.id() == LogicalTypeId::FLOAT) {
    double value = static_cast<double>(sum);
    for (int i = 0; i < spec.input_scale; ++i) value /= 10;
    if (spec.average) value /= static_cast<double>(count);
    return spec.type.id() == LogicalTypeId::DOUBLE ? SetNumber(result, row, value)
                                                   : SetNumber(result, row, static_cast<float>(value));
  }
  if (spec.type.id() != LogicalTypeId::DECIMAL) return SetIntegral(result, row, spec.average ? sum / count : sum);
  const auto scaled = Scale(sum, duckdb::DecimalType::GetScale(spec.type) - spec.input_scale);
  std::optional<Int128> value = scaled;
  if (scaled && spec.average) value = DivideHalfUp(*scaled, count);
  if (!value || *value > kMaxDecimal || *value < -kMaxDecimal) return duckdb::FlatVector::SetNull(result, row, true);
  SetIntegral(result, row, *value);
}

void SetApproximate(const NumberResult& spec, Vector& result, idx_t row, double sum, std::int64_t count) {
  const double value = spec.average ? sum / static_cast<double>(count) : sum;
  if (spec.type.id() == LogicalTypeId::FLOAT) return SetNumber(result, row, static_cast<float>(value));
  SetNumber(result, row, value);
}

/// SUM and AVG over values of T; exact in 128 bits for integers and decimals, double for the others.
template <typename T>
class Sum final : public Accumulator {
  static constexpr bool kExact = !std::is_floating_point_v<T>;
  using Total = std::conditional_t<kExact, Int128, double>;
  struct State {
    Total sum;
    std::int64_t count;
  };

 public:
  explicit Sum(NumberResult result) : result_(std::move(result)) {}
  std::size_t size() const override { return sizeof(State); }
  void Update(const UpdateInput& input) override {
    UnifiedVectorFormat format;
    input.args[0]->ToUnifiedFormat(input.vector_size, format);
    const auto* values = UnifiedVectorFormat::GetData<T>(format);
    ForEachValid(input, format, [&](std::size_t i, idx_t row, int weight) {
      auto& state = *reinterpret_cast<State*>(input.states[i] + input.offset);
      Add(state.sum, static_cast<Total>(weight) * Value(values[row]));
      state.count += weight;
    });
  }
  void Combine(const std::byte* from, std::byte* into) const override {
    const auto& source = *reinterpret_cast<const State*>(from);
    auto& target = *reinterpret_cast<State*>(into);
    Add(target.sum, source.sum);
    target.count += source.count;
  }
  void Finalize(std::span<std::byte* const> states, std::size_t offset, Vector& result) override {
    for (std::size_t i = 0; i < states.size(); ++i) {
      const auto& state = *reinterpret_cast<const State*>(states[i] + offset);
      duckdb::FlatVector::SetNull(result, i, state.count == 0);
      if (state.count == 0) continue;
      if constexpr (kExact) {
        SetExact(result_, result, i, state.sum, state.count);
      } else {
        SetApproximate(result_, result, i, state.sum, state.count);
      }
    }
  }
  void Save(const std::byte* state, StateWriter& writer) const override {
    writer.Put(reinterpret_cast<const State*>(state)->sum);
    writer.Put(reinterpret_cast<const State*>(state)->count);
  }
  Status Load(std::byte* state, StateReader& reader) const override {
    FLOE_TRY(auto sum, reader.Get<Total>());
    FLOE_TRY(auto count, reader.Get<std::int64_t>());
    *reinterpret_cast<State*>(state) = State{sum, count};
    return {};
  }

 private:
  static Total Value(const T& value) {
    if constexpr (kExact) {
      return Wide(value);
    } else {
      return static_cast<double>(value);
    }
  }
  static void Add(Total& sum, Total value) {
    if constexpr (kExact) {
      // Unsigned, because a sum may wrap.
      sum = static_cast<Int128>(static_cast<unsigned __int128>(sum) + static_cast<unsigned __int128>(value));
    } else {
      sum += value;
    }
  }
  NumberResult result_;
};

/// DuckDB's order: NaN is the greatest number.
template <typename T>
bool Less(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, std::string>) {
    return a < b;
  } else {
    return duckdb::LessThan::Operation<T>(a, b);
  }
}

/// The value type kept for an argument type, and how it goes in and out of vectors.
template <typename T>
T ReadValue(const T* values, idx_t row) {
  return values[row];
}
std::string ReadValue(const duckdb::string_t* values, idx_t row) {
  return values[row].GetString();
}
template <typename T>
void WriteValue(Vector& result, idx_t row, const T& value) {
  duckdb::FlatVector::GetData<T>(result)[row] = value;
}
template <>
void WriteValue(Vector& result, idx_t row, const std::string& value) {
  duckdb::FlatVector::GetData<duckdb::string_t>(result)[row] = duckdb::StringVector::AddStringOrBlob(result, value);
}
template <typename T>
void SaveValue(const T& value, StateWriter& writer) {
  if constexpr (std::is_same_v<T, std::string>) {
    writer.PutBytes(value);
  } else {
    writer.Put(value);
  }
}
template <typename T>
Result<T> LoadValue(StateReader& reader) {
  if constexpr (std::is_same_v<T, std::string>) {
    FLOE_TRY(auto bytes, reader.GetBytes());
    return std::string(bytes);
  } else {
    return reader.Get<T>();
  }
}

/// MIN and MAX where nothing is taken back: one value. A string state owns its text.
template <typename In, typename T, bool kMax>
class Extreme final : public Accumulator {
  static constexpr bool kText = std::is_same_v<T, std::string>;
  using Kept = std::conditional_t<kText, std::string*, T>;
  struct State {
    Kept value;
    bool set;
  };

 public:
  std::size_t size() const override { return sizeof(State); }
  bool owns_memory() const override { return kText; }
  void Destroy(std::byte* state) const override {
    if constexpr (kText) delete reinterpret_cast<State*>(state)->value;
  }
  void Update(const UpdateInput& input) override {
    UnifiedVectorFormat format;
    input.args[0]->ToUnifiedFormat(input.vector_size, format);
    const auto* values = UnifiedVectorFormat::GetData<In>(format);
    ForEachValid(input, format, [&](std::size_t i, idx_t row, int) {
      Offer(*reinterpret_cast<State*>(input.states[i] + input.offset), ReadValue(values, row));
    });
  }
  void Combine(const std::byte* from, std::byte* into) const override {
    const auto& source = *reinterpret_cast<const State*>(from);
    if (source.set) Offer(*reinterpret_cast<State*>(into), Get(source));
  }
  void Finalize(std::span<std::byte* const> states, std::size_t offset, Vector& result) override {
    for (std::size_t i = 0; i < states.size(); ++i) {
      const auto& state = *reinterpret_cast<const State*>(states[i] + offset);
      duckdb::FlatVector::SetNull(result, i, !state.set);
      if (state.set) WriteValue<T>(result, i, Get(state));
    }
  }
  void Save(const std::byte* state, StateWriter& writer) const override {
    const auto& kept = *reinterpret_cast<const State*>(state);
    writer.Put(kept.set);
    if (kept.set) SaveValue<T>(Get(kept), writer);
  }
  Status Load(std::byte* state, StateReader& reader) const override {
    FLOE_TRY(auto set, reader.Get<std::uint8_t>());
    if (set == 0) return {};
    FLOE_TRY(T value, LoadValue<T>(reader));
    Offer(*reinterpret_cast<State*>(state), value);
    return {};
  }

 private:
  static const T& Get(const State& state) {
    if constexpr (kText) {
      return *state.value;
    } else {
      return state.value;
    }
  }
  static void Offer(State& state, const T& value) {
    if (!state.set) {
      if constexpr (kText) {
        state.value = new std::string(value);
      } else {
        state.value = value;
      }
      state.set = true;
    } else if (kMax ? Less(Get(state), value) : Less(value, Get(state))) {
      const_cast<T&>(Get(state)) = value;
    }
  }
};

/// MIN and MAX with retraction: all values in order, with their multiplicity. A count may be negative for a while when
/// a retraction overtakes its row; such values do not show.
template <typename In, typename T, bool kMax>
class RetractableExtreme final : public Accumulator {
  struct Order {
    bool operator()(const T& a, const T& b) const { return Less(a, b); }
  };
  using Values = std::map<T, std::int64_t, Order>;

 public:
  std::size_t size() const override { return sizeof(Values*); }
  bool owns_memory() const override { return true; }
  void Init(std::byte* state) const override { *reinterpret_cast<Values**>(state) = new Values; }
  void Destroy(std::byte* state) const override { delete *reinterpret_cast<Values**>(state); }
  void Update(const UpdateInput& input) override {
    UnifiedVectorFormat format;
    input.args[0]->ToUnifiedFormat(input.vector_size, format);
    const auto* values = UnifiedVectorFormat::GetData<In>(format);
    ForEachValid(input, format, [&](std::size_t i, idx_t row, int weight) {
      Add(**reinterpret_cast<Values**>(input.states[i] + input.offset), ReadValue(values, row), weight);
    });
  }
  void Combine(const std::byte* from, std::byte* into) const override {
    for (const auto& [value, count] : **reinterpret_cast<Values* const*>(from))
      Add(**reinterpret_cast<Values**>(into), value, count);
  }
  void Finalize(std::span<std::byte* const> states, std::size_t offset, Vector& result) override {
    for (std::size_t i = 0; i < states.size(); ++i) {
      const Values& values = **reinterpret_cast<Values**>(states[i] + offset);
      const T* found = nullptr;
      if constexpr (kMax) {
        for (auto at = values.rbegin(); at != values.rend() && found == nullptr; ++at)
          found = at->second > 0 ? &at->first : nullptr;
      } else {
        for (auto at = values.begin(); at != values.end() && found == nullptr; ++at)
          found = at->second > 0 ? &at->first : nullptr;
      }
      duckdb::FlatVector::SetNull(result, i, found == nullptr);
      if (found != nullptr) WriteValue<T>(result, i, *found);
    }
  }
  void Save(const std::byte* state, StateWriter& writer) const override {
    const Values& values = **reinterpret_cast<Values* const*>(state);
    writer.Put<std::uint64_t>(values.size());
    for (const auto& [value, count] : values) {
      SaveValue<T>(value, writer);
      writer.Put(count);
    }
  }
  Status Load(std::byte* state, StateReader& reader) const override {
    FLOE_TRY(auto size, reader.GetCount(sizeof(std::int64_t)));
    for (std::uint64_t i = 0; i < size; ++i) {
      FLOE_TRY(T value, LoadValue<T>(reader));
      FLOE_TRY(auto count, reader.Get<std::int64_t>());
      Add(**reinterpret_cast<Values**>(state), value, count);
    }
    return {};
  }

 private:
  static void Add(Values& values, const T& value, std::int64_t count) {
    auto [at, is_new] = values.try_emplace(value, 0);
    at->second += count;
    if (at->second == 0) values.erase(at);
  }
};

template <typename In, typename T = In>
std::unique_ptr<Accumulator> MakeExtreme(bool max, bool retract) {
  if (retract) {
    if (max) return std::make_unique<RetractableExtreme<In, T, true>>();
    return std::make_unique<RetractableExtreme<In, T, false>>();
  }
  if (max) return std::make_unique<Extreme<In, T, true>>();
  return std::make_unique<Extreme<In, T, false>>();
}

std::unique_ptr<Accumulator> MakeExtreme(const LogicalType& type, bool max, bool retract) {
  switch (type.InternalType()) {
    case PhysicalType::BOOL: return MakeExtreme<bool>(max, retract);
    case PhysicalType::INT8: return MakeExtreme<std::int8_t>(max, retract);
    case PhysicalType::INT16: return MakeExtreme<std::int16_t>(max, retract);
    case PhysicalType::INT32: return MakeExtreme<std::int32_t>(max, retract);
    case PhysicalType::INT64: return MakeExtreme<std::int64_t>(max, retract);
    case PhysicalType::INT128: return MakeExtreme<hugeint_t>(max, retract);
    case PhysicalType::FLOAT: return MakeExtreme<float>(max, retract);
    case PhysicalType::DOUBLE: return MakeExtreme<double>(max, retract);
    case PhysicalType::VARCHAR: return MakeExtreme<duckdb::string_t, std::string>(max, retract);
    default: return nullptr;
  }
}

bool IsNumber(const LogicalType& type) {
  return type.IsNumeric();
}

std::unique_ptr<Accumulator> MakeSum(const LogicalType& argument, const LogicalType& result, bool average) {
  if (!IsNumber(argument) || !IsNumber(result)) return nullptr;
  const bool decimal = argument.id() == LogicalTypeId::DECIMAL;
  NumberResult spec{result, average, decimal ? duckdb::DecimalType::GetScale(argument) : 0};
  // A decimal sum that loses digits, or an integer from decimals, is DuckDB's business (bag).
  if (decimal && result.IsIntegral()) return nullptr;
  if (result.id() == LogicalTypeId::DECIMAL && duckdb::DecimalType::GetScale(result) < spec.input_scale) return nullptr;
  const bool approximate = argument.id() == LogicalTypeId::FLOAT || argument.id() == LogicalTypeId::DOUBLE;
  if (approximate && result.id() != LogicalTypeId::FLOAT && result.id() != LogicalTypeId::DOUBLE) return nullptr;
  switch (argument.InternalType()) {
    case PhysicalType::INT8: return std::make_unique<Sum<std::int8_t>>(spec);
    case PhysicalType::INT16: return std::make_unique<Sum<std::int16_t>>(spec);
    case PhysicalType::INT32: return std::make_unique<Sum<std::int32_t>>(spec);
    case PhysicalType::INT64: return std::make_unique<Sum<std::int64_t>>(spec);
    case PhysicalType::INT128: return std::make_unique<Sum<hugeint_t>>(spec);
    case PhysicalType::FLOAT: return std::make_unique<Sum<float>>(spec);
    case PhysicalType::DOUBLE: return std::make_unique<Sum<double>>(spec);
    default: return nullptr;
  }
}

std::unique_ptr<Accumulator> MakeNative(const std::string& name, const DuckTypes& arguments, const LogicalType& result,
                                        bool retract) {
  if ((name == "count" || name == "count_star") && arguments.size() <= 1 && result.id() == LogicalTypeId::BIGINT) {
    return std::make_unique<Count>();
  }
  if (arguments.size() != 1) return nullptr;
  if (name == "sum" || name == "avg") return MakeSum(arguments[0], result, name == "avg");
  if ((name == "min" || name == "max") && arguments[0] == result) return MakeExtreme(result, name == "max", retract);
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<Accumulator>> MakeAccumulator(ExpressionContext& context, const sql::plan::AggregateCall& call,
                                                     const DuckTypes& arguments, bool retract) {
  FLOE_TRY(LogicalType result, data::ToDuckDB(call.type));
  // MIN and MAX do not care about duplicates.
  const bool distinct = call.distinct && call.function != "min" && call.function != "max";
  auto native = MakeNative(call.function, arguments, result, retract && !distinct);
  if (native && !distinct) return native;
  if (native) return MakeBagAccumulator(std::move(native), arguments, true);
  auto duck = MakeDuckAccumulator(context, call, arguments, result);
  if (!duck) return Fail(std::move(duck.error()).WithContext(fmt::format("while planning aggregate '{}'", call.name)));
  return MakeBagAccumulator(std::move(*duck), arguments, distinct);
}

}  // namespace floe::stream
