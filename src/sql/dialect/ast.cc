// SPDX-License-Identifier: Apache-2.0
// Comparison of the recursive nodes, where all their parts are complete.
#include "sql/dialect/statement.h"

namespace floe::sql::dialect {

bool operator==(const Expression& a, const Expression& b) {
  return a.node == b.node;
}

bool TableReference::operator==(const TableReference& other) const {
  return node == other.node && alias == other.alias && column_aliases == other.column_aliases;
}

bool Query::operator==(const Query& other) const {
  return recursive == other.recursive && with == other.with && body == other.body && order_by == other.order_by &&
         limit == other.limit && offset == other.offset;
}

bool Statement::operator==(const Statement& other) const {
  return node == other.node;
}

std::string_view ToString(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kNanosecond: return "NANOSECOND";
    case TimeUnit::kMicrosecond: return "MICROSECOND";
    case TimeUnit::kMillisecond: return "MILLISECOND";
    case TimeUnit::kSecond: return "SECOND";
    case TimeUnit::kMinute: return "MINUTE";
    case TimeUnit::kHour: return "HOUR";
    case TimeUnit::kDay: return "DAY";
    case TimeUnit::kWeek: return "WEEK";
    case TimeUnit::kMonth: return "MONTH";
    case TimeUnit::kQuarter: return "QUARTER";
    case TimeUnit::kYear: return "YEAR";
    case TimeUnit::kDecade: return "DECADE";
    case TimeUnit::kCentury: return "CENTURY";
    case TimeUnit::kMillennium: return "MILLENNIUM";
    case TimeUnit::kEpoch: return "EPOCH";
    case TimeUnit::kDayOfWeek: return "DOW";
    case TimeUnit::kIsoDayOfWeek: return "ISODOW";
    case TimeUnit::kDayOfYear: return "DOY";
    case TimeUnit::kIsoYear: return "ISOYEAR";
  }
  return "?";
}

std::string PartitionItem::ToString() const {
  if (transform == "identity") return column.text;
  if (transform == "bucket" || transform == "truncate")
    return transform + "(" + QuoteIdentifier(column.text) + ", " + std::to_string(argument) + ")";
  return transform + "(" + QuoteIdentifier(column.text) + ")";
}

}  // namespace floe::sql::dialect
