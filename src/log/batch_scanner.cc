// SPDX-License-Identifier: Apache-2.0
// A read-ahead window over a segment file.
#include "log/batch_scanner.h"

#include <algorithm>

#include "io/file_system.h"

namespace floe::log {
namespace {

constexpr std::size_t kWholeWindow = 1 << 20;
constexpr std::size_t kHeaderWindow = 4 << 10;

}  // namespace

BatchScanner::BatchScanner(const io::ReadableFile& file, Depth depth, std::uint64_t position, std::uint64_t end)
    : file_(file), depth_(depth), position_(position), end_(end) {}

Result<bool> BatchScanner::Fill(std::size_t size) {
  if (position_ + size > end_) return false;
  if (position_ >= buffer_position_ && position_ + size <= buffer_position_ + buffer_used_) return true;
  std::size_t window = std::max(size, depth_ == Depth::kWhole ? kWholeWindow : kHeaderWindow);
  window = static_cast<std::size_t>(std::min<std::uint64_t>(window, end_ - position_));
  if (buffer_.size() < window) buffer_.resize_and_overwrite(window, [window](char*, std::size_t) { return window; });
  FLOE_TRY(buffer_used_, file_.ReadAt(position_, std::as_writable_bytes(std::span(buffer_.data(), window))));
  buffer_position_ = position_;
  return buffer_used_ >= size;
}

Result<std::optional<BatchScanner::Item>> BatchScanner::Next() {
  if (position_ >= end_) return std::nullopt;
  FLOE_TRY(bool has_header, Fill(kafka::kBatchHeaderSize));
  if (!has_header) return Fail(ErrorKind::kCorruption, "the file ends inside the header of a record batch");
  auto at = [&](std::size_t size) {
    return std::as_bytes(std::span(buffer_.data() + (position_ - buffer_position_), size));
  };
  Item item;
  item.position = position_;
  FLOE_TRY(item.header, kafka::ParseBatchHeader(at(kafka::kBatchHeaderSize)));
  std::size_t size = item.header.size_bytes();
  if (position_ + size > end_) {
    return Fail(ErrorKind::kCorruption, "record batch is cut off: it has " + std::to_string(size) + " bytes, " +
                                            std::to_string(end_ - position_) + " are there");
  }
  if (depth_ == Depth::kWhole) {
    FLOE_TRY(bool whole, Fill(size));
    if (!whole) return Fail(ErrorKind::kCorruption, "record batch is cut off by the end of the file");
    item.bytes = at(size);
    FLOE_TRY(item.header, kafka::CheckBatch(item.bytes));
  }
  position_ += size;
  return item;
}

}  // namespace floe::log
