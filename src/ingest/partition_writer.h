// SPDX-License-Identifier: Apache-2.0
// Group commit of HTTP requests into one partition.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/async/compute_pool.h"
#include "log/log.h"

namespace floe::ingest {

struct Record {
  std::optional<std::string> key;
  std::string value;
};

struct WriterLimits {
  std::size_t max_batch_bytes = 900'000;        ///< of one record batch, below Kafka's max.message.bytes
  std::size_t max_pending_bytes = 32ULL << 20;  ///< waiting for the disk; beyond it requests are refused
};

/// While one batch is on its way to the disk, the requests that arrive wait and go together in the next one: the
/// busier, the larger the batches. Thread-safe. Keep it in a shared_ptr.
class PartitionWriter : public std::enable_shared_from_this<PartitionWriter> {
 public:
  /// `done` gets the offset of the request's first record once all of them are durable; they are consecutive.
  using Done = std::function<void(Result<Offset>)>;

  PartitionWriter(std::shared_ptr<log::Partition> partition, ComputePool& pool, Clock& clock, WriterLimits limits);

  /// `done` runs on another thread, or at once with kResourceExhausted. Else the errors of Partition::Append.
  void Submit(std::vector<Record> records, Done done);

  const log::Partition& partition() const { return *partition_; }

 private:
  struct Request {
    std::vector<Record> records;
    std::size_t bytes;
    Done done;
  };

  void Schedule();
  void Flush();
  void Append(std::vector<Request> requests);
  Result<log::AppendResult> Write(const std::vector<Request>& requests);
  void Complete(const std::vector<Request>& requests, const Result<Offset>& base);
  void Finish();

  const std::shared_ptr<log::Partition> partition_;
  ComputePool& pool_;
  Clock& clock_;
  const WriterLimits limits_;
  std::mutex mu_;
  // Guarded by mu_.
  std::vector<Request> pending_;
  std::size_t pending_bytes_ = 0;
  bool busy_ = false;
};

}  // namespace floe::ingest
