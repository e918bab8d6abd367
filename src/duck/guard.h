// SPDX-License-Identifier: Apache-2.0
// The fence: the only place that catches DuckDB's exceptions, and the only place that throws them.
#pragma once

#include <type_traits>
#include <utility>

#include "base/result.h"

namespace floe::duck {

/// The exception in flight as an Error; call from inside a catch block only. Never throws.
Error CaughtError() noexcept;

/// For callbacks that DuckDB calls: throws what Guard turns back into the same kind and message. Never use it
/// elsewhere.
[[noreturn]] void Raise(const Error& error);

namespace detail {
template <typename T>
struct GuardResult {
  using type = Result<T>;
};
template <typename T>
struct GuardResult<Result<T>> {
  using type = Result<T>;
};
}  // namespace detail

/// Runs `fn` and returns its value, its Result, or the exception it threw as an Error. Kinds: kInvalidInput
/// (conversion, syntax, binder, constraint), kNotFound (catalog), kNotSupported, kResourceExhausted (out of memory),
/// kCancelled (interrupt), kIo, kInternal.
template <typename Fn>
auto Guard(Fn&& fn) -> typename detail::GuardResult<std::invoke_result_t<Fn>>::type {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Fn>>) {
      std::forward<Fn>(fn)();
      return {};
    } else {
      return std::forward<Fn>(fn)();
    }
  } catch (...) {
    return std::unexpected<Error>(CaughtError());
  }
}

}  // namespace floe::duck
