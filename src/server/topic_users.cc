// SPDX-License-Identifier: Apache-2.0
#include "server/topic_users.h"

#include <algorithm>

#include "base/text.h"
#include "connect/kafka/start.h"
#include "net/tcp.h"
#include "query/session_parts.h"

namespace floe::server {
namespace {

bool Names(const Node::Parts& p, const connect::TableDefinition& table, const std::string& topic) {
  if (table.connector != "kafka" && table.connector != "upsert-kafka") return false;
  const std::string servers = connect::kafka::BootstrapServers(table);
  if (!servers.empty() && !NamesThisNode(p, servers)) return false;
  if (const auto pattern = table.options.find("topic-pattern"); pattern != table.options.end()) {
    const auto matched = connect::kafka::MatchTopics(pattern->second, {topic});
    return matched && !matched->empty();
  }
  const auto topics = table.options.find("topic");
  if (topics == table.options.end()) return false;
  const auto names = SplitList(topics->second, ';');
  return std::ranges::find(names, topic) != names.end();
}

bool Names(const Node::Parts& p, const sql::plan::Program& program, const std::string& topic) {
  return std::ranges::any_of(program.sinks, [&](const sql::plan::NodePtr& sink) {
    return Names(p, std::get<sql::plan::SinkWrite>(sink->op).table, topic) ||
           std::ranges::any_of(query::ScansOf(sink),
                               [&](const sql::plan::Scan* scan) { return Names(p, scan->table, topic); });
  });
}

}  // namespace

bool NamesThisNode(const Node::Parts& p, const std::string& servers) {
  const auto own = p.addresses.find("kafka");
  if (own == p.addresses.end()) return false;
  const auto mine = net::ParseListenAddress(own->second);
  return mine && std::ranges::any_of(SplitList(servers, ','), [&](const std::string& text) {
           const auto server = net::ParseListenAddress(text);
           return server && server->port == mine->port &&
                  (server->host == mine->host || server->host == "localhost" || server->host == "127.0.0.1" ||
                   server->host == "::1");
         });
}

std::optional<stream::JobStatus> JobUsing(const Node::Parts& p, const std::string& topic) {
  for (stream::JobStatus& job : p.jobs->List()) {
    if (stream::IsTerminal(job.state)) continue;
    const auto program = query::Session::PlanProgram(*p.session_services, job.job.program, job.job.settings);
    // A program that no longer plans does not hold anything.
    if (program && Names(p, *program, topic)) return std::move(job);
  }
  return std::nullopt;
}

}  // namespace floe::server
