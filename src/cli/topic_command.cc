// SPDX-License-Identifier: Apache-2.0
// floe topic and floe group.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "cli/commands.h"
#include "cli/noun.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

struct TopicOptions {
  bool force = false;
  std::string name;
  std::optional<int> partitions;
  std::vector<std::string> config;
};

Result<ordered_json> ConfigPairs(const std::vector<std::string>& pairs) {
  ordered_json config = ordered_json::object();
  for (const std::string& pair : pairs) {
    std::size_t equals = pair.find('=');
    if (equals == std::string::npos)
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("--config '{}' is not KEY=VALUE, for example retention.ms=3600000", pair));
    config[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return config;
}

/// What creating and altering share.
Result<ordered_json> BodyOf(const Context& context, const TopicOptions& options) {
  FLOE_TRY_VOID(context.AtLeast("--partitions", options.partitions, 1));
  auto config = ConfigPairs(options.config);
  if (!config) return Fail(context.Usage(std::move(config).error()));
  ordered_json body = {{"config", *config}};
  if (options.partitions) body["partitions"] = *options.partitions;
  return body;
}

Status CreateTopic(const Context& context, const TopicOptions& options) {
  FLOE_TRY(ordered_json body, BodyOf(context, options));
  body["name"] = options.name;
  return CallAndPrint(context, {.method = "POST", .path = "/api/v1/topics", .body = body.dump()},
                      fmt::format("Created topic '{}'.", options.name), true);
}

Status AlterTopic(const Context& context, const TopicOptions& options) {
  FLOE_TRY(ordered_json body, BodyOf(context, options));
  if (!options.partitions && options.config.empty()) {
    return Fail(context.Usage(
        Error(ErrorKind::kInvalidInput, fmt::format("nothing to alter of topic '{}': give --partitions N or --config "
                                                    "KEY=VALUE",
                                                    options.name))));
  }
  return CallAndPrint(context, {.method = "PUT", .path = "/api/v1/topics/" + options.name, .body = body.dump()},
                      fmt::format("Altered topic '{}'.", options.name));
}

}  // namespace

void AddTopic(CLI::App& app, Context& context) {
  CLI::App* topic = AddNoun(app, "topic", "Create, list, show, alter and delete topics");
  auto options = std::make_shared<TopicOptions>();
  CLI::App* list = AddVerb(*topic, context, "list", "All topics with their size");
  list->callback([&context] {
    Finish(context, ListAndPrint(context, "/api/v1/topics", "topics", {"name", "partitions", "records", "bytes"}));
  });
  CLI::App* show = AddVerb(*topic, context, "show", "Partitions, offsets and configuration of one topic");
  show->add_option("topic", options->name, "its name")->required();
  show->callback([&context, options] { Finish(context, ShowAndPrint(context, "/api/v1/topics/" + options->name)); });
  CLI::App* create = AddVerb(*topic, context, "create", "Create a topic");
  create->add_option("topic", options->name, "its name")->required();
  create->add_option("-p,--partitions", options->partitions, "number of partitions (default kafka.num-partitions)");
  create->add_option("--config", options->config, "KEY=VALUE in Kafka's names, for example retention.ms=3600000")
      ->allow_extra_args(false);
  create->callback([&context, options] { Finish(context, CreateTopic(context, *options)); });
  CLI::App* alter = AddVerb(*topic, context, "alter", "Add partitions or set configuration");
  alter->add_option("topic", options->name, "its name")->required();
  alter->add_option("-p,--partitions", options->partitions, "new total number of partitions");
  alter->add_option("--config", options->config, "KEY=VALUE; KEY= resets")->allow_extra_args(false);
  alter->callback([&context, options] { Finish(context, AlterTopic(context, *options)); });
  CLI::App* remove = AddVerb(*topic, context, "delete", "Delete a topic and its records");
  remove->add_option("topic", options->name, "its name")->required();
  remove->add_flag("--force", options->force, "although a running job uses it");
  remove->callback([&context, options] {
    Finish(context, CallAndPrint(context,
                                 {.method = "DELETE",
                                  .path = "/api/v1/topics/" + options->name,
                                  .query = {{"force", options->force ? "true" : "false"}}},
                                 fmt::format("Deleted topic '{}'.", options->name)));
  });
}

void AddGroup(CLI::App& app, Context& context) {
  CLI::App* group = AddNoun(app, "group", "List, show and delete consumer groups");
  auto name = std::make_shared<std::string>();
  CLI::App* list = AddVerb(*group, context, "list", "All groups");
  list->callback([&context] {
    Finish(context, ListAndPrint(context, "/api/v1/groups", "groups", {"group", "state", "protocol", "members"}));
  });
  CLI::App* show = AddVerb(*group, context, "show", "Members, committed offsets and lag of one group");
  show->add_option("group", *name, "its id")->required();
  show->callback([&context, name] { Finish(context, ShowAndPrint(context, "/api/v1/groups/" + *name)); });
  CLI::App* remove = AddVerb(*group, context, "delete", "Forget a group without members, with its offsets");
  remove->add_option("group", *name, "its id")->required();
  remove->callback([&context, name] {
    Finish(context, CallAndPrint(context, {.method = "DELETE", .path = "/api/v1/groups/" + *name},
                                 fmt::format("Deleted group '{}'.", *name)));
  });
}

}  // namespace floe::cli
