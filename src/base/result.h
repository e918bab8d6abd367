// SPDX-License-Identifier: Apache-2.0
// The four macros of the house. All are plain statements: GCC 12 breaks on co_await inside a statement expression.
#pragma once

#include "base/error.h"

#define FLOE_CONCAT_INNER(a, b) a##b
#define FLOE_CONCAT(a, b) FLOE_CONCAT_INNER(a, b)

/// FLOE_TRY(auto x, Call());   declares x from the value, or returns the error.
/// FLOE_TRY_VOID(Call());      the same for a Status.
#define FLOE_TRY(declaration, expression) \
  FLOE_TRY_IMPL(return, declaration, expression, FLOE_CONCAT(floe_result_, __LINE__))
#define FLOE_TRY_VOID(expression) FLOE_TRY_VOID_IMPL(return, expression, FLOE_CONCAT(floe_status_, __LINE__))

/// The same inside a coroutine; the expression may hold co_await.
#define FLOE_CO_TRY(declaration, expression) \
  FLOE_TRY_IMPL(co_return, declaration, expression, FLOE_CONCAT(floe_result_, __LINE__))
#define FLOE_CO_TRY_VOID(expression) FLOE_TRY_VOID_IMPL(co_return, expression, FLOE_CONCAT(floe_status_, __LINE__))

#define FLOE_TRY_IMPL(return_keyword, declaration, expression, name)            \
  auto name = (expression);                                                     \
  if (!name) [[unlikely]]                                                       \
    return_keyword ::std::unexpected<::floe::Error>(::std::move(name).error()); \
  declaration = ::std::move(*name)

#define FLOE_TRY_VOID_IMPL(return_keyword, expression, name)                      \
  do {                                                                            \
    auto name = (expression);                                                     \
    if (!name) [[unlikely]]                                                       \
      return_keyword ::std::unexpected<::floe::Error>(::std::move(name).error()); \
  } while (false)

namespace floe::detail {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);
}

/// An invariant of our own code, always on. A failure is a bug: it prints and aborts.
#define FLOE_CHECK(condition)                                      \
  do {                                                             \
    if (!(condition)) [[unlikely]]                                 \
      ::floe::detail::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)

/// The same in debug builds only, for hot paths.
#ifdef NDEBUG
#define FLOE_DCHECK(condition) \
  do {                         \
  } while (false)
#else
#define FLOE_DCHECK(condition) FLOE_CHECK(condition)
#endif
