// SPDX-License-Identifier: Apache-2.0
// Puts the parts of the Kafka service together.
#include "kafka/server/server.h"

#include <atomic>
#include <future>
#include <list>
#include <vector>

#include "base/async/task_scope.h"
#include "base/logging.h"
#include "kafka/server/byte_budget.h"
#include "kafka/server/connection.h"
#include "kafka/server/fetch_session.h"
#include "kafka/server/group_coordinator.h"
#include "kafka/server/offset_expiry.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {
namespace {

/// Small requests and responses pass even when the node's memory is used up.
constexpr std::uint64_t kAlwaysOpen = 8U << 20;

const meta::Migration kMigration{
    .module = "kafka_node",
    .steps = {"CREATE TABLE kafka_node (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"}};

/// Made once per data directory: clients notice when they reach another cluster.
Result<std::string> StoredClusterId(meta::Store& store, Random& random) {
  FLOE_TRY_VOID(store.Migrate(kMigration));
  std::string id;
  const auto read = [&id](const meta::Row& row) -> Status {
    id = row.Bytes(0);
    return {};
  };
  const std::string query = "SELECT value FROM kafka_node WHERE key = 'cluster_id'";
  FLOE_TRY_VOID(store.Read([&](meta::Transaction& transaction) { return transaction.Query(query, {}, read); }));
  if (!id.empty()) return id;
  id = random.Uuid();
  FLOE_TRY_VOID(store.Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute("INSERT INTO kafka_node VALUES ('cluster_id', ?)", {id}));
    return {};
  }));
  return id;
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(ServerDependencies d, ServerOptions o)
      : dependencies(d),
        options(std::move(o)),
        topics(d.log),
        sessions(options.max_fetch_sessions, d.random),
        frame_memory(d.memory, "kafka requests", kAlwaysOpen, d.compute),
        response_memory(d.memory, "kafka responses", kAlwaysOpen, d.compute),
        request_budget(options.request_memory),
        response_budget(options.response_memory, &response_memory),
        loops(d.io.size()),
        scope(d.io.At(0), "kafka") {}

  ServerDependencies dependencies;
  ServerOptions options;
  std::string host;
  std::uint16_t port = 0;
  TopicDirectory topics;
  FetchSessions sessions;
  MemoryGate frame_memory;
  MemoryGate response_memory;
  ByteBudget request_budget;
  ByteBudget response_budget;
  PiecePool pieces{kSendPieceBytes};
  std::unique_ptr<GroupCoordinator> groups;
  std::unique_ptr<OffsetExpiry> expiry;
  std::unique_ptr<GroupAdmin> group_admin;
  std::mutex alter_mu;
  LogLimiter log_limiter;
  std::unique_ptr<Services> services;
  std::unique_ptr<net::Listener> listener;
  std::atomic<std::size_t> connections{0};
  /// Each list belongs to the loop of its index.
  std::vector<std::list<Connection*>> loops;
  std::atomic<bool> stopped{false};
  TaskScope scope;  // last: its destructor waits for what uses the rest

  Task<void> OnConnection(net::TcpSocket socket, std::size_t loop) {
    if (connections.fetch_add(1) >= options.max_connections) {
      connections.fetch_sub(1);
      if (const auto kept_back = log_limiter.Next(dependencies.clock.MonotonicNow())) {
        logging::Warn("kafka", "connection refused: too many",
                      {{"limit", options.max_connections}, {"lines_kept_back", *kept_back}});
      }
      co_return;
    }
    const auto connection = std::make_shared<Connection>(
        std::move(socket), ConnectionContext{*services, request_budget, frame_memory, pieces, scope, log_limiter});
    auto& list = loops[loop];
    const auto place = list.insert(list.end(), connection.get());
    struct Leave {
      Impl* impl;
      std::list<Connection*>& list;
      std::list<Connection*>::iterator place;
      ~Leave() {
        list.erase(place);
        impl->connections.fetch_sub(1);
      }
    } leave{this, list, place};
    co_await connection->Run();
  }

  Task<void> WatchHealth(std::size_t loop) {
    for (;;) {
      const auto slept = co_await SleepFor(options.health_check);
      if (!slept) co_return;
      const auto now = dependencies.clock.MonotonicNow();
      // Closing a connection only resumes its coroutine later, so the list does not change here.
      for (auto* connection : loops[loop]) connection->CheckHealth(now);
      if (loop == 0) pieces.Trim();
    }
  }

  Task<void> ExpireOffsets() {
    for (;;) {
      const auto slept = co_await SleepFor(options.offsets_retention_check);
      if (!slept) co_return;
      expiry->Sweep([](Status status) {
        if (!status) logging::Warn("kafka", "forgetting old offsets failed", {{"cause", status.error().ToString()}});
      });
    }
  }

  Status Open() {
    OffsetStore& offsets = dependencies.offsets;
    if (options.cluster_id.empty()) {
      FLOE_TRY(options.cluster_id, StoredClusterId(dependencies.store, dependencies.random));
    }
    groups = std::make_unique<GroupCoordinator>(options.groups, offsets, dependencies.clock, dependencies.random);
    group_admin = std::make_unique<GroupAdmin>(*groups, offsets);
    expiry = std::make_unique<OffsetExpiry>(*groups, offsets, dependencies.clock, options.offsets_retention);
    FLOE_TRY(listener, net::Listener::Bind(dependencies.io, options.listen));
    options.listen.address = listener->address();
    host = options.advertised_host.empty() ? listener->address().host : options.advertised_host;
    port = listener->address().port;
    services = std::make_unique<Services>(Services{options, host, port, dependencies.log, topics, offsets, *groups,
                                                   sessions, response_budget, frame_memory, alter_mu,
                                                   dependencies.compute, dependencies.clock});
    groups->Start(scope);
    scope.Spawn([this]() -> Task<void> { co_await ExpireOffsets(); });
    for (std::size_t loop = 0; loop < loops.size(); ++loop) {
      scope.SpawnOn(dependencies.io.At(loop), [this, loop]() -> Task<void> { co_await WatchHealth(loop); });
    }
    listener->Start(scope,
                    [this](net::TcpSocket socket, std::size_t loop) { return OnConnection(std::move(socket), loop); });
    AddMetrics();
    return {};
  }

  void AddMetrics() {
    if (dependencies.metrics == nullptr) return;
    // The registry may print after the service is gone.
    const auto gauge = [this](const std::string& name, const std::string& help, double (*read)(const Impl&)) {
      dependencies.metrics->AddCallback(name, help, false, [weak = weak_from_this(), read] {
        std::vector<metrics::Registry::Sample> samples;
        if (const auto self = weak.lock()) samples.push_back({.labels = {}, .value = read(*self)});
        return samples;
      });
    };
    gauge("floe_kafka_connections", "Open client connections.",
          [](const Impl& impl) { return static_cast<double>(impl.connections.load()); });
    gauge("floe_kafka_request_bytes_in_flight", "Bytes of requests being read or handled.",
          [](const Impl& impl) { return static_cast<double>(impl.request_budget.used()); });
    gauge("floe_kafka_response_bytes_in_flight", "Bytes of fetched records on their way out.",
          [](const Impl& impl) { return static_cast<double>(impl.response_budget.used()); });
    gauge("floe_kafka_waiting_for_memory", "Requests and fetches that wait until the node has memory for them.",
          [](const Impl& impl) {
            return static_cast<double>(impl.frame_memory.waiting() + impl.response_memory.waiting());
          });
    gauge("floe_kafka_fetch_sessions", "Open fetch sessions.",
          [](const Impl& impl) { return static_cast<double>(impl.sessions.size()); });
  }

  /// What was taken up may be written already: without its answer the client would send it again.
  void FinishConnections() {
    struct Last {
      std::promise<void> gone;
      ~Last() { gone.set_value(); }
    };
    auto last = std::make_shared<Last>();
    const auto gone = last->gone.get_future();
    for (std::size_t loop = 0; loop < loops.size(); ++loop) {
      scope.SpawnOn(dependencies.io.At(loop), [this, loop, last]() -> Task<void> {
        for (auto* connection : loops[loop]) connection->Finish(last);
        co_return;
      });
    }
    last.reset();
    gone.wait_for(options.stop_grace);
  }

  void Stop() {
    if (stopped.exchange(true)) return;
    if (listener) listener->Close();
    FinishConnections();
    if (groups) groups->Stop();
    scope.StopAndWait();
  }
};

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() {
  Stop();
}

Result<std::unique_ptr<Server>> Server::Start(ServerDependencies dependencies, ServerOptions options) {
  auto impl = std::make_shared<Impl>(dependencies, std::move(options));
  if (auto opened = impl->Open(); !opened) {
    impl->Stop();
    return Fail(std::move(opened).error());
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const net::ListenAddress& Server::address() const {
  return impl_->listener->address();
}
const std::string& Server::cluster_id() const {
  return impl_->options.cluster_id;
}
GroupAdmin& Server::groups() {
  return *impl_->group_admin;
}
void Server::Stop() {
  impl_->Stop();
}

}  // namespace floe::kafka
