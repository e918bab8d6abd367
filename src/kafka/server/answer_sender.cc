// SPDX-License-Identifier: Apache-2.0
#include "kafka/server/answer_sender.h"

#include <utility>

namespace floe::kafka {

AnswerSender::AnswerSender(std::span<const Encoded> messages, PiecePool::Piece piece) : piece_(std::move(piece)) {
  for (const Encoded& message : messages) {
    message.ForEachPart([this](std::span<const std::byte> bytes, const StoredRecords* stored) {
      if (!bytes.empty() || (stored != nullptr && stored->size() > 0))
        parts_.push_back({.bytes = bytes, .stored = stored});
    });
  }
}

Status AnswerSender::Load() {
  ready_.clear();
  first_ = 0;
  std::size_t used = 0;
  while (next_ < parts_.size()) {
    const Part& part = parts_[next_];
    if (part.stored != nullptr) {
      const auto room = piece_.bytes().subspan(used);
      if (room.size() <= StoredRecords::kBlock) break;
      FLOE_TRY(const auto bytes, part.stored->ReadPiece(position_, room));
      ready_.push_back(bytes);
      position_ += bytes.size();
      if (position_ < part.stored->size()) break;
      const auto end = static_cast<std::size_t>(bytes.data() + bytes.size() - piece_.bytes().data());
      used = (end + StoredRecords::kBlock - 1) / StoredRecords::kBlock * StoredRecords::kBlock;
      position_ = 0;
    } else {
      ready_.push_back(part.bytes);
    }
    ++next_;
  }
  return {};
}

void AnswerSender::Sent(std::size_t bytes) {
  while (first_ < ready_.size() && bytes >= ready_[first_].size()) bytes -= ready_[first_++].size();
  if (bytes > 0) ready_[first_] = ready_[first_].subspan(bytes);
}

Result<AnswerSender::Progress> AnswerSender::Run(const net::SocketDescriptor& socket) {
  Progress progress;
  for (;;) {
    if (first_ == ready_.size()) FLOE_TRY_VOID(Load());
    if (ready_.empty()) break;
    FLOE_TRY(const std::size_t n, socket.SendSome(std::span(ready_).subspan(first_)));
    if (n == 0) return progress;
    progress.bytes += n;
    Sent(n);
  }
  progress.done = true;
  return progress;
}

}  // namespace floe::kafka
