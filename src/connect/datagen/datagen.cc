// SPDX-License-Identifier: Apache-2.0
#include "connect/datagen/datagen.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "connect/datagen/paced_source.h"
#include "formats/text.h"

namespace floe::connect {
namespace {

using data::Type;
using data::TypeKind;
using formats::Column;

/// fields.<column>.* of one column.
struct FieldOptions {
  const Options& options;
  std::string column;

  const std::string* Get(const std::string& name) const {
    auto it = options.find("fields." + column + "." + name);
    return it == options.end() ? nullptr : &it->second;
  }
  Result<std::optional<double>> Number(const std::string& name) const {
    const std::string* text = Get(name);
    if (text == nullptr) return std::nullopt;
    auto value = formats::ParseDouble(*text);
    if (!value) return Bad(name, *text, "a number");
    return *value;
  }
  Result<std::int64_t> Integer(const std::string& name, std::int64_t fallback) const {
    const std::string* text = Get(name);
    if (text == nullptr) return fallback;
    auto value = formats::ParseInteger(*text);
    if (!value) return Bad(name, *text, "a whole number");
    return *value;
  }
  std::unexpected<Error> Bad(const std::string& name, const std::string& value, std::string_view expected) const {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("option 'fields.{}.{}' = '{}': expected {}", column, name, value, expected));
  }
};

std::pair<std::int64_t, std::int64_t> IntegerRange(TypeKind kind) {
  switch (kind) {
    case TypeKind::kTinyInt: return {INT8_MIN, INT8_MAX};
    case TypeKind::kSmallInt: return {INT16_MIN, INT16_MAX};
    case TypeKind::kInt: return {INT32_MIN, INT32_MAX};
    default: return {INT64_MIN, INT64_MAX};
  }
}

std::int64_t Between(RowRandom& random, std::int64_t min, std::int64_t max) {
  std::uint64_t span = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min) + 1;
  std::uint64_t step = span == 0 ? random.Next() : random.Below(span);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(min) + step);
}

void WriteText(RowRandom& random, std::int64_t length, Column& column, std::size_t row) {
  std::string text;
  for (std::int64_t i = 0; i < length; ++i) text += "0123456789abcdef"[random.Below(16)];
  column.SetString(row, text, {});
}

Result<ColumnGenerator> RandomNumber(const FieldOptions& options, const Type& type) {
  FLOE_TRY(std::optional<double> low, options.Number("min"));
  FLOE_TRY(std::optional<double> high, options.Number("max"));
  if (type.IsInteger()) {
    auto [type_min, type_max] = IntegerRange(type.kind());
    FLOE_TRY(std::int64_t min, options.Integer("min", type_min));
    FLOE_TRY(std::int64_t max, options.Integer("max", type_max));
    if (min > max) return options.Bad("min", std::to_string(min), "no more than the maximum");
    return [min, max](std::uint64_t, RowRandom& random, Column& column, std::size_t row) -> Status {
      formats::WriteInteger(column, row, Between(random, min, max));
      return {};
    };
  }
  double limit =
      type.kind() == TypeKind::kFloat ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max() / 2;
  if (type.kind() == TypeKind::kDecimal) limit = static_cast<double>(1ULL << 53);
  double min = low.value_or(type.kind() == TypeKind::kDecimal ? 0 : -limit);
  double max = high.value_or(limit);
  if (type.kind() == TypeKind::kDecimal) {
    double most = 1;
    for (int i = 0; i < type.precision() - type.scale(); ++i) most *= 10;
    max = std::min(max, most - 1);
  }
  return [min, max](std::uint64_t, RowRandom& random, Column& column, std::size_t row) -> Status {
    double value = min + random.Unit() * (max - min);
    if (column.type.kind() == TypeKind::kDouble) {
      column.Set(row, value);
    } else if (column.type.kind() == TypeKind::kFloat) {
      column.Set(row, static_cast<float>(value));
    } else {
      std::string text = fmt::format("{:.{}f}", value, column.type.scale());
      auto unscaled = formats::ParseDecimal(text, column.type.precision(), column.type.scale());
      formats::WriteDecimal(column, row, unscaled.value_or(0));
    }
    return {};
  };
}

Result<ColumnGenerator> RandomTime(const FieldOptions& options, const Type& type, Clock& clock) {
  std::int64_t past_ms = 0;
  if (const std::string* text = options.Get("max-past")) {
    FLOE_TRY(std::chrono::milliseconds past, ParseDuration(*text));
    past_ms = past.count();
  }
  return [past_ms, kind = type.kind(), &clock](std::uint64_t, RowRandom& random, Column& column,
                                               std::size_t row) -> Status {
    std::int64_t millis =
        clock.WallNowMs().value() -
        (past_ms > 0 ? static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(past_ms))) : 0);
    constexpr std::int64_t kDay = 86'400'000;
    if (kind == TypeKind::kDate) {
      column.Set(row, static_cast<std::int32_t>(millis / kDay));
    } else if (kind == TypeKind::kTime) {
      column.Set(row, millis % kDay * 1000);
    } else {
      column.Set(row, millis * 1000);
    }
    return {};
  };
}

Result<ColumnGenerator> RandomOf(const Options& options, const std::string& path, const Type& type, Clock& clock);

Result<ColumnGenerator> RandomNested(const Options& options, const std::string& path, const Type& type, Clock& clock) {
  std::vector<ColumnGenerator> parts;
  for (std::size_t i = 0; i < type.fields().size(); ++i) {
    std::string part = type.kind() == TypeKind::kRow     ? type.fields()[i].name
                       : type.kind() == TypeKind::kArray ? "element"
                       : i == 0                          ? "key"
                                                         : "value";
    FLOE_TRY(ColumnGenerator generator, RandomOf(options, path + "." + part, type.child(i), clock));
    parts.push_back(std::move(generator));
  }
  if (type.kind() == TypeKind::kRow) {
    return [parts](std::uint64_t number, RowRandom& random, Column& column, std::size_t row) -> Status {
      column.MarkValid(row);
      for (std::size_t i = 0; i < parts.size(); ++i) FLOE_TRY_VOID(parts[i](number, random, column.children[i], row));
      return {};
    };
  }
  FieldOptions field{options, path};
  FLOE_TRY(std::int64_t length, field.Integer("length", 3));
  // Random map keys may be equal, which a map does not allow: maps get one entry.
  if (type.kind() != TypeKind::kArray) length = std::min<std::int64_t>(length, 1);
  return [parts, length](std::uint64_t number, RowRandom& random, Column& column, std::size_t row) -> Status {
    std::size_t offset = column.ListSize();
    column.ReserveList(offset + static_cast<std::size_t>(length));
    for (std::size_t i = 0; i < static_cast<std::size_t>(length); ++i) {
      for (std::size_t part = 0; part < parts.size(); ++part) {
        FLOE_TRY_VOID(parts[part](number, random, column.children[part], offset + i));
      }
      if (column.type.kind() == TypeKind::kMultiset) column.children[1].Set(offset + i, std::int32_t{1});
    }
    column.SetList(row, offset, static_cast<std::size_t>(length));
    return {};
  };
}

Result<ColumnGenerator> RandomOf(const Options& options, const std::string& path, const Type& type, Clock& clock) {
  FieldOptions field{options, path};
  if (type.IsNumeric()) return RandomNumber(field, type);
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return [](std::uint64_t, RowRandom& random, Column& column, std::size_t row) -> Status {
        column.Set(row, random.Below(2) == 1);
        return {};
      };
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return RandomTime(field, type, clock);
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: {
      constexpr std::int64_t kDefaultLength = 100;
      std::int64_t declared = type.length() < Type::kMaxLength ? type.length() : kDefaultLength;
      FLOE_TRY(std::int64_t length, field.Integer("length", declared));
      if (length < 0 || length > (1 << 20)) return field.Bad("length", std::to_string(length), "0 to 1048576");
      return [length](std::uint64_t, RowRandom& random, Column& column, std::size_t row) -> Status {
        WriteText(random, length, column, row);
        return {};
      };
    }
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow: return RandomNested(options, path, type, clock);
    default:
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("column '{}': datagen has no values of type {}", path, type.ToString()));
  }
}

Result<ColumnGenerator> SequenceOf(const FieldOptions& field, const Type& type, std::optional<std::int64_t>& rows) {
  if (field.Get("start") == nullptr || field.Get("end") == nullptr) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("a sequence needs 'fields.{0}.start' and 'fields.{0}.end'", field.column));
  }
  FLOE_TRY(std::int64_t start, field.Integer("start", 0));
  FLOE_TRY(std::int64_t end, field.Integer("end", 0));
  if (end < start) return field.Bad("end", std::to_string(end), "no less than the start");
  std::int64_t count = end - start + 1;
  rows = rows ? std::min(*rows, count) : count;
  if (!type.IsNumeric() && !type.IsCharacter()) {
    return Fail(ErrorKind::kNotSupported, fmt::format("column '{}': no sequence of {}", field.column, type.ToString()));
  }
  return [start](std::uint64_t number, RowRandom&, Column& column, std::size_t row) -> Status {
    std::string text = std::to_string(start + static_cast<std::int64_t>(number));
    if (formats::WriteText(column, row, text, formats::TimestampFormat::kSql, {})) return {};
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("column '{}': {} is no {}", column.name, text, column.type.ToString()));
  };
}

ColumnGenerator WithNulls(ColumnGenerator inner, double rate) {
  if (rate <= 0) return inner;
  return [inner = std::move(inner), rate](std::uint64_t number, RowRandom& random, Column& column,
                                          std::size_t row) -> Status {
    if (random.Unit() >= rate) return inner(number, random, column, row);
    column.SetNull(row);
    return {};
  };
}

class DatagenConnector final : public Connector {
 public:
  explicit DatagenConnector(Clock& clock) : clock_(clock) {
    descriptor_.name = "datagen";
    descriptor_.help = "Makes up rows: random by default, or sequences, which end.";
    descriptor_.source = true;
    descriptor_.options = {
        {.key = "rows-per-second", .type = OptionType::kInteger, .default_value = "10000", .help = "the pace"},
        {.key = "number-of-rows", .type = OptionType::kInteger, .help = "how many rows; endless when not set"},
        {.key = "seed", .type = OptionType::kInteger, .help = "the same rows for the same number"},
        {.key = "fields.#.kind",
         .type = OptionType::kEnum,
         .default_value = "random",
         .choices = {"random", "sequence"},
         .help = "how values are made"},
        {.key = "fields.#.min", .help = "smallest random value"},
        {.key = "fields.#.max", .help = "largest random value"},
        {.key = "fields.#.max-past", .type = OptionType::kDuration, .help = "times lie up to this far back"},
        {.key = "fields.#.length", .type = OptionType::kInteger, .help = "of strings, bytes and collections"},
        {.key = "fields.#.var-len", .help = "strings have their full length here", .accepted_and_ignored = true},
        {.key = "fields.#.start", .help = "first value of a sequence"},
        {.key = "fields.#.end", .help = "last value of a sequence"},
        {.key = "fields.#.null-rate", .help = "share of NULLs, 0 to 1"},
        {.key = "scan.parallelism", .help = "one source task", .accepted_and_ignored = true},
    };
    descriptor_.bounded = [](const TableDefinition& table) {
      if (table.options.contains("number-of-rows")) return true;
      return std::ranges::any_of(table.options, [](const auto& option) {
        return option.first.ends_with(".kind") && option.second == "sequence";
      });
    };
  }
  const ConnectorDescriptor& descriptor() const override { return descriptor_; }
  Result<std::unique_ptr<Sink>> OpenSink(SinkRequest request) override {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("table {}: connector 'datagen' cannot be written", request.table.FullName()));
  }

  Result<std::unique_ptr<SourceReader>> OpenSource(ScanRequest request) override {
    const TableDefinition& table = request.table;
    OptionReader reader(descriptor_, table.options);
    PacedSourceSpec spec;
    spec.split_name = table.name;
    FLOE_TRY(spec.rows_per_second, reader.Integer("rows-per-second"));
    if (reader.Has("number-of-rows")) {
      FLOE_TRY(spec.number_of_rows, reader.Integer("number-of-rows"));
    }
    spec.seed = SystemRandom().Next();
    if (reader.Has("seed")) {
      FLOE_TRY(std::int64_t seed, reader.Integer("seed"));
      spec.seed = static_cast<std::uint64_t>(seed);
    }
    // Sequences bound the table whether their column is read or not.
    for (std::size_t i = 0; i < table.physical.size(); ++i) {
      const data::Field& field = table.physical.fields[i];
      FieldOptions options{table.options, field.name};
      const std::string* kind = options.Get("kind");
      if (kind == nullptr || *kind != "sequence") continue;
      FLOE_TRY(ColumnGenerator checked, SequenceOf(options, field.type, spec.number_of_rows));
    }
    for (int index : request.columns) {
      const data::Field& field = table.physical.fields[static_cast<std::size_t>(index)];
      FieldOptions options{table.options, field.name};
      const std::string* kind = options.Get("kind");
      std::optional<std::int64_t> ignored;
      Result<ColumnGenerator> generator = kind != nullptr && *kind == "sequence"
                                              ? SequenceOf(options, field.type, ignored)
                                              : RandomOf(table.options, field.name, field.type, clock_);
      if (!generator) return Fail(std::move(generator.error()));
      FLOE_TRY(std::optional<double> nulls, options.Number("null-rate"));
      spec.columns.push_back({field.type, field.name, WithNulls(std::move(*generator), nulls.value_or(0))});
    }
    return MakePacedSource(std::move(spec), clock_, request.state);
  }

 private:
  Clock& clock_;
  ConnectorDescriptor descriptor_;
};

}  // namespace

std::unique_ptr<Connector> MakeDatagenConnector(Clock& clock) {
  return std::make_unique<DatagenConnector>(clock);
}

}  // namespace floe::connect
