// SPDX-License-Identifier: Apache-2.0
// What a small request costs the node: GET /health (HTTP alone) and GET /log into the real log (durable), per CPU
// second of the whole process minus that of the client threads. Answers and the number of records are checked.
#include <atomic>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <unistd.h>

#include "ingest/ingest.h"
#include "io/file_system.h"
#include "log/log.h"
#include "meta/store.h"
#include "net/http/server.h"

namespace {

using namespace floe;
namespace asio = boost::asio;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "bench_http_ingest: %s\n", what.c_str());
  std::exit(1);
}

template <typename T>
T Must(Result<T> result) {
  if (!result) Die(result.error().ToString());
  return std::move(*result);
}

double Cpu(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// One client thread: `connections` requests in flight, no pipelining on a connection.
double Drive(std::uint16_t port, const std::string& request, int connections, int rounds) {
  asio::io_context context;
  std::vector<net::TcpSocket> sockets;
  for (int i = 0; i < connections; ++i) sockets.emplace_back(context).connect({asio::ip::address_v4::loopback(), port});
  std::vector<char> in(4096);
  for (int round = 0; round < rounds; ++round) {
    for (auto& socket : sockets) asio::write(socket, asio::buffer(request));
    for (auto& socket : sockets) {
      const std::size_t n = socket.read_some(asio::buffer(in));
      if (std::string_view(in.data(), n).substr(0, 12) != "HTTP/1.1 200") Die(std::string(in.data(), n));
    }
  }
  return Cpu(CLOCK_THREAD_CPUTIME_ID);
}

void Measure(const char* name, std::uint16_t port, const std::string& target, int connections, int rounds) {
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const double cpu = Cpu(CLOCK_PROCESS_CPUTIME_ID);
  const double wall = Cpu(CLOCK_MONOTONIC);
  double client = 0;
  std::thread thread([&] { client = Drive(port, request, connections, rounds); });
  thread.join();
  const double n = static_cast<double>(connections) * rounds;
  const double used = Cpu(CLOCK_PROCESS_CPUTIME_ID) - cpu - client;
  std::printf("%-22s %9.0f requests  %8.0f /s wall  %8.0f /CPU-second\n", name, n, n / (Cpu(CLOCK_MONOTONIC) - wall),
              n / used);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 2000;
  const auto folder = std::filesystem::temp_directory_path() / ("floe-http-bench-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  {
    auto store = Must(meta::Store::Open((folder / "meta.db").string()));
    auto& files = io::LocalFileSystem();
    auto log = Must(log::Log::Open(files, *store, SystemClock(), {.directory = (folder / "log").string()}));
    auto topic = Must(log->CreateTopic("weather", 1, {}));
    metrics::Registry metrics;
    IoThreads io(1);
    ComputePool pool(1);
    ingest::Ingest ingest(*log, pool, SystemClock(), metrics, {});
    net::Router router;
    if (auto added = ingest.AddRoutes(router); !added) Die(added.error().ToString());
    auto server = Must(net::HttpServer::Start(io, std::move(router), {.listen = {.service = "ingest"}}));
    const auto port = server->address().port;
    Measure("GET /health", port, "/health", 64, rounds);
    Measure("GET /log (durable)", port, "/log?city=San%20Francisco&temperature=72.5", 256, rounds / 4);
    const std::int64_t expected = 256LL * (rounds / 4);
    if (topic->partitions[0]->high_watermark().value() != expected) Die("records are missing");
    server->Stop(std::chrono::seconds(1));
    pool.Stop();
    if (auto closed = log->Close(); !closed) Die(closed.error().ToString());
  }
  std::filesystem::remove_all(folder);
}
