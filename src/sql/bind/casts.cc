// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/casts.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "sql/bind/types.h"
#include "sql/bind/zone.h"

namespace floe::sql::bind {
namespace {

using data::Type;
using data::TypeKind;
using plan::Call;
using plan::ExpressionKind;
using plan::ExpressionPtr;
using plan::Make;

class CastBuilder {
 public:
  CastBuilder(CastMode mode, const std::string& zone) : mode_(mode), zone_(zone) {}

  ExpressionPtr Build(ExpressionPtr e, const Type& to) const {
    const Type from = e->type;
    if (from.EqualsIgnoringNullability(to)) return e;
    if (e->kind == ExpressionKind::kLiteral && std::holds_alternative<std::monostate>(e->value)) {
      return plan::Literal({}, to, e->position);
    }
    if (to.IsCharacter()) return Fit(ToText(std::move(e)), to);
    if (from.IsCharacter()) return FromText(std::move(e), to);
    if (to.IsInteger() && (from.IsApproximate() || from.kind() == TypeKind::kDecimal)) {
      // DuckDB rounds, Flink cuts.
      Type cut = from.IsApproximate() ? from : Type::Decimal(from.precision(), 0);
      return Plain(Call("trunc", {e}, cut.WithNullable(from.nullable()), e->position), to);
    }
    if (from.IsTimestamp() || from.kind() == TypeKind::kDate) return FromTime(std::move(e), to);
    if (from.kind() == TypeKind::kRow) return Row(std::move(e), to);
    return Plain(std::move(e), to);
  }

 private:
  ExpressionPtr Plain(ExpressionPtr e, const Type& to) const {
    if (e->type.EqualsIgnoringNullability(to)) return e;
    bool try_cast = mode_ == CastMode::kTry;
    Type type = to.WithNullable(e->type.nullable() || try_cast);
    TextPosition position = e->position;
    return Make(try_cast ? ExpressionKind::kTryCast : ExpressionKind::kCast, {std::move(e)}, std::move(type), position);
  }

  /// Calls a parsing kernel, the forgiving one under TRY_CAST.
  ExpressionPtr Parse(std::string_view what, ExpressionPtr e, const Type& type) const {
    bool try_cast = mode_ == CastMode::kTry;
    std::string name = fmt::format("floe_{}parse_{}", try_cast ? "try_" : "", what);
    Type result = type.WithNullable(e->type.nullable() || try_cast);
    TextPosition position = e->position;
    return Call(std::move(name), {std::move(e)}, std::move(result), position);
  }

  ExpressionPtr FromText(ExpressionPtr e, const Type& to) const {
    if (to.IsInteger()) return Plain(Parse("bigint", std::move(e), Type::BigInt()), to);
    if (to.kind() == TypeKind::kTimestamp) return Precision(Parse("timestamp", std::move(e), Type::Timestamp(6)), to);
    if (to.kind() == TypeKind::kTimestampLtz) {
      return Precision(FromLocal(Parse("timestamp", std::move(e), Type::Timestamp(6)), zone_), to);
    }
    if (to.kind() == TypeKind::kDate) return Plain(Parse("timestamp", std::move(e), Type::Timestamp(6)), to);
    if (to.IsBinary()) return Call("encode", {e}, to.WithNullable(e->type.nullable()), e->position);
    Type text = Type::String().WithNullable(e->type.nullable());
    return Plain(Call("trim", {e, TextLiteral(" ")}, text, e->position), to);
  }

  ExpressionPtr FromTime(ExpressionPtr e, const Type& to) const {
    if (e->type.kind() == TypeKind::kTimestampLtz && to.kind() != TypeKind::kTimestampLtz) {
      return FromTime(ToLocal(std::move(e), zone_), to);
    }
    if (e->type.kind() != TypeKind::kTimestampLtz && to.kind() == TypeKind::kTimestampLtz) {
      Type local = Type::Timestamp(std::max(e->type.precision(), 3));
      return Precision(FromLocal(e->type.kind() == TypeKind::kDate ? Plain(std::move(e), local) : std::move(e), zone_),
                       to);
    }
    if (to.IsTimestamp() && e->type.IsTimestamp()) return Precision(std::move(e), to);
    return Plain(std::move(e), to);
  }

  /// All precisions lie in microseconds, so going to a smaller one has to cut.
  ExpressionPtr Precision(ExpressionPtr e, const Type& to) const {
    if (e->type.EqualsIgnoringNullability(to)) return e;
    static constexpr std::array<std::int64_t, 6> kMicros = {1'000'000, 100'000, 10'000, 1000, 100, 10};
    if (e->type.precision() <= to.precision() || to.precision() >= 6) return Plain(std::move(e), to);
    std::int64_t unit = kMicros[static_cast<std::size_t>(to.precision())];
    Type type = to.WithNullable(e->type.nullable());
    return Call("floe_floor_us", {e, BigIntLiteral(unit)}, type, e->position);
  }

  ExpressionPtr ToText(ExpressionPtr e) const {
    const Type from = e->type;
    Type text = Type::String().WithNullable(from.nullable());
    TextPosition position = e->position;
    switch (from.kind()) {
      case TypeKind::kChar:
      case TypeKind::kVarchar: return e;
      case TypeKind::kBoolean: return Call("upper", {Plain(std::move(e), Type::String())}, text, position);
      case TypeKind::kFloat:
      case TypeKind::kDouble: return Call("floe_to_string", {std::move(e)}, text, position);
      case TypeKind::kBinary:
      case TypeKind::kVarbinary:
      case TypeKind::kTime:
      case TypeKind::kIntervalDayTime:
      case TypeKind::kIntervalYearMonth:
      case TypeKind::kArray:
      case TypeKind::kMap:
      case TypeKind::kRow: {
        ExpressionPtr offset = BigIntLiteral(FixedOffsetMs(zone_).value_or(0));
        return Call("floe_value_text", {e, TextLiteral(from.ToString()), offset}, text, position);
      }
      case TypeKind::kTimestampLtz: return ToText(ToLocal(std::move(e), zone_));
      case TypeKind::kTimestamp: {
        std::string format = "%Y-%m-%d %H:%M:%S";
        if (from.precision() > 0) format += from.precision() == 3 ? ".%g" : ".%f";
        ExpressionPtr all = Call("strftime", {std::move(e), TextLiteral(format)}, text, position);
        if (from.precision() == 0 || from.precision() == 3 || from.precision() >= 6) return all;
        return Call("left", {std::move(all), BigIntLiteral(20 + from.precision())}, text, position);
      }
      default: return Plain(std::move(e), Type::String());
    }
  }

  /// CAST cuts to n and CHAR(n) is padded; implicit casts leave the text alone.
  ExpressionPtr Fit(ExpressionPtr e, const Type& to) const {
    Type type = to.WithNullable(e->type.nullable());
    TextPosition position = e->position;
    bool cut = mode_ != CastMode::kImplicit && to.length() < e->type.length();
    bool pad = mode_ != CastMode::kImplicit && to.kind() == TypeKind::kChar && !e->type.EqualsIgnoringNullability(to);
    if (pad) return Call("rpad", {std::move(e), IntLiteral(to.length()), TextLiteral(" ")}, std::move(type), position);
    if (cut) return Call("left", {std::move(e), BigIntLiteral(to.length())}, std::move(type), position);
    return Plain(std::move(e), to);
  }

  /// By position: DuckDB would match fields by name.
  ExpressionPtr Row(ExpressionPtr e, const Type& to) const {
    if (to.kind() != TypeKind::kRow) return Plain(std::move(e), to);
    std::vector<ExpressionPtr> fields;
    for (std::size_t i = 0; i < to.fields().size(); ++i) {
      plan::Expression field{.kind = ExpressionKind::kField,
                             .type = e->type.child(i).WithNullable(true),
                             .function = e->type.fields()[i].name,
                             .args = {e},
                             .position = e->position};
      fields.push_back(Build(std::make_shared<const plan::Expression>(std::move(field)), to.child(i)));
    }
    ExpressionPtr row = Call("row", std::move(fields), to.WithNullable(e->type.nullable()), e->position);
    if (!e->type.nullable()) return row;
    ExpressionPtr missing = Make(ExpressionKind::kIsNull, {e}, Type::Boolean().WithNullable(false), e->position);
    return Make(ExpressionKind::kCase, {missing, NullLiteral(to), row}, to.WithNullable(true), e->position);
  }

  CastMode mode_;
  const std::string& zone_;
};

}  // namespace

ExpressionPtr MakeCast(ExpressionPtr expression, const Type& to, CastMode mode, const std::string& zone) {
  return CastBuilder(mode, zone).Build(std::move(expression), to);
}

ExpressionPtr ToLocal(ExpressionPtr instant, const std::string& zone) {
  Type type = Type::Timestamp(instant->type.precision()).WithNullable(instant->type.nullable());
  TextPosition position = instant->position;
  if (std::optional<std::int64_t> offset = FixedOffsetMs(zone)) {
    ExpressionPtr local = Call("floe_utc", {std::move(instant)}, type, position);
    return *offset == 0 ? local : ShiftMs(std::move(local), *offset);
  }
  return Call("timezone", {TextLiteral(zone), std::move(instant)}, std::move(type), position);
}

ExpressionPtr FromLocal(ExpressionPtr local, const std::string& zone) {
  Type type = Type::TimestampLtz(local->type.precision()).WithNullable(local->type.nullable());
  TextPosition position = local->position;
  if (std::optional<std::int64_t> offset = FixedOffsetMs(zone)) {
    ExpressionPtr instant = Call("floe_instant", {std::move(local)}, type, position);
    return *offset == 0 ? instant : ShiftMs(std::move(instant), -*offset);
  }
  return Call("timezone", {TextLiteral(zone), std::move(local)}, std::move(type), position);
}

ExpressionPtr ShiftMs(ExpressionPtr timestamp, ExpressionPtr milliseconds) {
  Type type = timestamp->type.WithNullable(timestamp->type.nullable() || milliseconds->type.nullable());
  TextPosition position = timestamp->position;
  return Call("floe_shift_ms", {std::move(timestamp), std::move(milliseconds)}, std::move(type), position);
}

ExpressionPtr ShiftMs(ExpressionPtr timestamp, std::int64_t milliseconds) {
  return ShiftMs(std::move(timestamp), BigIntLiteral(milliseconds));
}

ExpressionPtr TextLiteral(std::string text) {
  return plan::Literal(std::move(text), Type::String());
}
ExpressionPtr IntLiteral(std::int64_t value) {
  return plan::Literal(value, Type::Int());
}
ExpressionPtr BigIntLiteral(std::int64_t value) {
  return plan::Literal(value, Type::BigInt());
}
ExpressionPtr NullLiteral(Type type) {
  return plan::Literal({}, std::move(type));
}

}  // namespace floe::sql::bind
