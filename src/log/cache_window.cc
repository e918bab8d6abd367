// SPDX-License-Identifier: Apache-2.0
// What to tell the kernel about pages.
#include "log/cache_window.h"

#include <algorithm>

#include "log/segment.h"

namespace floe::log {
namespace {

/// Dropping in steps keeps it out of the small commits.
constexpr std::uint64_t kStep = 4U << 20;
constexpr std::uint64_t kBehindReader = 8U << 20;
/// Advice on a part of a page does nothing: all edges are rounded down alike, so that neighbouring ranges leave no gap.
constexpr std::uint64_t kPage = 4096;

std::uint64_t PageOf(std::uint64_t position) {
  return position / kPage * kPage;
}

void Drop(const std::weak_ptr<Segment>& weak, std::uint64_t from, std::uint64_t to) {
  auto segment = weak.lock();
  if (!segment) return;
  if (auto reader = segment->Reader()) (*reader)->DropCached(from, to);
}

}  // namespace

void CacheWindow::Written(const std::shared_ptr<Segment>& segment, std::uint64_t position) {
  if (ranges_.empty() || ranges_.back().segment.lock() != segment) {
    ranges_.push_back({segment, PageOf(position), position});
    return;
  }
  bytes_ += position - ranges_.back().to;
  ranges_.back().to = position;
  if (bytes_ < kKeep + kStep) return;
  while (bytes_ > kKeep) {
    Range& oldest = ranges_.front();
    const bool whole = ranges_.size() > 1 && oldest.to - oldest.from <= bytes_ - kKeep;
    const std::uint64_t to = whole ? oldest.to : PageOf(oldest.from + bytes_ - kKeep);
    if (to <= oldest.from) return;
    Drop(oldest.segment, oldest.from, whole ? oldest.to + kPage : to);
    bytes_ -= std::min(bytes_, to - oldest.from);
    oldest.from = to;
    if (whole) ranges_.pop_front();
  }
}

void CacheWindow::ReadFarBehind(const io::ReadableFile& file, std::uint64_t position, std::uint64_t length) {
  const std::uint64_t end = position + length;
  if (end < kBehindReader + kPage) return;
  const std::uint64_t to = PageOf(end - kBehindReader);
  const std::uint64_t from = position > kBehindReader ? PageOf(position - kBehindReader) : 0;
  if (from < to) file.DropCached(from, to);
}

}  // namespace floe::log
