// SPDX-License-Identifier: Apache-2.0
// Test words for results: EXPECT_THAT(call, IsOk()), EXPECT_THAT(call, IsError(ErrorKind::kConflict)). Tests only.
#pragma once

#include <gmock/gmock.h>

#include "base/error.h"

namespace floe {

inline void PrintTo(ErrorKind kind, std::ostream* out) {
  *out << ToString(kind);
}
inline void PrintTo(const Error& error, std::ostream* out) {
  *out << ToString(error.kind()) << ": " << error.ToString();
}

MATCHER(IsOk, negation ? "is an error" : "is ok") {
  if (arg.has_value()) return true;
  *result_listener << ToString(arg.error().kind()) << ": " << arg.error().ToString();
  return false;
}

MATCHER_P(IsError, kind, "is an error of the given kind") {
  if (arg.has_value()) {
    *result_listener << "is ok";
    return false;
  }
  *result_listener << ToString(arg.error().kind()) << ": " << arg.error().ToString();
  return arg.error().kind() == kind;
}

MATCHER_P(HasErrorMessage, part, "is an error whose text holds the given part") {
  if (arg.has_value()) {
    *result_listener << "is ok";
    return false;
  }
  *result_listener << arg.error().ToString();
  return arg.error().ToString().find(part) != std::string::npos;
}

}  // namespace floe

#define ASSERT_OK(expression) ASSERT_THAT((expression), ::floe::IsOk())
#define EXPECT_OK(expression) EXPECT_THAT((expression), ::floe::IsOk())
