// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include <duckdb.hpp>
#include <fmt/format.h>

#include "connect/filesystem/filesystem_internal.h"
#include "data/duckdb_type.h"
#include "duck/guard.h"

namespace floe::connect::filesystem {
namespace {

std::string Quote(const std::string& text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    out += c;
    if (c == quote) out += c;
  }
  return out + quote;
}

/// A streaming DuckDB query over the files; one chunk per Poll.
class ParquetSource final : public SourceReader {
 public:
  explicit ParquetSource(ScanRequest request) : request_(std::move(request)) {}

  Status Open(duck::Instance& duckdb, const std::vector<InputFile>& inputs) {
    if (!request_.metadata.empty())
      return Fail(ErrorKind::kNotSupported, "metadata columns of parquet files are not built");
    unsigned long long skip = 0;
    if (request_.state && std::sscanf(request_.state->c_str(), "parquet 1 %llu", &skip) != 1) {
      return Fail(ErrorKind::kCorruption, "the file source's position in the checkpoint is damaged");
    }
    rows_ = skip;
    if (inputs.empty()) return {};
    std::string select;
    for (int index : request_.columns) {
      const data::Field& field = request_.table.physical.fields[static_cast<std::size_t>(index)];
      FLOE_TRY(duckdb::LogicalType type, data::ToDuckDB(field.type));
      select += (select.empty() ? "" : ", ") + fmt::format("CAST({} AS {})", Quote(field.name, '"'), type.ToString());
    }
    std::string list;
    for (const InputFile& input : inputs) list += (list.empty() ? "" : ", ") + Quote(input.path, '\'');
    bool partitioned = std::ranges::any_of(inputs, [](const InputFile& input) { return !input.partition.empty(); });
    std::string sql =
        fmt::format("SELECT {} FROM read_parquet([{}], union_by_name = true, hive_partitioning = {}) OFFSET {}",
                    select.empty() ? "1" : select, list, partitioned, rows_);
    FLOE_TRY(connection_, duckdb.Connect());
    return duck::Guard([&]() -> Status {
      auto result = connection_->SendQuery(sql);
      if (result->HasError())
        return Fail(ErrorKind::kInvalidInput,
                    fmt::format("table {}: {}", request_.table.FullName(), result->GetError()));
      result_ = std::move(result);
      return {};
    });
  }

  Result<PollResult> Poll(data::Batch& out) override {
    out.rows.Reset();
    out.kinds.clear();
    PollResult poll;
    poll.status = PollStatus::kEndOfInput;
    if (!result_) return poll;
    FLOE_TRY(duckdb::unique_ptr<duckdb::DataChunk> chunk,
             duck::Guard([&]() -> Result<duckdb::unique_ptr<duckdb::DataChunk>> {
               auto next = result_->Fetch();
               if (result_->HasError()) return Fail(ErrorKind::kCorruption, result_->GetError());
               return next;
             }));
    if (!chunk || chunk->size() == 0) return poll;
    for (std::size_t i = 0; i < request_.columns.size(); ++i) out.rows.data[i].Reference(chunk->data[i]);
    out.rows.SetCardinality(chunk->size());
    rows_ += chunk->size();
    poll.status = PollStatus::kRows;
    poll.records_read = static_cast<std::int64_t>(chunk->size());
    return poll;
  }
  Result<std::string> Snapshot() override { return fmt::format("parquet 1 {}", rows_); }
  void SetWakeup(std::function<void()>) override {}
  std::vector<std::string> SplitNames() const override { return {request_.table.name}; }
  Status OnCheckpointCommitted(const std::string&) override { return {}; }

 private:
  ScanRequest request_;
  std::unique_ptr<duckdb::Connection> connection_;
  duckdb::unique_ptr<duckdb::QueryResult> result_;
  std::uint64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<SourceReader>> OpenParquetSource(duck::Instance& duckdb, std::vector<InputFile> inputs,
                                                        ScanRequest request) {
  auto source = std::make_unique<ParquetSource>(std::move(request));
  FLOE_TRY_VOID(source->Open(duckdb, inputs));
  return source;
}

}  // namespace floe::connect::filesystem
