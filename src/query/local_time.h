// SPDX-License-Identifier: Apache-2.0
// TIMESTAMP_LTZ as the session's zone shows it: what Flink prints.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "duck/instance.h"
#include "query/consumer.h"

namespace floe::query {

/// Hands rows on with instants replaced by the zone's wall clock; their type stays. One query's thread.
class LocalTimes final : public ResultConsumer {
 public:
  /// `zone` is one that SET takes. The others outlive it.
  LocalTimes(duck::Instance& duckdb, std::string zone, ResultConsumer& inner);

  Status OnSchema(const data::Schema& schema, bool changelog, bool live) override;
  Status OnRows(const data::Batch& batch) override;
  void OnProgress(double fraction) override { inner_.OnProgress(fraction); }
  void OnWarning(const std::string& warning) override { inner_.OnWarning(warning); }
  bool Cancelled() const override { return inner_.Cancelled(); }

 private:
  /// Instants (microseconds) from which on an offset (microseconds) holds, in order.
  using Changes = std::vector<std::pair<std::int64_t, std::int64_t>>;

  Status Learn(std::int64_t span, Changes& changes);
  Result<std::int64_t> Local(std::int64_t micros);
  Result<duckdb::Value> Local(const duckdb::Value& value, const data::Type& type);
  Status LocalColumn(const data::Batch& batch, std::size_t column, duckdb::Vector& out);

  duck::Instance& duckdb_;
  const std::string zone_;
  ResultConsumer& inner_;
  std::vector<data::Type> types_;
  std::vector<std::size_t> shown_;     ///< columns with instants in them
  std::optional<std::int64_t> fixed_;  ///< offset in microseconds of a zone that has but one
  std::map<std::int64_t, Changes> spans_;
  const Changes* last_ = nullptr;  ///< of spans_: rows that follow are mostly near
  std::int64_t last_span_ = 0;
};

}  // namespace floe::query
