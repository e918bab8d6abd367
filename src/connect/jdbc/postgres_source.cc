// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "connect/jdbc/jdbc_internal.h"
#include "formats/format.h"

namespace floe::connect::jdbc {
namespace {

using data::TypeKind;
using formats::DecodeStatus;

constexpr std::size_t kMaxChunks = 16;

/// A column as text that the CSV decoder reads back.
std::string SelectExpression(const data::Field& field) {
  std::string name = QuoteIdentifier(field.name);
  switch (field.type.kind()) {
    case TypeKind::kTimestamp: return fmt::format("to_char({}::timestamp, 'YYYY-MM-DD HH24:MI:SS.US')", name);
    case TypeKind::kTimestampLtz:
      return fmt::format("to_char({}::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US\"Z\"')", name);
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return fmt::format("translate(encode({}, 'base64'), E'\\n', '')", name);
    default: return name + "::text";
  }
}

/// Lines of COPY's output, fetched ahead by one thread.
class PostgresSource final : public SourceReader {
 public:
  explicit PostgresSource(ScanRequest request) : request_(std::move(request)) {}
  ~PostgresSource() override {
    {
      std::lock_guard lock(mu_);
      stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  Status Open(const PostgresAddress& address, const std::string& table) {
    formats::DecoderRequest decode;
    decode.format = "csv";
    decode.options = {{"csv.null-literal", "\\N"}};
    std::string select;
    for (int index : request_.columns) {
      const data::Field& field = request_.table.physical.fields[static_cast<std::size_t>(index)];
      select += (select.empty() ? "" : ", ") + SelectExpression(field);
      decode.columns.push_back(static_cast<int>(decode.schema.size()));
      decode.schema.fields.push_back(field);
    }
    if (select.empty()) {
      // Only the number of rows matters.
      select = "1";
      decode.schema.fields.push_back({"one", data::Type::Int(), "", {}});
    }
    FLOE_TRY(decoder_, formats::MakeDecoder(std::move(decode)));
    FLOE_TRY(connection_, Postgres::Connect(address));
    FLOE_TRY(ResultPtr started,
             connection_->Execute(
                 fmt::format("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv, NULL '\\N')", select, QuoteName(table))));
    thread_ = std::thread([this] { Fetch(); });
    return {};
  }

  Result<PollResult> Poll(data::Batch& out) override {
    out.rows.Reset();
    out.kinds.clear();
    std::vector<std::string> lines;
    PollResult result;
    {
      std::lock_guard lock(mu_);
      if (chunks_.empty()) {
        if (!done_) return result;
        if (!status_) return Fail(status_.error());
        result.status = PollStatus::kEndOfInput;
        return result;
      }
      lines = std::move(chunks_.front());
      chunks_.pop_front();
    }
    changed_.notify_all();
    std::vector<duckdb::Vector*> vectors;
    for (std::size_t i = 0; i < request_.columns.size(); ++i) vectors.push_back(&out.rows.data[i]);
    decoder_->Bind(vectors);
    std::size_t row = 0;
    for (const std::string& line : lines) {
      ++row_number_;
      ++result.records_read;
      result.bytes_read += static_cast<std::int64_t>(line.size());
      if (decoder_->Append(line, row) == DecodeStatus::kRow) {
        ++row;
        continue;
      }
      BadRecord bad;
      bad.topic = request_.table.name;
      bad.offset = row_number_;
      bad.value = line;
      bad.error_class = decoder_->error().error_class;
      bad.message = decoder_->error().message;
      bad.stage = "decode";
      FLOE_TRY_VOID(request_.bad_records->OnBadRecord(std::move(bad)));
    }
    out.rows.SetCardinality(row);
    result.status = PollStatus::kRows;
    return result;
  }

  Result<std::string> Snapshot() override { return std::string(); }
  void SetWakeup(std::function<void()> wakeup) override {
    std::lock_guard lock(mu_);
    wakeup_ = std::move(wakeup);
  }
  std::vector<std::string> SplitNames() const override { return {request_.table.name}; }
  Status OnCheckpointCommitted(const std::string&) override { return {}; }

 private:
  void Fetch() {
    Status status;
    std::vector<std::string> lines;
    for (;;) {
      char* data = nullptr;
      int size = PQgetCopyData(connection_->raw(), &data, 0);
      if (size > 0) {
        lines.emplace_back(data, static_cast<std::size_t>(size));
        PQfreemem(data);
      }
      if ((size < 0 || lines.size() == STANDARD_VECTOR_SIZE) && !Give(lines)) return;
      if (size >= 0) continue;
      if (size == -2)
        status = Fail(ErrorKind::kUnavailable, fmt::format("PostgreSQL: {}", PQerrorMessage(connection_->raw())));
      while (ResultPtr last{PQgetResult(connection_->raw())}) {
        if (PQresultStatus(last.get()) == PGRES_FATAL_ERROR && status) {
          status = Fail(ErrorKind::kInvalidInput, fmt::format("PostgreSQL: {}", PQresultErrorMessage(last.get())));
        }
      }
      break;
    }
    std::lock_guard lock(mu_);
    done_ = true;
    status_ = std::move(status);
    if (wakeup_) wakeup_();
  }

  /// False when the reader is going away.
  bool Give(std::vector<std::string>& lines) {
    std::unique_lock lock(mu_);
    changed_.wait(lock, [this] { return stop_ || chunks_.size() < kMaxChunks; });
    if (stop_) return false;
    if (!lines.empty()) chunks_.push_back(std::move(lines));
    lines.clear();
    if (wakeup_) wakeup_();
    return true;
  }

  ScanRequest request_;
  std::unique_ptr<Postgres> connection_;  // of the fetching thread once it runs
  std::unique_ptr<formats::RowDecoder> decoder_;
  std::int64_t row_number_ = 0;
  std::mutex mu_;
  std::condition_variable changed_;
  // Guarded by mu_.
  std::deque<std::vector<std::string>> chunks_;
  std::function<void()> wakeup_;
  bool done_ = false;
  bool stop_ = false;
  Status status_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<SourceReader>> OpenPostgresSource(const PostgresAddress& address, const std::string& table,
                                                         ScanRequest request) {
  if (request.state)
    return Fail(ErrorKind::kNotSupported,
                "a jdbc source cannot continue in the middle; it is read from its beginning only");
  auto source = std::make_unique<PostgresSource>(std::move(request));
  FLOE_TRY_VOID(source->Open(address, table));
  return source;
}

}  // namespace floe::connect::jdbc
