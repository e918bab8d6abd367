// SPDX-License-Identifier: Apache-2.0
// Framing, order and limits of one connection.
#include "kafka/server/connection.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/logging.h"
#include "kafka/server/answer_sender.h"
#include "kafka/server/api_table.h"

namespace floe::kafka {
namespace {

/// Key, version, correlation id, client id.
constexpr std::uint32_t kSmallestRequest = 10;
/// Of a request: its size.
constexpr std::size_t kPrefix = 4;
/// A busy connection's larger memory goes when requests have become much smaller.
constexpr std::size_t kKeepBusy = 4U << 20;
constexpr std::chrono::seconds kReleaseAfter{5};
/// Responses in one call: a sync makes all of a client's requests durable together.
constexpr std::size_t kMostAtOnce = 64;

std::uint32_t BigEndian32(std::span<const std::byte, 4> bytes) {
  std::uint32_t value = 0;
  for (const auto byte : bytes) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

bool IsNormalEnd(const Error& error) {
  return error.kind() == ErrorKind::kUnavailable || error.kind() == ErrorKind::kCancelled;
}

}  // namespace

Connection::Connection(net::TcpSocket socket, ConnectionContext context)
    : socket_(std::move(socket)), context_(context) {
  boost::system::error_code ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  const auto peer = socket_.remote_endpoint(ignored);
  client_host_ = "/" + peer.address().to_string();  // as Kafka shows it
  peer_ = fmt::format("{}:{}", peer.address().to_string(), peer.port());
  read_progress_ = Now();
}

Task<void> Connection::Run() {
  const auto ended = co_await Serve();
  if (!ended && !IsNormalEnd(ended.error())) Complain("connection closed", ended.error());
  // A client that only stopped sending, or was made to, still wants to know.
  if (ended || ended.error().kind() == ErrorKind::kUnavailable) co_await AnswersWritten();
  if (finishing_) co_await Linger();
  Close();
}

void Connection::Finish(std::shared_ptr<void> unanswered) {
  if (closed_) return;
  finishing_ = true;
  unanswered_ = std::move(unanswered);
  if (phase_ != Phase::kHandling && pending_.empty() && !writing_) Close();
}

void Connection::FinishWriting() {
  if (closed_ || phase_ == Phase::kHandling) return;
  if (phase_ == Phase::kWaiting) return Close();
  boost::system::error_code ignored;
  socket_.shutdown(net::TcpSocket::shutdown_send, ignored);
}

// Closing with something unread would reset the connection, and the client could lose the answers before it read them.
Task<void> Connection::Linger() {
  FinishWriting();
  std::array<std::byte, 4096> unread;
  while (!closed_) {
    const auto [error, n] = co_await socket_.async_read_some(boost::asio::buffer(unread), kAsValues);
    if (error) co_return;
  }
}

void Connection::Complain(std::string_view message, const Error& cause) const {
  const auto kept_back = context_.log_limiter.Next(Now());
  if (!kept_back) return;
  logging::Warn("kafka", message, {{"peer", peer_}, {"cause", cause.ToString()}, {"lines_kept_back", *kept_back}});
}

void Connection::Close() {
  if (std::exchange(closed_, true)) return;
  boost::system::error_code ignored;
  socket_.shutdown(net::TcpSocket::shutdown_both, ignored);
  socket_.close(ignored);
  if (writer_wake_) writer_wake_->Set(true);
  if (room_wake_) room_wake_->Set(true);
  unanswered_.reset();
}

void Connection::CheckHealth(std::chrono::nanoseconds now) {
  if (closed_) return;
  const auto& options = context_.services.options;
  const bool idle = phase_ == Phase::kIdle && pending_.empty() && !writing_;
  const bool receiving_stuck = phase_ == Phase::kReceiving && now - read_progress_ > options.stall_timeout;
  const bool writing_stuck = writing_ && !reading_records_ && now - write_progress_ > options.stall_timeout;
  if (receiving_stuck || writing_stuck) {
    logging::Warn(
        "kafka", "connection closed",
        {{"peer", peer_}, {"cause", receiving_stuck ? "a request stalled" : "the client does not read its responses"}});
    return Close();
  }
  if (idle && now - read_progress_ > options.idle_timeout) return Close();
  if (idle && input_.capacity() > InputBuffer::kGrain && now - read_progress_ > kReleaseAfter) {
    release_input_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }
}

void Connection::ReleaseInput() {
  if (input_.received().size() > InputBuffer::kOwn) return;
  input_.MoveTo(nullptr);
  input_hold_ = {};
}

Task<Status> Connection::Reserve(std::size_t size) {
  const bool oversize = input_.capacity() > kKeepBusy && size < input_.capacity() / 4;
  if (size <= input_.capacity() && !oversize) co_return Status();
  const auto needed = std::max(size, input_.received().size());
  const auto capacity = (needed + InputBuffer::kGrain - 1) / InputBuffer::kGrain * InputBuffer::kGrain;
  // The old memory first: two connections that hold much and wait for more would wait for ever. Up to 64 KiB may hold
  // what is received.
  ReleaseInput();
  if (size <= input_.capacity()) co_return Status();
  FLOE_CO_TRY(auto hold, co_await context_.frame_memory.Acquire(capacity));
  input_.MoveTo(std::make_unique_for_overwrite<std::byte[]>(capacity), capacity);
  input_hold_ = std::move(hold);
  co_return Status();
}

Task<Status> Connection::Receive(std::size_t size) {
  while (input_.received().size() < size) {
    const auto room = input_.Room(size);
    const auto [error, n] = co_await socket_.async_read_some(boost::asio::buffer(room.data(), room.size()), kAsValues);
    const bool release = std::exchange(release_input_, false);
    if (error == boost::asio::error::operation_aborted && release && !closed_) {
      ReleaseInput();
      continue;
    }
    if (error) co_return Fail(NetworkError(error, "reading from " + peer_));
    if (finishing_) co_return Fail(ErrorKind::kUnavailable, "the node stops");
    read_progress_ = Now();
    input_.Received(n);
  }
  co_return Status();
}

Task<Status> Connection::Serve() {
  const auto& options = context_.services.options;
  while (!closed_ && !finishing_) {
    phase_ = Phase::kIdle;
    read_progress_ = Now();
    FLOE_CO_TRY_VOID(co_await Receive(kPrefix));
    const auto size = BigEndian32(input_.received().first<kPrefix>());
    if (size > options.max_request_bytes) {
      co_return Fail(ErrorKind::kTooLarge,
                     fmt::format("a request of {} bytes is larger than the limit of {} (or no Kafka request)", size,
                                 options.max_request_bytes));
    }
    if (size < kSmallestRequest)
      co_return Fail(ErrorKind::kInvalidInput, fmt::format("a request has only {} bytes", size));
    phase_ = Phase::kHandling;  // waiting for memory is our doing
    FLOE_CO_TRY(auto lease, co_await context_.request_budget.Acquire(size));
    FLOE_CO_TRY_VOID(co_await Reserve(kPrefix + size));
    phase_ = Phase::kReceiving;
    read_progress_ = Now();
    FLOE_CO_TRY_VOID(co_await Receive(kPrefix + size));
    phase_ = Phase::kHandling;
    FLOE_CO_TRY_VOID(co_await HandleFrame(input_.received().subspan(kPrefix, size)));
    input_.Consume(kPrefix + size);
    lease.Release();
    if (input_.capacity() > InputBuffer::kGrain && context_.frame_memory.tight()) ReleaseInput();
    while (pending_.size() >= options.max_pipelined && !closed_) FLOE_CO_TRY_VOID(co_await Room());
  }
  co_return Status();
}

Task<Status> Connection::Room() {
  room_wake_.emplace();
  const auto wake = *room_wake_;
  FLOE_CO_TRY([[maybe_unused]] const bool room, co_await wake.Wait());
  co_return Status();
}

Task<void> Connection::AnswersWritten() {
  phase_ = Phase::kIdle;
  while (!pending_.empty() && !closed_) {
    const auto room = co_await Room();
    if (!room) co_return;
  }
}

Task<Status> Connection::HandleFrame(std::span<std::byte> frame) {
  Reader reader(frame);
  FLOE_CO_TRY(auto header, DecodeRequestHeader(reader));
  const auto* api = FindApi(header.api_key);
  if (api == nullptr) {
    co_return Fail(ErrorKind::kNotSupported,
                   fmt::format("api key {} (version {}) is not offered", header.api_key, header.api_version));
  }
  // A client that asks for an unknown version of ApiVersions is told what there is. Of others it should have known, and
  // it could not read an answer in a version that we do speak: closed, as Kafka does.
  const bool offered = header.api_version >= api->min_version && header.api_version <= api->max_version;
  if (!offered && api->key != ApiKey::kApiVersions) {
    co_return Fail(ErrorKind::kNotSupported, fmt::format("{} version {} is not supported, only {} to {}", api->name,
                                                         header.api_version, api->min_version, api->max_version));
  }
  Request request{std::move(header), reader, client_host_};
  if (api->waits) phase_ = Phase::kWaiting;
  auto reply = co_await api->handler(context_.services, request);
  phase_ = Phase::kHandling;
  if (closed_) co_return Fail(ErrorKind::kCancelled, "the connection was closed");
  if (reply) co_return co_await Answer(std::move(*reply));
  auto error = std::move(reply).error().WithContext(fmt::format("handling {} version {} from client '{}'", api->name,
                                                                request.header.api_version,
                                                                request.header.client_id.value_or("")));
  if (!request.malformed) co_return Fail(std::move(error));
  auto refusal = api->refusal(request.header, ErrorCode::kInvalidRequest);
  if (!refusal) co_return Fail(std::move(error));
  // The frame's end is known, so the connection goes on.
  Complain("request refused", error);
  co_return co_await Answer(Reply(std::move(*refusal)));
}

Task<Status> Connection::Answer(Reply reply) {
  if (std::holds_alternative<std::monostate>(reply.response)) co_return Status();
  if (auto* ready = std::get_if<Encoded>(&reply.response)) {
    if (pending_.empty()) co_return co_await Write({ready, 1});
    pending_.push_back({std::move(*ready), std::move(reply.lease), {}});
    co_return Status();
  }
  pending_.push_back(
      {std::get<OneShot<Encoded>>(std::move(reply.response)), std::move(reply.lease), std::move(reply.memory)});
  if (!std::exchange(writer_runs_, true)) {
    context_.scope.SpawnOn(socket_.get_executor(),
                           [self = shared_from_this()]() -> Task<void> { co_await self->RunWriter(); });
  } else if (writer_wake_) {
    writer_wake_->Set(true);
  }
  co_return Status();
}

Task<void> Connection::RunWriter() {
  while (!closed_) {
    while (!pending_.empty() && !closed_) {
      if (auto* later = std::get_if<OneShot<Encoded>>(&pending_.front().response)) {
        const auto waiter = *later;
        const auto ready = co_await waiter.Wait();
        if (!ready) co_return Close();
      }
      const auto messages = TakeReady();
      if (messages.empty()) co_return Close();
      const auto written = co_await Write(messages);
      if (!written) {
        if (!IsNormalEnd(written.error())) Complain("connection closed", written.error());
        co_return Close();
      }
      pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(messages.size()));
      if (room_wake_) room_wake_->Set(true);
    }
    if (closed_) co_return;
    if (finishing_) FinishWriting();
    writer_wake_.emplace();
    const auto wake = *writer_wake_;
    const auto woken = co_await wake.Wait();
    if (!woken) co_return Close();
  }
}

std::vector<Encoded> Connection::TakeReady() {
  std::vector<Encoded> messages;
  for (auto& pending : pending_) {
    if (messages.size() == kMostAtOnce) break;
    if (auto* later = std::get_if<OneShot<Encoded>>(&pending.response)) {
      auto ready = later->Ready();
      if (!ready || !*ready) break;
      messages.push_back(std::move(**ready));
    } else {
      messages.push_back(std::get<Encoded>(std::move(pending.response)));
    }
  }
  return messages;
}

Task<Status> Connection::Write(std::span<const Encoded> messages) {
  writing_ = true;
  write_progress_ = Now();
  auto written = co_await WriteParts(messages);
  writing_ = false;
  co_return written;
}

Task<Status> Connection::WriteParts(std::span<const Encoded> messages) {
  std::vector<boost::asio::const_buffer> buffers;
  bool all_here = true;
  for (const Encoded& message : messages) {
    message.ForEachPart([&](std::span<const std::byte> bytes, const StoredRecords* stored) {
      all_here &= stored == nullptr;
      buffers.emplace_back(bytes.data(), bytes.size());
    });
  }
  if (!all_here) co_return co_await WriteStored(messages);
  co_return co_await WriteAll(buffers);
}

Task<Status> Connection::WriteAll(std::span<boost::asio::const_buffer> buffers) {
  std::size_t first = 0;
  while (first < buffers.size()) {
    const std::span<const boost::asio::const_buffer> rest = buffers.subspan(first);
    auto [error, n] = co_await socket_.async_write_some(rest, kAsValues);
    if (error) co_return Fail(NetworkError(error, "writing to " + peer_));
    write_progress_ = Now();
    while (first < buffers.size() && n >= buffers[first].size()) n -= buffers[first++].size();
    if (first < buffers.size()) buffers[first] += n;
  }
  co_return Status();
}

Task<Status> Connection::WriteStored(std::span<const Encoded> messages) {
  if (!descriptor_) {
    FLOE_CO_TRY(auto descriptor, net::SocketDescriptor::Of(socket_));
    descriptor_.emplace(std::move(descriptor));
  }
  AnswerSender sender(messages, context_.pieces.Take());
  for (;;) {
    reading_records_ = true;
    auto sent = co_await Offload(context_.services.compute, [&] { return sender.Run(*descriptor_); });
    reading_records_ = false;
    if (!sent) co_return Fail(std::move(sent).error().WithContext("sending records to " + peer_));
    if (sent->bytes > 0) write_progress_ = Now();
    if (sent->done) co_return Status();
    const auto [error] = co_await socket_.async_wait(net::TcpSocket::wait_write, kAsValues);
    if (error) co_return Fail(NetworkError(error, "writing to " + peer_));
  }
}

}  // namespace floe::kafka
