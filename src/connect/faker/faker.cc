// SPDX-License-Identifier: Apache-2.0
#include "connect/faker/faker.h"

#include <algorithm>

#include <fmt/format.h>

#include "connect/datagen/paced_source.h"
#include "connect/faker/expression.h"
#include "formats/text.h"

namespace floe::connect {
namespace {

using data::Type;
using data::TypeKind;
using formats::Column;

/// fields.<path>.<name>, or null.
const std::string* FieldOption(const Options& options, const std::string& path, std::string_view name) {
  auto it = options.find(fmt::format("fields.{}.{}", path, name));
  return it == options.end() ? nullptr : &it->second;
}

/// Made-up text into a column; times may come with more or fewer digits and without a zone.
bool StoreText(Column& column, std::size_t row, std::string_view text) {
  TypeKind kind = column.type.kind();
  if (kind == TypeKind::kTimestampLtz || kind == TypeKind::kTimestamp) {
    auto format = text.size() > 10 && text[10] == 'T' ? formats::TimestampFormat::kIso : formats::TimestampFormat::kSql;
    auto value = formats::ParseTimestamp(text, format, false, column.type.precision());
    if (!value) value = formats::ParseTimestamp(text, format, true, column.type.precision());
    if (value) column.Set(row, *value);
    return value.has_value();
  }
  if (kind == TypeKind::kDate && text.size() > 10) text = text.substr(0, 10);
  if (kind == TypeKind::kTime && text.size() > 11 && text[4] == '-') text = text.substr(11);
  if (column.type.IsBinary()) {
    column.SetString(row, text, {});
    return true;
  }
  if (column.type.IsInteger() && text.find('.') != std::string_view::npos) text = text.substr(0, text.find('.'));
  return formats::WriteText(column, row, text, formats::TimestampFormat::kSql, {});
}

ColumnGenerator ScalarOf(faker::TextGenerator text) {
  return [text = std::move(text)](std::uint64_t, RowRandom& random, Column& column, std::size_t row) -> Status {
    std::string value;
    text(random, value);
    if (StoreText(column, row, value)) return {};
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("faker: '{}' is no {}; change 'fields.{}.expression' or the column's type", value,
                            column.type.ToString(), column.name));
  };
}

Result<ColumnGenerator> GeneratorOf(const Options& options, const std::string& path, const Type& type, Clock& clock);

Result<ColumnGenerator> NestedOf(const Options& options, const std::string& path, const Type& type, Clock& clock) {
  TypeKind kind = type.kind();
  std::vector<ColumnGenerator> parts;
  for (std::size_t i = 0; i < type.fields().size(); ++i) {
    std::string part = path;
    if (kind == TypeKind::kRow) part += "." + type.fields()[i].name;
    if (kind == TypeKind::kMap) part += i == 0 ? ".key" : ".value";
    FLOE_TRY(ColumnGenerator generator, GeneratorOf(options, part, type.child(i), clock));
    parts.push_back(std::move(generator));
  }
  if (kind == TypeKind::kRow) {
    return [parts](std::uint64_t number, RowRandom& random, Column& column, std::size_t row) -> Status {
      column.MarkValid(row);
      for (std::size_t i = 0; i < parts.size(); ++i) FLOE_TRY_VOID(parts[i](number, random, column.children[i], row));
      return {};
    };
  }
  std::int64_t length = 1;
  if (const std::string* text = FieldOption(options, path, "length"))
    length = formats::ParseInteger(*text).value_or(-1);
  if (length < 0 || length > 10'000) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("option 'fields.{}.length': expected 0 to 10000", path));
  }
  return [parts, length, multiset = kind == TypeKind::kMultiset](std::uint64_t number, RowRandom& random,
                                                                 Column& column, std::size_t row) -> Status {
    std::size_t offset = column.ListSize();
    // Keys of maps must differ; a made-up one that is there already is left out.
    std::vector<std::string> keys;
    std::size_t written = 0;
    for (std::int64_t i = 0; i < length; ++i) {
      column.ReserveList(offset + written + 1);
      for (std::size_t part = 0; part < parts.size(); ++part) {
        FLOE_TRY_VOID(parts[part](number, random, column.children[part], offset + written));
      }
      if (multiset) column.children[1].Set(offset + written, std::int32_t{1});
      if (column.children.size() == 2) {
        std::string key = column.children[0].vector->GetValue(offset + written).ToString();
        if (std::ranges::find(keys, key) != keys.end()) continue;
        keys.push_back(std::move(key));
      }
      ++written;
    }
    column.SetList(row, offset, written);
    return {};
  };
}

Result<ColumnGenerator> GeneratorOf(const Options& options, const std::string& path, const Type& type, Clock& clock) {
  const std::string* expression = FieldOption(options, path, "expression");
  Result<ColumnGenerator> generator = Fail(ErrorKind::kInternal, "");
  if (!type.fields().empty()) {
    generator = NestedOf(options, path, type, clock);
  } else if (expression == nullptr) {
    return Fail(
        ErrorKind::kInvalidInput,
        fmt::format("faker: column '{0}' needs 'fields.{0}.expression', for example '#{{Internet.uuid}}'", path));
  } else {
    auto text = faker::ParseExpression(*expression, clock);
    if (!text) return Fail(std::move(text.error()).WithContext(fmt::format("in option 'fields.{}.expression'", path)));
    generator = ScalarOf(std::move(*text));
  }
  if (!generator) return generator;
  double rate = 0;
  if (const std::string* text = FieldOption(options, path, "null-rate"))
    rate = formats::ParseDouble(*text).value_or(-1);
  if (rate < 0 || rate > 1)
    return Fail(ErrorKind::kInvalidInput, fmt::format("option 'fields.{}.null-rate': expected 0.0 to 1.0", path));
  if (rate == 0) return generator;
  return [inner = std::move(*generator), rate](std::uint64_t number, RowRandom& random, Column& column,
                                               std::size_t row) -> Status {
    if (random.Unit() >= rate) return inner(number, random, column, row);
    column.SetNull(row);
    return {};
  };
}

class FakerConnector final : public Connector {
 public:
  explicit FakerConnector(Clock& clock) : clock_(clock) {
    descriptor_.name = "faker";
    descriptor_.help =
        "Makes up rows by expressions such as '#{Name.fullName}' or '#{number.numberBetween ''0'',''120''}'.";
    descriptor_.source = true;
    descriptor_.options = {
        {.key = "rows-per-second", .type = OptionType::kInteger, .default_value = "10000", .help = "the pace"},
        {.key = "number-of-rows", .type = OptionType::kInteger, .help = "how many rows; endless when not set"},
        {.key = "seed", .type = OptionType::kInteger, .help = "the same rows for the same number"},
        {.key = "fields.#.expression",
         .help = "how a value is made; ROW and MAP have one per part: fields.a.b.expression, fields.m.key.expression"},
        {.key = "fields.#.null-rate", .help = "share of NULLs, 0.0 to 1.0"},
        {.key = "fields.#.length",
         .type = OptionType::kInteger,
         .default_value = "1",
         .help = "elements of an ARRAY, MAP or MULTISET"},
    };
    descriptor_.bounded = [](const TableDefinition& table) { return table.options.contains("number-of-rows"); };
    descriptor_.validate = [this](const TableDefinition& table) -> Status {
      for (const data::Field& field : table.physical.fields) {
        auto generator = GeneratorOf(table.options, field.name, field.type, clock_);
        if (!generator) return Fail(std::move(generator.error()));
      }
      return {};
    };
  }
  const ConnectorDescriptor& descriptor() const override { return descriptor_; }
  Result<std::unique_ptr<Sink>> OpenSink(SinkRequest request) override {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("table {}: connector 'faker' cannot be written", request.table.FullName()));
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
    for (int index : request.columns) {
      const data::Field& field = table.physical.fields[static_cast<std::size_t>(index)];
      FLOE_TRY(ColumnGenerator generator, GeneratorOf(table.options, field.name, field.type, clock_));
      spec.columns.push_back({field.type, field.name, std::move(generator)});
    }
    return MakePacedSource(std::move(spec), clock_, request.state);
  }

 private:
  Clock& clock_;
  ConnectorDescriptor descriptor_;
};

}  // namespace

std::unique_ptr<Connector> MakeFakerConnector(Clock& clock) {
  return std::make_unique<FakerConnector>(clock);
}

}  // namespace floe::connect
