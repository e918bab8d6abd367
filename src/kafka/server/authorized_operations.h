// SPDX-License-Identifier: Apache-2.0
// Bit sets of allowed operations (KIP-430). Without authorisation everything is allowed, and clients are told so.
#pragma once

#include <cstdint>

namespace floe::kafka {

enum class AclOperation : std::uint8_t {
  kRead = 3,
  kWrite = 4,
  kCreate = 5,
  kDelete = 6,
  kAlter = 7,
  kDescribe = 8,
  kClusterAction = 9,
  kDescribeConfigs = 10,
  kAlterConfigs = 11,
  kIdempotentWrite = 12,
};

template <typename... Operations>
constexpr std::int32_t OperationSet(Operations... operations) {
  return ((1 << static_cast<int>(operations)) | ...);
}

inline constexpr std::int32_t kTopicOperations = OperationSet(
    AclOperation::kRead, AclOperation::kWrite, AclOperation::kCreate, AclOperation::kDelete, AclOperation::kAlter,
    AclOperation::kDescribe, AclOperation::kDescribeConfigs, AclOperation::kAlterConfigs);
inline constexpr std::int32_t kGroupOperations =
    OperationSet(AclOperation::kRead, AclOperation::kDelete, AclOperation::kDescribe);
inline constexpr std::int32_t kClusterOperations =
    OperationSet(AclOperation::kCreate, AclOperation::kAlter, AclOperation::kDescribe, AclOperation::kClusterAction,
                 AclOperation::kDescribeConfigs, AclOperation::kAlterConfigs, AclOperation::kIdempotentWrite);

}  // namespace floe::kafka
