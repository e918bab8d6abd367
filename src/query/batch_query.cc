// SPDX-License-Identifier: Apache-2.0
#include "query/batch_query.h"

#include <string_view>
#include <utility>

#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/result.h"
#include "data/duckdb_type.h"
#include "duck/guard.h"
#include "query/cancel_watch.h"

namespace floe::query {
namespace {

/// What Flink's types can hold; the others are shown as text, and times in other units as microseconds.
duckdb::LogicalType ShownType(const duckdb::LogicalType& type) {
  using duckdb::LogicalType;
  using duckdb::LogicalTypeId;
  switch (type.id()) {
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS: return LogicalType::TIMESTAMP;
    case LogicalTypeId::LIST: return LogicalType::LIST(ShownType(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::ARRAY: return LogicalType::LIST(ShownType(duckdb::ArrayType::GetChildType(type)));
    case LogicalTypeId::MAP:
      return LogicalType::MAP(ShownType(duckdb::MapType::KeyType(type)), ShownType(duckdb::MapType::ValueType(type)));
    case LogicalTypeId::STRUCT: {
      duckdb::child_list_t<LogicalType> children;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type))
        children.emplace_back(name, ShownType(child));
      return LogicalType::STRUCT(std::move(children));
    }
    default: return data::FromDuckDB(type) ? type : LogicalType::VARCHAR;
  }
}

/// The chunk with its columns as ShownType has them.
void MoveAsShown(duckdb::DataChunk& chunk, duckdb::DataChunk& shown) {
  duckdb::vector<duckdb::LogicalType> types;
  for (const auto& type : chunk.GetTypes()) types.push_back(ShownType(type));
  if (types == chunk.GetTypes()) return shown.Move(chunk);
  shown.Initialize(duckdb::Allocator::DefaultAllocator(), types, std::max<duckdb::idx_t>(chunk.size(), 1));
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] == chunk.data[i].GetType()) {
      shown.data[i].Reference(chunk.data[i]);
    } else {
      duckdb::VectorOperations::DefaultCast(chunk.data[i], shown.data[i], chunk.size());
    }
  }
  shown.SetCardinality(chunk.size());
}

Result<data::Schema> SchemaOf(const duckdb::QueryResult& result) {
  data::Schema schema;
  for (std::size_t i = 0; i < result.types.size(); ++i) {
    FLOE_TRY(data::Type type, data::FromDuckDB(ShownType(result.types[i])));
    schema.fields.push_back({result.names[i], std::move(type), {}, {}});
  }
  return schema;
}

/// DuckDB shows the place in its own SQL, which the user has never seen, and calls types by their storage.
std::string InOurWords(std::string text) {
  text = text.substr(0, text.find("\n\nLINE "));
  constexpr std::string_view kValue = " with value ";
  constexpr std::string_view kRange = " can't be cast because the value is out of range for the destination type ";
  const std::size_t value = text.find(kValue);
  const std::size_t range = text.rfind(kRange);
  if (!text.starts_with("Type ") || value == std::string::npos || range == std::string::npos || range < value)
    return text;
  std::string type = text.substr(range + kRange.size());
  for (auto [storage, name] : {std::pair("INT8", "TINYINT"), std::pair("INT16", "SMALLINT"), std::pair("INT32", "INT"),
                               std::pair("INT64", "BIGINT")}) {
    if (type == storage) type = name;
  }
  return fmt::format("{} is out of range for {}", text.substr(value + kValue.size(), range - value - kValue.size()),
                     type);
}

/// `own_sql`: the user did not write it.
Status ErrorOf(const duckdb::ErrorData& error, bool own_sql, const ResultConsumer& consumer) {
  if (consumer.Cancelled()) return Fail(ErrorKind::kCancelled, "the query was cancelled");
  Status status = duck::Guard([&] { const_cast<duckdb::ErrorData&>(error).Throw(); });
  if (status || !own_sql) return status;
  return Fail(Error(status.error().kind(), InOurWords(status.error().message())));
}

/// Runs the pipelines step by step, so that progress can be told and Ctrl-C heard.
void Advance(duckdb::PendingQueryResult& pending, duckdb::Connection& connection, ResultConsumer& consumer) {
  auto start = std::chrono::steady_clock::now();
  auto told = start;
  while (!duckdb::PendingQueryResult::IsResultReady(pending.ExecuteTask())) {
    if (consumer.Cancelled()) return;
    auto now = std::chrono::steady_clock::now();
    if (now - start < std::chrono::milliseconds(700) || now - told < std::chrono::milliseconds(200)) continue;
    told = now;
    double percent = connection.context->GetQueryProgress().GetPercentage();
    if (percent >= 0) consumer.OnProgress(percent / 100);
  }
}

/// Interrupts what still runs before the connection dies: its destructor waits for the running tasks, and left alone
/// they would go on to the end of the query.
class InterruptAtEnd {
 public:
  explicit InterruptAtEnd(duckdb::Connection& connection) : connection_(connection) {}
  ~InterruptAtEnd() { connection_.Interrupt(); }
  InterruptAtEnd(const InterruptAtEnd&) = delete;
  InterruptAtEnd& operator=(const InterruptAtEnd&) = delete;

 private:
  duckdb::Connection& connection_;
};

}  // namespace

Status RunDuckDB(duck::Instance& instance, const std::string& sql, const data::Schema* schema,
                 ResultConsumer& consumer) {
  FLOE_TRY(auto connection, instance.Connect());
  return RunDuckDB(*connection, sql, schema, consumer);
}

Status RunDuckDB(duckdb::Connection& connection, const std::string& sql, const data::Schema* schema,
                 ResultConsumer& consumer) {
  const InterruptAtEnd interrupt(connection);
  CancelWatch watch(consumer, [&] { connection.Interrupt(); });
  const bool own_sql = schema != nullptr;
  return duck::Guard([&]() -> Status {
    connection.Query("SET enable_progress_bar = true");
    connection.Query("SET enable_progress_bar_print = false");
    auto pending = connection.PendingQuery(sql, true);
    if (pending->HasError()) return ErrorOf(pending->GetErrorObject(), own_sql, consumer);
    Advance(*pending, connection, consumer);
    if (consumer.Cancelled()) return Fail(ErrorKind::kCancelled, "the query was cancelled");
    // Execute would wrap the error into one of its own.
    if (pending->HasError()) return ErrorOf(pending->GetErrorObject(), own_sql, consumer);
    auto result = pending->Execute();
    if (result->HasError()) return ErrorOf(result->GetErrorObject(), own_sql, consumer);
    data::Schema own;
    if (schema == nullptr) {
      FLOE_TRY(own, SchemaOf(*result));
      schema = &own;
    }
    FLOE_TRY_VOID(consumer.OnSchema(*schema, false, false));
    while (true) {
      auto chunk = result->Fetch();
      if (result->HasError()) return ErrorOf(result->GetErrorObject(), own_sql, consumer);
      if (!chunk || chunk->size() == 0) return {};
      data::Batch batch;
      if (own_sql) {
        batch.rows.Move(*chunk);
      } else {
        MoveAsShown(*chunk, batch.rows);
      }
      FLOE_TRY_VOID(consumer.OnRows(batch));
      if (consumer.Cancelled()) return Fail(ErrorKind::kCancelled, "the query was cancelled");
    }
  });
}

}  // namespace floe::query
