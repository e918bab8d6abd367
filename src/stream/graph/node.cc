// SPDX-License-Identifier: Apache-2.0
#include "stream/graph/node.h"

#include <algorithm>

namespace floe::stream {

Counters& Counters::operator+=(const Counters& other) {
  in += other.in;
  out += other.out;
  filtered += other.filtered;
  late += other.late;
  dead_lettered += other.dead_lettered;
  skipped += other.skipped;
  absorbed += other.absorbed;
  generated += other.generated;
  return *this;
}

Node::Node(std::string uid, std::unique_ptr<Operator> op, int ports)
    : uid_(std::move(uid)), op_(std::move(op)), ports_(static_cast<std::size_t>(ports)) {}

Status Node::Receive(int port, Chunk chunk) {
  if (chunk.batch.size() == 0) return {};
  op_->counters().in += static_cast<std::int64_t>(chunk.batch.size());
  return op_->Process(port, chunk, *this);
}

Status Node::ReceiveWatermark(int port, TimestampUs watermark) {
  Port& state = ports_[static_cast<std::size_t>(port)];
  state.watermark = std::max(state.watermark, watermark);
  return MergeWatermarks();
}

Status Node::ReceiveIdle(int port, bool idle) {
  ports_[static_cast<std::size_t>(port)].idle = idle;
  const bool all = std::ranges::all_of(ports_, [](const Port& p) { return p.idle || p.ended; });
  if (all != idle_received_) {
    idle_received_ = all;
    FLOE_TRY_VOID(op_->OnIdle(all, *this));
  }
  return MergeWatermarks();
}

Status Node::MergeWatermarks() {
  TimestampUs merged = kFinalWatermark;
  bool any = false;
  for (const Port& port : ports_) {
    if (port.idle && !port.ended) continue;
    any = true;
    merged = std::min(merged, port.watermark);
  }
  if (!any || merged <= received_) return {};
  received_ = merged;
  return op_->OnWatermark(merged, *this);
}

Status Node::ReceiveEnd(int port) {
  Port& state = ports_[static_cast<std::size_t>(port)];
  if (state.ended) return {};
  state.ended = true;
  state.watermark = kFinalWatermark;
  ++ended_ports_;
  FLOE_TRY_VOID(MergeWatermarks());
  if (ended_ports_ != static_cast<int>(ports_.size())) return {};
  FLOE_TRY_VOID(op_->OnEndOfInput(*this));
  return EndOfInput();
}

Status Node::EndOfInput() {
  end_sent_ = true;
  for (const Edge& edge : downstream_) FLOE_TRY_VOID(edge.node->ReceiveEnd(edge.port));
  return {};
}

Status Node::Emit(Chunk chunk) {
  if (chunk.batch.size() == 0) return {};
  op_->counters().out += static_cast<std::int64_t>(chunk.batch.size());
  for (const Edge& edge : downstream_) FLOE_TRY_VOID(edge.node->Receive(edge.port, chunk));
  return {};
}

Status Node::Advance(TimestampUs watermark) {
  if (watermark <= sent_) return {};
  sent_ = watermark;
  for (const Edge& edge : downstream_) FLOE_TRY_VOID(edge.node->ReceiveWatermark(edge.port, watermark));
  return {};
}

Status Node::SetIdle(bool idle) {
  if (idle == idle_sent_) return {};
  idle_sent_ = idle;
  for (const Edge& edge : downstream_) FLOE_TRY_VOID(edge.node->ReceiveIdle(edge.port, idle));
  return {};
}

std::vector<TimestampUs> Node::port_watermarks() const {
  std::vector<TimestampUs> watermarks;
  for (const Port& port : ports_) watermarks.push_back(port.watermark);
  return watermarks;
}

void Node::RestoreWatermarks(const std::vector<TimestampUs>& ports, TimestampUs sent) {
  for (std::size_t i = 0; i < ports_.size() && i < ports.size(); ++i) ports_[i].watermark = ports[i];
  received_ = kFinalWatermark;
  for (const Port& port : ports_) received_ = std::min(received_, port.watermark);
  if (ports_.empty()) received_ = kNoWatermark;
  sent_ = sent;
}

}  // namespace floe::stream
