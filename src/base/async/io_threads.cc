// SPDX-License-Identifier: Apache-2.0
#include "base/async/io_threads.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <pthread.h>

#include "base/logging.h"

namespace floe {

namespace asio = boost::asio;

namespace {

struct Loop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

// The catch-all of an event loop: a handler that throws loses its own work, never the loop.
void RunLoop(asio::io_context& context) {
  pthread_setname_np(pthread_self(), "floe-io");
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& e) {
      logging::Failure("async", "an event handler threw", {{"error", e.what()}});
    } catch (...) {
      logging::Failure("async", "an event handler threw something that is no std::exception");
    }
  }
}

}  // namespace

struct IoThreads::Impl {
  std::vector<std::unique_ptr<Loop>> loops;
};

IoThreads::IoThreads(int threads) : impl_(std::make_unique<Impl>()) {
  for (int i = 0; i < std::max(threads, 1); ++i) impl_->loops.push_back(std::make_unique<Loop>());
  for (auto& loop : impl_->loops) {
    loop->thread = std::thread([&context = loop->context] { RunLoop(context); });
  }
}

IoThreads::~IoThreads() {
  Stop();
}

Executor IoThreads::Next() {
  return At(next_.fetch_add(1, std::memory_order_relaxed));
}

Executor IoThreads::At(std::size_t index) {
  return impl_->loops[index % impl_->loops.size()]->context.get_executor();
}

std::size_t IoThreads::size() const {
  return impl_->loops.size();
}

void IoThreads::Stop() {
  for (auto& loop : impl_->loops) {
    loop->work.reset();
    loop->context.stop();
  }
  for (auto& loop : impl_->loops) {
    if (loop->thread.joinable()) loop->thread.join();
  }
}

}  // namespace floe
