// SPDX-License-Identifier: Apache-2.0
// The one look this broker takes into a consumer's group metadata.
#pragma once

#include <set>
#include <string>

namespace floe::kafka {

/// Topics in a subscription of protocol type "consumer"; empty when the bytes are something else.
std::set<std::string> SubscriptionTopics(std::string metadata);

}  // namespace floe::kafka
