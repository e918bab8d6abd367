// SPDX-License-Identifier: Apache-2.0
// What a handler gets and gives.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include "base/async/compute_pool.h"
#include "base/async/one_shot.h"
#include "base/clock.h"
#include "kafka/protocol/header.h"
#include "kafka/server/byte_budget.h"
#include "kafka/server/memory_gate.h"
#include "kafka/server/options.h"

namespace floe::log {
class Log;
}

namespace floe::kafka {

class FetchSessions;
class GroupCoordinator;
class OffsetStore;
class TopicDirectory;

/// The parts of the broker that handlers use; all outlive every request.
struct Services {
  const ServerOptions& options;
  const std::string& host;  ///< advertised
  const std::uint16_t& port;
  log::Log& log;
  TopicDirectory& topics;
  OffsetStore& offsets;
  GroupCoordinator& groups;
  FetchSessions& sessions;
  ByteBudget& response_budget;
  MemoryGate& request_memory;
  std::mutex& alter_mu;  ///< one change of a topic configuration at a time; compute threads only
  ComputePool& compute;
  Clock& clock;
};

/// A frame whose header was read. The frame's bytes stay valid until the handler has returned.
struct Request {
  RequestHeader header;
  Reader body;
  std::string client_host;

  bool malformed = false;  ///< the body could not be decoded

  template <typename T>
  Result<T> Decode() {
    auto decoded = DecodeRequest<T>(body, header.api_version);
    malformed = !decoded;
    return decoded;
  }
  template <typename T>
  Encoded Encode(const T& response) const {
    return EncodeResponse(response, header.correlation_id, header.api_version);
  }
};

/// No response at all (acks=0), one that is there, or one that comes later while the next request is taken up.
struct Reply {
  std::variant<std::monostate, Encoded, OneShot<Encoded>> response;
  ByteBudget::Lease lease;  ///< held until the response is on the wire, as is
  MemoryGate::Hold memory;  ///< of what was copied out of the request

  Reply() = default;
  Reply(Encoded encoded, ByteBudget::Lease held = {}) : response(std::move(encoded)), lease(std::move(held)) {}
  explicit Reply(OneShot<Encoded> later, MemoryGate::Hold copied = {})
      : response(std::move(later)), memory(std::move(copied)) {}
};

/// Runs on the connection's loop and never blocks it. An error means that the frame was malformed or cannot be
/// answered: INVALID_REQUEST where the response has a place for it, else the connection is closed; one log line.
/// Services and request outlive the coroutine.
using HandlerResult = Task<Result<Reply>>;
using Handler = HandlerResult (*)(Services& services, Request& request);

}  // namespace floe::kafka
