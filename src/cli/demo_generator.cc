// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_generator.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"
#include "net/tcp.h"

namespace floe::cli {
namespace {

constexpr std::array<const char*, 10> kCities = {"San+Francisco", "New+York", "Los+Angeles", "Chicago", "Houston",
                                                 "Phoenix",       "Seattle",  "Denver",      "Miami",   "Boston"};
constexpr std::int64_t kMaxBatch = 2000;
constexpr std::int64_t kMaxConnections = 64;

Status ConnectTo(int fd, const std::string& text) {
  FLOE_TRY(net::ListenAddress address, net::ParseListenAddress(text));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(address.port);
  if (::inet_pton(AF_INET, address.host.c_str(), &where.sin_addr) != 1)
    return Fail(ErrorKind::kInvalidInput, "not an IPv4 address: " + text);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0)
    return Fail(ErrnoError(errno, "cannot connect to " + text));
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return {};
}

/// Bytes of the first whole HTTP answer in `text`, or 0 when it is not whole yet.
std::size_t AnswerLength(std::string_view text) {
  std::size_t head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  constexpr std::string_view kLength = "Content-Length: ";
  std::size_t at = text.find(kLength);
  std::int64_t body = 0;
  if (at < head)
    body = ParseInteger(text.substr(at + kLength.size(), text.find('\r', at) - at - kLength.size())).value_or(0);
  std::size_t whole = head + 4 + static_cast<std::size_t>(body);
  return text.size() >= whole ? whole : 0;
}

}  // namespace

struct WeatherGenerator::Connection {
  explicit Connection(int socket) : fd(socket) {}
  Connection(Connection&& other) noexcept : fd(std::exchange(other.fd, -1)), received(std::move(other.received)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
  std::string received;
};

WeatherGenerator::WeatherGenerator(std::string address, std::int64_t rate)
    : address_(std::move(address)), rate_(rate) {}

WeatherGenerator::~WeatherGenerator() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void WeatherGenerator::Start() {
  thread_ = std::thread([this] { Run(); });
}

Status WeatherGenerator::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  return outcome_;
}

Status WeatherGenerator::Connect() {
  // About twenty answers a second and connection, which a slow disk gives too.
  const std::int64_t wanted = std::clamp<std::int64_t>(rate_ / 20, 1, kMaxConnections);
  for (std::int64_t i = 0; i < wanted; ++i) {
    connections_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    FLOE_TRY_VOID(ConnectTo(connections_.back().fd, address_));
  }
  return {};
}

void WeatherGenerator::Run() {
  using Clock = std::chrono::steady_clock;
  outcome_ = Connect();
  auto start = Clock::now();
  std::int64_t sent = 0;
  while (outcome_ && !stopping_) {
    double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    std::int64_t due = rate_ == 0 ? (static_cast<std::int64_t>(elapsed / 5) + 1) * 10
                                  : static_cast<std::int64_t>(elapsed * static_cast<double>(rate_)) + 1;
    std::int64_t batch = std::min(due - sent, kMaxBatch);
    if (batch <= 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(rate_ == 0 ? 20 : 5));
      continue;
    }
    // All are under way before the first answer is waited for.
    const auto all = static_cast<std::int64_t>(connections_.size());
    auto share = [&](std::int64_t i) { return batch / all + (i < batch % all ? 1 : 0); };
    for (std::int64_t i = 0; outcome_ && i < all; ++i)
      outcome_ = SendBatch(connections_[static_cast<std::size_t>(i)], share(i));
    for (std::int64_t i = 0; outcome_ && i < all; ++i)
      outcome_ = ReadAnswers(connections_[static_cast<std::size_t>(i)], share(i));
    sent += batch;
  }
}

Status WeatherGenerator::SendBatch(const Connection& connection, std::int64_t count) {
  std::string text;
  text.reserve(static_cast<std::size_t>(count) * 80);
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint64_t city = sequence_++ % kCities.size();
    std::uint64_t hundredths = SystemRandom().Next() % 12001;
    text += fmt::format("GET /log?city={}&temperature={}.{:02} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", kCities[city],
                        hundredths / 100, hundredths % 100);
  }
  std::size_t done = 0;
  while (done < text.size()) {
    ssize_t n = ::send(connection.fd, text.data() + done, text.size() - done, MSG_NOSIGNAL);
    if (n < 0) return Fail(ErrnoError(errno, "sending to " + address_));
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Status WeatherGenerator::ReadAnswers(Connection& connection, std::int64_t count) {
  std::string& received = connection.received;
  std::array<char, 65536> buffer;
  std::size_t at = 0;
  while (count > 0) {
    if (std::size_t length = AnswerLength(std::string_view(received).substr(at)); length > 0) {
      (received.compare(at + 9, 3, "200") == 0 ? acknowledged_ : refused_) += 1;
      at += length;
      --count;
      continue;
    }
    received.erase(0, std::exchange(at, 0));
    ssize_t n = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (n == 0) return Fail(ErrorKind::kUnavailable, address_ + " closed the connection");
    if (n < 0) return Fail(ErrnoError(errno, "waiting for an answer of " + address_));
    received.append(buffer.data(), static_cast<std::size_t>(n));
  }
  received.erase(0, at);
  return {};
}

}  // namespace floe::cli
