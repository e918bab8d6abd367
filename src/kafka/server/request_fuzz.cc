// SPDX-License-Identifier: Apache-2.0
// Any frames to the handlers of a broker with a log in memory: an answer that decodes, or an error; never a crash, and
// nothing that does not end when it is asked to.
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/async/compute_pool.h"
#include "base/async/io_threads.h"
#include "base/async/task_scope.h"
#include "base/logging.h"
#include "io/memory_file_system.h"
#include "kafka/protocol/messages/all.h"
#include "kafka/server/api_table.h"
#include "kafka/server/fetch_session.h"
#include "kafka/server/group_coordinator.h"
#include "kafka/server/offset_store.h"
#include "kafka/server/topic_directory.h"
#include "log/log.h"

namespace {

using namespace floe;
using namespace floe::kafka;

/// The broker's parts without sockets; groups are the caller's, so that waiting members can be let go.
class World {
 public:
  World() {
    logging::Init(logging::Level::kOff, logging::Format::kHuman);
    std::string pattern = std::filesystem::temp_directory_path() / "floe-request-fuzz-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    directory_ = pattern;
    store_ = std::move(*meta::Store::Open(directory_ + "/meta.db"));
    FLOE_CHECK(files_.CreateDirectories("/log").has_value());
    log_ = std::move(*log::Log::Open(files_, *store_, clock_, {.directory = "/log"}));
    FLOE_CHECK(log_->CreateTopic("t", 2, {}).has_value());
    offsets_ = std::move(*OffsetStore::Open(*store_, compute_));
    topics_ = std::make_unique<TopicDirectory>(*log_);
  }
  ~World() {
    offsets_.reset();
    FLOE_CHECK(log_->Close().has_value());
    log_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Handle(std::vector<std::vector<std::byte>>& frames) {
    SeededRandom random(7);
    GroupCoordinator groups({}, *offsets_, clock_, random);
    FetchSessions sessions(4, random);
    const std::string host = "localhost";
    const std::uint16_t port = 9092;
    Services services{options_, host,    port,    *log_,     *topics_, *offsets_, groups,
                      sessions, budget_, memory_, alter_mu_, compute_, clock_};
    TaskScope scope(io_.At(0), "fuzz");
    for (auto& frame : frames) {
      OneShot<bool> done;
      scope.Spawn([&services, &frame, done]() -> Task<void> {
        co_await One(services, frame);
        done.Set(true);
      });
      // Long polls and joins wait for others: leave them to the end.
      Wait(done);
    }
    groups.Stop();
    scope.StopAndWait();
  }

  bool worn() const { return log_->Topics().size() > 20; }

 private:
  void Wait(const OneShot<bool>& done) {
    std::mutex mu;
    std::condition_variable changed;
    bool over = false;
    TaskScope scope(io_.At(1), "wait");
    scope.Spawn([&]() -> Task<void> {
      static_cast<void>(co_await done.WaitFor(std::chrono::milliseconds(5)));
      std::lock_guard lock(mu);
      over = true;
      changed.notify_one();
    });
    std::unique_lock lock(mu);
    changed.wait(lock, [&] { return over; });
  }

  static Task<void> One(Services& services, std::vector<std::byte>& frame) {
    Reader reader(frame);
    auto header = DecodeRequestHeader(reader);
    if (!header) co_return;
    const auto* api = FindApi(header->api_key);
    if (api == nullptr) co_return;
    const bool offered = header->api_version >= api->min_version && header->api_version <= api->max_version;
    if (!offered && api->key != ApiKey::kApiVersions) co_return;
    Request request{std::move(*header), reader, "/127.0.0.1"};
    auto reply = co_await api->handler(services, request);
    if (!reply) co_return;
    if (auto* ready = std::get_if<Encoded>(&reply->response)) Check(request.header, ready->Flatten());
    if (auto* later = std::get_if<OneShot<Encoded>>(&reply->response)) {
      const auto waiter = *later;
      auto encoded = co_await waiter.Wait();
      if (encoded) Check(request.header, encoded->Flatten());
    }
  }

  static void Check(const RequestHeader& header, std::string bytes) {
    bool known = false;
    VisitMessages([&]<typename Req, typename Response>(std::type_identity<Req>, std::type_identity<Response>) {
      if (static_cast<std::int16_t>(Req::kApi) != header.api_key) return;
      known = true;
      // An unknown version of ApiVersions is answered in version 0.
      const bool offered = header.api_version >= Req::kMinVersion && header.api_version <= Req::kMaxVersion;
      const auto version = offered ? header.api_version : std::int16_t{0};
      Reader reader({reinterpret_cast<std::byte*>(bytes.data()) + 4, bytes.size() - 4});
      std::int32_t id = 0;
      if (!DecodeResponse<Response>(reader, version, &id) || id != header.correlation_id) std::abort();
    });
    if (!known) std::abort();
  }

  std::string directory_;
  ServerOptions options_;
  io::MemoryFileSystem files_;
  Clock& clock_ = SystemClock();
  std::unique_ptr<meta::Store> store_;
  std::unique_ptr<log::Log> log_;
  ComputePool compute_{1};
  std::unique_ptr<OffsetStore> offsets_;
  std::unique_ptr<TopicDirectory> topics_;
  ByteBudget budget_{64U << 20};
  MemoryGate memory_{nullptr, "fuzz", 0, compute_};
  std::mutex alter_mu_;
  IoThreads io_{2};
};

/// Topics by the hundred thousand would test the machine's memory and not the handlers.
bool TooLarge(std::vector<std::byte>& frame) {
  Reader reader(frame);
  const auto header = DecodeRequestHeader(reader);
  if (!header) return false;
  const auto version = header->api_version;
  if (header->api_key == static_cast<std::int16_t>(CreateTopicsRequest::kApi) &&
      version >= CreateTopicsRequest::kMinVersion && version <= CreateTopicsRequest::kMaxVersion) {
    const auto asked = DecodeRequest<CreateTopicsRequest>(reader, version);
    return asked && std::ranges::any_of(asked->topics, [](const auto& topic) { return topic.num_partitions > 8; });
  }
  if (header->api_key == static_cast<std::int16_t>(CreatePartitionsRequest::kApi) &&
      version >= CreatePartitionsRequest::kMinVersion && version <= CreatePartitionsRequest::kMaxVersion) {
    const auto asked = DecodeRequest<CreatePartitionsRequest>(reader, version);
    return asked && std::ranges::any_of(asked->topics, [](const auto& topic) { return topic.count > 8; });
  }
  return false;
}

}  // namespace

// Frames as on the wire: a length of four bytes, then the request. A length beyond the input takes the rest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::unique_ptr<World> world;
  static int runs = 0;
  std::vector<std::vector<std::byte>> frames;
  for (std::size_t at = 0; at + 4 < size && frames.size() < 8;) {
    const std::size_t length = static_cast<std::size_t>(data[at]) << 24 | static_cast<std::size_t>(data[at + 1]) << 16 |
                               static_cast<std::size_t>(data[at + 2]) << 8 | data[at + 3];
    at += 4;
    const std::size_t taken = std::min(length, size - at);
    const auto* begin = reinterpret_cast<const std::byte*>(data + at);
    std::vector<std::byte> frame(begin, begin + taken);
    if (!TooLarge(frame)) frames.push_back(std::move(frame));
    at += taken;
  }
  if (frames.empty()) return 0;
  if (!world || world->worn() || ++runs % 5000 == 0) {
    world.reset();
    world = std::make_unique<World>();
  }
  world->Handle(frames);
  return 0;
}
