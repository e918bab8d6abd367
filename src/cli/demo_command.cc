// SPDX-License-Identifier: Apache-2.0
// floe demo weather: generator, HTTP ingest, log, SQL, Iceberg and the live page, on the terminal.
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <unistd.h>

#include "base/logging.h"
#include "base/result.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/demo_generator.h"
#include "cli/demo_script.h"
#include "cli/listen_options.h"
#include "cli/output.h"
#include "cli/shell.h"
#include "server/node.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

struct DemoOptions {
  int seconds = 0;  ///< 0: until Ctrl-C
  std::int64_t rate = 0;
  std::string postgres;
};

constexpr const char* kDefaultDirectory = "floe-demo/weather";

Result<ordered_json> Ask(Transport& transport, const std::string& path) {
  FLOE_TRY(std::string text, transport.Fetch({.method = "GET", .path = path}));
  return ordered_json::parse(text, nullptr, false);
}

/// Rows of a statement as JSON arrays.
Result<ordered_json> QueryRows(Transport& transport, const std::string& sql) {
  ordered_json body = {{"statement", sql}};
  FLOE_TRY(std::string text, transport.Fetch({.method = "POST", .path = "/api/v1/query", .body = body.dump()}));
  return ordered_json::parse(text, nullptr, false)["rows"];
}

/// The demo's own directory is made anew each time; one given by the user is kept and continued.
Status PrepareDirectory(Context& context) {
  if (context.flags.contains("data.dir")) return {};
  std::error_code failed;
  if (std::filesystem::exists(kDefaultDirectory) &&
      std::filesystem::exists(std::string(kDefaultDirectory) + "/floe.json") &&
      !std::filesystem::exists(std::string(kDefaultDirectory) + "/addresses.json")) {
    std::filesystem::remove_all(kDefaultDirectory, failed);
    if (failed) return Fail(ErrorKind::kIo, fmt::format("cannot clear {}: {}", kDefaultDirectory, failed.message()));
  }
  context.flags["data.dir"] = kDefaultDirectory;
  return {};
}

void PrintIntroduction(const std::map<std::string, std::string>& addresses, const std::string& directory) {
  std::string offset = directory == kDefaultDirectory ? "floe-demo/weather" : directory;
  const std::string floe = CommandName();
  fmt::print(
      "Floe weather pipeline: HTTP -> log -> Flink SQL -> Iceberg and a live table, one process.\n\n"
      "  page      http://{}\n"
      "  ingest    curl 'http://{}/log?city=Boston&temperature=71.5'\n"
      "  Kafka     kcat -b {} -t weather -C -o -5 -e\n"
      "  SQL       {} sql --data {} -e 'SELECT city, avg_temperature FROM weather ORDER BY window_start DESC LIMIT "
      "10'\n"
      "  Iceberg   {} table show iceberg.default.weather --data {}\n\n",
      addresses.at("console"), addresses.at("ingest"), addresses.at("kafka"), floe, offset, floe, offset);
  std::fflush(stdout);
}

struct Totals {
  std::int64_t in = 0;
  std::int64_t iceberg = 0;
  std::int64_t windows = 0;
  std::int64_t windowed_records = 0;
  std::int64_t late = 0;
  std::int64_t dead = 0;
  std::int64_t lag = 0;
  std::string last_commit;
  std::string state;
};

Result<Totals> ReadTotals(Transport& transport, const std::string& job) {
  FLOE_TRY(ordered_json status, Ask(transport, "/api/v1/jobs/" + job));
  Totals totals;
  totals.in = status.value("records_in", std::int64_t{0});
  totals.late = status.value("late", std::int64_t{0});
  totals.dead = status.value("dead_lettered", std::int64_t{0});
  totals.lag = status.value("lag", std::int64_t{0});
  totals.state = status.value("state", "");
  totals.last_commit = status.value("last_checkpoint", "");
  if (totals.state == "FAILED")
    return Fail(ErrorKind::kInternal, "the job failed: " + status.value("failure", "no reason was kept"));
  return totals;
}

/// Repaints the table of latest averages in place on a terminal, prints one line otherwise.
class Board {
 public:
  explicit Board(Transport& transport) : transport_(transport), tty_(::isatty(STDOUT_FILENO) == 1) {}

  Status Show(const Totals& totals, std::int64_t acknowledged, double seconds) {
    double rate = seconds > shown_at_ ? static_cast<double>(totals.in - shown_in_) / (seconds - shown_at_) : 0;
    shown_at_ = seconds;
    shown_in_ = totals.in;
    std::string line =
        fmt::format("{:>6.0f} s   in {}   {:.0f}/s   lag {}   late {}   dead-lettered {}   last commit {}", seconds,
                    HumanCount(acknowledged), rate, HumanCount(totals.lag), totals.late, totals.dead,
                    totals.last_commit.empty() ? "-" : totals.last_commit);
    if (!tty_) {
      fmt::print("{}\n", line);
      std::fflush(stdout);
      return {};
    }
    FLOE_TRY(ordered_json rows,
             QueryRows(transport_,
                       "SELECT w.city, w.avg_temperature, w.record_count, w.window_end FROM weather w JOIN "
                       "(SELECT city, MAX(window_start) AS newest FROM weather GROUP BY city) m "
                       "ON w.city = m.city AND w.window_start = m.newest ORDER BY w.city"));
    if (lines_ > 0) fmt::print("\x1b[{}A\x1b[J", lines_);
    fmt::print("  {:<16} {:>10} {:>9}   {}\n", "city", "average", "records", "window end");
    for (const auto& row : rows) {
      fmt::print("  {:<16} {:>10.2f} {:>9}   {}\n", row[0].get<std::string>(),
                 row[1].is_null() ? 0.0 : row[1].get<double>(), row[2].dump(), row[3].get<std::string>());
    }
    if (rows.empty()) fmt::print("  (the first window closes after about seven seconds)\n");
    fmt::print("\n{}\n", line);
    std::fflush(stdout);
    lines_ = static_cast<int>(std::max<std::size_t>(rows.size(), 1)) + 3;
    return {};
  }

 private:
  Transport& transport_;
  bool tty_;
  int lines_ = 0;
  double shown_at_ = 0;
  std::int64_t shown_in_ = 0;
};

/// Waits until the job has read everything that was acknowledged, and stops it: open windows are emitted as the job
/// drains.
Result<Totals> Drain(Transport& transport, const std::string& job, std::int64_t records) {
  for (int i = 0; i < 600; ++i) {
    FLOE_TRY(Totals totals, ReadTotals(transport, job));
    if (totals.in >= records) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  FLOE_TRY(std::string ignored,
           transport.Fetch({.method = "POST", .path = "/api/v1/jobs/" + job + "/stop", .body = R"({"drain": true})"}));
  FLOE_TRY(Totals totals, ReadTotals(transport, job));
  FLOE_TRY(ordered_json iceberg, QueryRows(transport, "SELECT COUNT(*) FROM iceberg.`default`.weather"));
  FLOE_TRY(ordered_json windows,
           QueryRows(transport, "SELECT COUNT(*), CAST(COALESCE(SUM(record_count), 0) AS BIGINT) FROM weather"));
  totals.iceberg = iceberg[0][0].get<std::int64_t>();
  totals.windows = windows[0][0].get<std::int64_t>();
  totals.windowed_records = windows[0][1].get<std::int64_t>();
  return totals;
}

int Summarise(const Totals& totals, std::int64_t records, std::int64_t refused) {
  fmt::print(
      "\nSummary\n  events acknowledged        {}\n  rows in Iceberg            {}\n  dead-lettered              {}\n",
      HumanCount(records), HumanCount(totals.iceberg), HumanCount(totals.dead));
  fmt::print("  windows emitted            {} (over {} events, {} late)\n", HumanCount(totals.windows),
             HumanCount(totals.windowed_records), HumanCount(totals.late));
  if (refused > 0) fmt::print("  requests refused           {}\n", HumanCount(refused));
  bool table_agrees = records == totals.iceberg + totals.dead;
  bool windows_agree = records == totals.windowed_records + totals.late + totals.dead;
  if (table_agrees && windows_agree) {
    fmt::print(
        "  events = rows in Iceberg + dead-lettered, and = events in windows + late + dead-lettered: the sums "
        "agree.\n");
    return kExitOk;
  }
  fmt::print(stderr,
             "error: the sums do not agree: {} events, {} rows in Iceberg, {} in windows, {} late, {} dead-lettered\n",
             records, totals.iceberg, totals.windowed_records, totals.late, totals.dead);
  return kExitFailure;
}

Result<std::int64_t> RecordsInTopic(Transport& transport) {
  FLOE_TRY(ordered_json topic, Ask(transport, "/api/v1/topics/weather"));
  return topic.value("records", std::int64_t{0});
}

/// The job of an interrupted demo goes on; one that has ended leaves nothing to go on with, and reading its topic anew
/// would write every event a second time.
Result<std::string> StartJob(Transport& transport, const DemoOptions& options, const std::string& directory) {
  FLOE_TRY(ordered_json known, Ask(transport, "/api/v1/jobs"));
  for (const auto& job : known["jobs"]) {
    const std::string state = job.value("state", "");
    if (job.value("name", "") != "weather" || (state != "RUNNING" && state != "RESTARTING")) continue;
    fmt::print("An interrupted demo goes on in {}.\n", directory);
    return job.value("id", "");
  }
  auto records = RecordsInTopic(transport);
  if (!known["jobs"].empty() || (records && *records > 0)) {
    return Fail(
        ErrorKind::kAlreadyExists,
        fmt::format("'{0}' holds an earlier demo; remove it with 'rm -r {0}', or give another --data", directory));
  }
  ordered_json submit = {{"script", WeatherScript(options.postgres)}, {"name", "weather"}};
  FLOE_TRY(std::string submitted, transport.Fetch({.method = "POST", .path = "/api/v1/jobs", .body = submit.dump()}));
  return ordered_json::parse(submitted, nullptr, false)["jobs"][0]["id"].get<std::string>();
}

Result<int> Weather(Context& context, const DemoOptions& options) {
  FLOE_TRY_VOID(PrepareDirectory(context));
  FLOE_TRY(config::Config config, context.LoadConfig());
  logging::Init(
      context.flags.contains("log.level") ? *logging::ParseLevel(config.String("log.level")) : logging::Level::kWarn,
      logging::Format::kHuman);
  CatchInterrupts();
  CatchTermination();
  FLOE_TRY(auto node, context.StartNode(config, {}));
  auto transport = MakeLocalTransport(node->api());
  FLOE_TRY(std::string job, StartJob(*transport, options, config.String("data.dir")));
  PrintIntroduction(node->addresses(), config.String("data.dir"));

  WeatherGenerator generator(node->addresses().at("ingest"), options.rate);
  generator.Start();
  Board board(*transport);
  auto start = std::chrono::steady_clock::now();
  for (int tick = 1; !InterruptFlag(); ++tick) {
    std::this_thread::sleep_until(start + std::chrono::milliseconds(250) * tick);
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (tick % (::isatty(STDOUT_FILENO) == 1 ? 4 : 20) == 0) {
      FLOE_TRY(Totals totals, ReadTotals(*transport, job));
      FLOE_TRY_VOID(board.Show(totals, generator.acknowledged(), seconds));
    }
    if (options.seconds > 0 && seconds >= options.seconds) break;
  }
  FLOE_TRY_VOID(generator.Stop());
  const double ran = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  FLOE_TRY(std::int64_t records, RecordsInTopic(*transport));
  FLOE_TRY(Totals totals, Drain(*transport, job, records));
  int code = Summarise(totals, records, generator.refused());
  const auto wanted = static_cast<std::int64_t>(ran * static_cast<double>(options.rate));
  if (options.rate > 0 && generator.acknowledged() < wanted * 9 / 10) {
    fmt::print("  note: {:.0f} of the {} events a second that --rate asked for; each is answered once it is on disk.\n",
               static_cast<double>(generator.acknowledged()) / ran, HumanCount(options.rate));
  }
  transport.reset();
  FLOE_TRY_VOID(node->Stop());
  fmt::print("Stopped. The data is in {}: look again with '{} sql --data {}'.\n", config.String("data.dir"),
             CommandName(), config.String("data.dir"));
  return code;
}

}  // namespace

void AddDemo(CLI::App& app, Context& context) {
  CLI::App* demo = app.add_subcommand("demo", "A complete pipeline with generated data");
  demo->require_subcommand(1);
  CLI::App* weather =
      demo->add_subcommand("weather", "Ten cities' temperatures: HTTP in, Iceberg and five-second averages out");
  auto options = std::make_shared<DemoOptions>();
  AddNodeOptions(*weather, context);
  weather->get_option("--data")->description("data directory (default ./floe-demo/weather, which is made anew)");
  AddListenOptions(*weather, context);
  weather->add_option("--seconds", options->seconds, "end by itself after so many seconds");
  weather->add_option("--rate", options->rate, "events a second; default: ten records each five seconds");
  weather->add_option(
      "--postgres", options->postgres,
      "also upsert the averages into this database's table 'weather': postgresql://user:password@host:port/db");
  weather->callback([&context, options] {
    auto code = Weather(context, *options);
    context.exit_code = code ? *code : Report(context, code.error());
  });
}

}  // namespace floe::cli
