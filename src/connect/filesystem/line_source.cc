// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <span>

#include <fmt/format.h>

#include "connect/filesystem/filesystem_internal.h"
#include "formats/text.h"

namespace floe::connect::filesystem {
namespace {

using formats::DecodeStatus;

constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::size_t kMaxMessage = 256 << 20;

/// A partition column: its text stands in the directory names.
struct PartitionOutput {
  std::size_t output;
  formats::Column column;
};

class LineSource final : public SourceReader {
 public:
  LineSource(io::FileSystem& files, std::vector<InputFile> inputs, ScanRequest request, std::string format)
      : files_(files), inputs_(std::move(inputs)), request_(std::move(request)), format_(std::move(format)) {}

  Status Open(formats::FormatOptions options) {
    formats::DecoderRequest decode;
    decode.format = format_;
    FLOE_TRY(find_end_, formats::MakeFindMessageEnd(format_, options));
    decode.options = std::move(options);
    const TableDefinition& table = request_.table;
    auto is_partition = [&](const std::string& name) {
      return std::ranges::find(table.partition_keys, name) != table.partition_keys.end();
    };
    std::vector<int> position(table.physical.size(), -1);
    for (std::size_t i = 0; i < table.physical.size(); ++i) {
      if (is_partition(table.physical.fields[i].name)) continue;
      position[i] = static_cast<int>(decode.schema.size());
      decode.schema.fields.push_back(table.physical.fields[i]);
    }
    for (std::size_t output = 0; output < request_.columns.size(); ++output) {
      auto column = static_cast<std::size_t>(request_.columns[output]);
      const data::Field& field = table.physical.fields[column];
      if (position[column] < 0) {
        partitions_.push_back({output, formats::Column::Make(field.type, field.name)});
      } else {
        decode.columns.push_back(position[column]);
        outputs_.push_back(output);
      }
    }
    for (std::size_t i = 0; i < request_.metadata.size(); ++i) {
      const MetadataColumn& column = table.metadata[static_cast<std::size_t>(request_.metadata[i])];
      if (column.key != "file.path" && column.key != "file.name") {
        return Fail(ErrorKind::kNotSupported,
                    fmt::format("table {}: metadata '{}' is not known; known: file.path, file.name", table.FullName(),
                                column.key));
      }
      metadata_.push_back({request_.columns.size() + i, formats::Column::Make(column.type, column.key)});
    }
    FLOE_TRY(decoder_, formats::MakeDecoder(std::move(decode)));
    if (!request_.state) return {};
    unsigned long long file = 0, offset = 0;
    if (std::sscanf(request_.state->c_str(), "files 1 %llu %llu", &file, &offset) != 2 || file > inputs_.size()) {
      return Fail(ErrorKind::kCorruption, "the file source's position in the checkpoint is damaged");
    }
    file_ = file;
    offset_ = offset;
    return {};
  }

  Result<PollResult> Poll(data::Batch& out) override {
    out.rows.Reset();
    out.kinds.clear();
    Bind(out);
    PollResult result;
    std::size_t row = 0;
    while (row < STANDARD_VECTOR_SIZE && file_ < inputs_.size()) {
      std::string_view message;
      FLOE_TRY(bool found, NextMessage(message));
      if (!found) {
        ++file_;
        offset_ = line_ = 0;
        reader_.reset();
        buffer_.reset();
        if (row > 0) break;
        continue;
      }
      ++line_;
      if (message.empty() && format_ != "raw") continue;
      ++result.records_read;
      result.bytes_read += static_cast<std::int64_t>(message.size());
      FLOE_TRY_VOID(Decode(message, row, result));
    }
    out.rows.SetCardinality(row);
    result.status = result.records_read > 0 ? PollStatus::kRows : PollStatus::kEndOfInput;
    return result;
  }

  Result<std::string> Snapshot() override { return fmt::format("files 1 {} {}", file_, offset_); }
  void SetWakeup(std::function<void()>) override {}
  std::vector<std::string> SplitNames() const override { return {request_.table.name}; }
  Status OnCheckpointCommitted(const std::string&) override { return {}; }

 private:
  void Bind(data::Batch& out) {
    std::vector<duckdb::Vector*> vectors;
    for (std::size_t output : outputs_) vectors.push_back(&out.rows.data[output]);
    decoder_->Bind(vectors);
    for (auto* list : {&partitions_, &metadata_}) {
      for (PartitionOutput& output : *list) output.column.Bind(out.rows.data[output.output]);
    }
    if (buffer_) decoder_->SetBuffer({*buffer_, buffer_});
  }

  Status Decode(std::string_view message, std::size_t& row, PollResult& result) {
    DecodeStatus status = decoder_->Append(message, row);
    formats::DecodeError error = status == DecodeStatus::kBad ? decoder_->error() : formats::DecodeError();
    if (status == DecodeStatus::kRow && !WriteFileColumns(row)) {
      status = DecodeStatus::kBad;
      error = {"TypeMismatch", "a partition value in the directory name does not fit its column"};
    }
    if (status == DecodeStatus::kRow) {
      ++row;
    } else if (status == DecodeStatus::kSkipped) {
      ++result.records_skipped;
    } else {
      BadRecord bad;
      bad.topic = inputs_[file_].path;
      bad.offset = static_cast<std::int64_t>(line_);
      bad.value = std::string(message);
      bad.error_class = error.error_class;
      bad.message = error.message;
      bad.stage = "decode";
      return request_.bad_records->OnBadRecord(std::move(bad));
    }
    return {};
  }

  bool WriteFileColumns(std::size_t row) {
    const InputFile& input = inputs_[file_];
    for (PartitionOutput& output : partitions_) {
      auto it = std::ranges::find(input.partition, output.column.name, &std::pair<std::string, std::string>::first);
      if (it == input.partition.end() || it->second == "__DEFAULT_PARTITION__") {
        output.column.SetNull(row);
      } else if (!formats::WriteText(output.column, row, it->second, formats::TimestampFormat::kSql, {})) {
        return false;
      }
    }
    for (PartitionOutput& output : metadata_) {
      std::string_view path = input.path;
      output.column.SetString(row, output.column.name == "file.name" ? path.substr(path.rfind('/') + 1) : path, {});
    }
    return true;
  }

  /// The next message of the current file; false at its end.
  Result<bool> NextMessage(std::string_view& message) {
    if (!reader_) {
      FLOE_TRY(reader_, files_.OpenReadable(inputs_[file_].path));
      loaded_ = offset_;
      rest_ = {};
      at_end_ = false;
    }
    for (;;) {
      std::size_t next = 0;
      std::size_t length = find_end_(rest_, next);
      if (length != std::string_view::npos) {
        message = rest_.substr(0, length);
        rest_.remove_prefix(next);
        offset_ += next;
        return true;
      }
      if (at_end_) {
        message = rest_;
        offset_ += rest_.size();
        rest_ = {};
        return !message.empty();
      }
      if (rest_.size() > kMaxMessage)
        return Fail(ErrorKind::kTooLarge, fmt::format("'{}' has a line over 256 MiB", inputs_[file_].path));
      FLOE_TRY_VOID(ReadMore());
    }
  }

  /// A new buffer with the unread rest of the old one in front; vectors may still point into the old one.
  Status ReadMore() {
    auto buffer = std::make_shared<std::string>(rest_);
    std::size_t kept = buffer->size();
    buffer->resize(kept + std::max(kReadBytes, kept));
    FLOE_TRY(std::size_t got, reader_->ReadAt(loaded_, std::as_writable_bytes(std::span(*buffer)).subspan(kept)));
    at_end_ = got < buffer->size() - kept;
    loaded_ += got;
    buffer->resize(kept + got);
    buffer_ = std::move(buffer);
    rest_ = *buffer_;
    decoder_->SetBuffer({*buffer_, buffer_});
    return {};
  }

  io::FileSystem& files_;
  std::vector<InputFile> inputs_;
  ScanRequest request_;
  std::string format_;
  formats::FindMessageEnd find_end_;
  std::unique_ptr<formats::RowDecoder> decoder_;
  std::vector<std::size_t> outputs_;
  std::vector<PartitionOutput> partitions_;
  std::vector<PartitionOutput> metadata_;
  std::size_t file_ = 0;
  std::uint64_t offset_ = 0;  ///< of the next message in the file
  std::uint64_t loaded_ = 0;  ///< of what follows the buffer
  std::uint64_t line_ = 0;
  bool at_end_ = false;
  std::unique_ptr<io::ReadableFile> reader_;
  std::shared_ptr<std::string> buffer_;
  std::string_view rest_;
};

}  // namespace

Result<std::unique_ptr<SourceReader>> OpenLineSource(io::FileSystem& files, std::vector<InputFile> inputs,
                                                     ScanRequest request, const std::string& format,
                                                     formats::FormatOptions options) {
  auto source = std::make_unique<LineSource>(files, std::move(inputs), std::move(request), format);
  FLOE_TRY_VOID(source->Open(std::move(options)));
  return source;
}

}  // namespace floe::connect::filesystem
