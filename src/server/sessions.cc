// SPDX-License-Identifier: Apache-2.0
#include "server/sessions.h"

#include <fmt/format.h>

namespace floe::server {

std::string Sessions::Open() {
  auto session = std::make_shared<OpenSession>(services_);
  session->used = std::chrono::steady_clock::now();
  std::string id = random_.Uuid();
  std::lock_guard lock(mu_);
  std::erase_if(sessions_, [&](const auto& entry) {
    return session->used - entry.second->used > idle_ && entry.second.use_count() == 1;
  });
  sessions_[id] = std::move(session);
  return id;
}

Result<std::shared_ptr<OpenSession>> Sessions::Find(const std::string& id) {
  std::lock_guard lock(mu_);
  auto found = sessions_.find(id);
  if (found == sessions_.end())
    return Fail(ErrorKind::kNotFound,
                fmt::format("no session '{}'; it was closed after a time without use, open a new one", id));
  found->second->used = std::chrono::steady_clock::now();
  return found->second;
}

void Sessions::Close(const std::string& id) {
  std::lock_guard lock(mu_);
  sessions_.erase(id);
}

}  // namespace floe::server
