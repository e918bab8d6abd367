// SPDX-License-Identifier: Apache-2.0
// An operator in its place: merges the watermarks of its inputs, counts rows, and hands output to the operators below.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stream/graph/operator.h"

namespace floe::stream {

/// Edges inside a task are calls: Emit runs everything downstream before it returns, so a batch's effects are complete
/// when the source polls again, and a barrier between two polls is aligned by construction.
class Node final : public Output {
 public:
  Node(std::string uid, std::unique_ptr<Operator> op, int ports);

  /// Stable over restarts of the same plan: "2-window_aggregate".
  const std::string& uid() const { return uid_; }
  Operator& op() { return *op_; }
  const Operator& op() const { return *op_; }
  void AddDownstream(Node* node, int port) { downstream_.push_back({node, port}); }

  Status Receive(int port, Chunk chunk);
  Status ReceiveWatermark(int port, TimestampUs watermark);
  Status ReceiveIdle(int port, bool idle);
  Status ReceiveEnd(int port);
  /// For a source, which has no ports: tells everything downstream.
  Status EndOfInput();
  Status Timer(TimestampUs now) { return op_->OnTimer(now, *this); }

  Status Emit(Chunk chunk) override;
  Status Advance(TimestampUs watermark) override;
  Status SetIdle(bool idle) override;

  bool ended() const { return end_sent_; }
  /// Nothing more will come out.
  bool finished() const { return ended() || op_->Done(); }
  /// What was sent downstream last.
  TimestampUs watermark() const { return sent_; }

  std::vector<TimestampUs> port_watermarks() const;
  /// After a restore, before the first batch.
  void RestoreWatermarks(const std::vector<TimestampUs>& ports, TimestampUs sent);

 private:
  struct Port {
    TimestampUs watermark = kNoWatermark;
    bool idle = false;
    bool ended = false;
  };
  struct Edge {
    Node* node;
    int port;
  };
  Status MergeWatermarks();

  std::string uid_;
  std::unique_ptr<Operator> op_;
  std::vector<Port> ports_;
  std::vector<Edge> downstream_;
  TimestampUs received_ = kNoWatermark;
  TimestampUs sent_ = kNoWatermark;
  bool idle_received_ = false;
  bool idle_sent_ = false;
  int ended_ports_ = 0;
  bool end_sent_ = false;
};

}  // namespace floe::stream
