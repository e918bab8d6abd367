// SPDX-License-Identifier: Apache-2.0
#include "slt_runner.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/result.h"
#include "slt_random.h"
#include "sql/dialect/parser.h"

namespace floe::slt {
namespace {

using Counts = std::map<std::string, std::int64_t>;

std::string Listed(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "      " + line + "\n";
  return text;
}

std::string Differ(const std::vector<std::string>& wanted, const std::vector<std::string>& got) {
  return fmt::format("\n    wanted:\n{}    got:\n{}", Listed(wanted), Listed(got));
}

std::vector<std::string> AllNormalized(const std::vector<std::string>& lines) {
  std::vector<std::string> result;
  for (const std::string& line : lines) result.push_back(Normalized(line));
  return result;
}

/// Adds "+U|1|a" to what is left of a changelog; false when the line has no row kind.
bool AddTo(Counts& counts, const std::string& line) {
  if (line.size() < 3 || (line[0] != '+' && line[0] != '-') || line[2] != '|') return false;
  auto& count = counts[line.substr(3)];
  count += line[0] == '+' ? 1 : -1;
  if (count == 0) counts.erase(line.substr(3));
  return true;
}

/// What is left of an upsert changelog: the last row of each key.
Counts Upserted(const std::vector<std::string>& lines, const std::vector<std::size_t>& key) {
  std::map<std::string, std::string> rows;
  for (const std::string& line : lines) {
    std::vector<std::string> cells = Cells(line.substr(3));
    std::string id;
    for (std::size_t column : key) id += cells[column] + "|";
    if (line[0] == '+') {
      rows[id] = line.substr(3);
    } else {
      rows.erase(id);
    }
  }
  Counts counts;
  for (const auto& [id, row] : rows) ++counts[row];
  return counts;
}

Counts Collapsed(const std::vector<std::string>& lines) {
  Counts counts;
  for (const std::string& line : lines) AddTo(counts, line);
  return counts;
}

std::vector<std::string> Flat(const Counts& counts) {
  std::vector<std::string> lines;
  for (const auto& [row, count] : counts) lines.push_back(count == 1 ? row : fmt::format("{} (x{})", row, count));
  return lines;
}

std::string Shown(const std::string& sql, const Error& error) {
  return fmt::format("{}: {}", ToString(error.kind()), sql::dialect::RenderError(sql, error));
}

/// "`catalog`.`database`.`name`" as the file calls it.
std::string ShortName(const std::string& full) {
  const auto tick = full.rfind(".`");
  return tick == std::string::npos ? full : full.substr(tick + 2, full.size() - tick - 3);
}

/// "error not found at 1:15: text" against an error.
std::optional<std::string> CheckError(const Directive& directive, const std::string& sql, const Error& error) {
  const std::string& spec = directive.rest;
  const auto colon = spec.find(": ");
  std::string head = spec.substr(0, colon);
  const std::string text = colon == std::string::npos ? "" : spec.substr(colon + 2);
  head = head.substr(std::string("error ").size());
  std::string at;
  if (auto place = head.find(" at "); place != std::string::npos) {
    at = head.substr(place + 4);
    head.resize(place);
  }
  const bool kind = head == ToString(error.kind());
  const bool position =
      at.empty() || (error.position() && at == fmt::format("{}:{}", error.position()->line, error.position()->column));
  if (kind && position && error.ToString().find(text) != std::string::npos) return std::nullopt;
  return fmt::format("wanted error '{}'\n    got {}", spec.substr(6), Shown(sql, error));
}

}  // namespace

std::string Name(Weather weather) {
  switch (weather) {
    case Weather::kCalm: return "calm";
    case Weather::kOneRow: return "one-row";
    case Weather::kKillAfter: return "kill-after";
    case Weather::kKillBefore: return "kill-before";
  }
  return "?";
}

Runner::Runner(Session& session, Weather weather) : session_(session), weather_(weather) {
  session_.tables().largest_batch = weather == Weather::kOneRow ? 1 : STANDARD_VECTOR_SIZE;
}

std::vector<std::string> Runner::Run(const std::vector<Directive>& directives) {
  std::vector<std::string> failures;
  for (const Directive& directive : directives) {
    if (directive.verb == "only") {
      if (!directive.Has(Name(weather_))) return failures;
      continue;
    }
    if (auto wrong = Dispatch(directive)) {
      failures.push_back(
          fmt::format("line {}, {} weather: {}: {}", directive.line, Name(weather_), directive.verb, *wrong));
      if (failures.size() == 20) return failures;
    }
  }
  return failures;
}

Runner::Expected Runner::Dispatch(const Directive& directive) {
  const std::string& verb = directive.verb;
  if (verb == "statement") return OnStatement(directive);
  if (verb == "query") return OnQuery(directive);
  if (verb == "feed") return OnFeed(directive);
  if (verb == "random") return OnRandom(directive);
  if (verb == "stream") return OnStream(directive);
  if (verb == "explain") return OnExplain(directive);
  if (verb == "clock") return OnClock(directive);
  if (!task_) return "no job runs";
  if (verb == "changelog") return OnChangelog(directive);
  if (verb == "batch") return OnBatch();
  if (verb == "late") return OnLate(directive);
  if (verb == "counters") return OnCounters(directive);
  if (verb == "end") return OnEnd();
  Status status = verb == "run" ? RunUntilIdle() : verb == "barrier" ? Barrier() : verb == "kill" ? Kill() : Restart();
  if (!status) return status.error().ToString();
  return std::nullopt;
}

Runner::Expected Runner::OnStatement(const Directive& directive) {
  const std::string sql = directive.Sql();
  auto rows = session_.Execute(sql);
  if (directive.Has("ok")) {
    if (!rows) return Shown(sql, rows.error());
    return std::nullopt;
  }
  if (!directive.Has("error")) return "say 'ok' or 'error KIND: TEXT'";
  if (rows) return "no error, but '" + directive.rest + "' was wanted";
  return CheckError(directive, sql, rows.error());
}

Runner::Expected Runner::OnQuery(const Directive& directive) {
  const std::string sql = directive.Sql();
  auto rows = session_.Execute(sql);
  if (!rows) return Shown(sql, rows.error());
  if (auto wrong = CheckRows(directive, *rows, directive.Has("ordered"))) return wrong;
  return directive.Has("both") ? StreamOf(directive) : std::nullopt;
}

Runner::Expected Runner::CheckRows(const Directive& directive, const Rows& rows, bool ordered) const {
  std::vector<std::string> wanted = directive.expected;
  if (directive.Has("typed")) {
    const std::string types = fmt::format("{}", fmt::join(rows.types, "|"));
    if (wanted.empty() || Normalized(wanted.front()) != types)
      return Differ({wanted.empty() ? "" : wanted.front()}, {types});
    wanted.erase(wanted.begin());
  }
  wanted = AllNormalized(wanted);
  std::vector<std::string> got = rows.lines;
  if (!ordered) {
    std::ranges::sort(wanted);
    std::ranges::sort(got);
  }
  // SHOW CREATE and the like answer with text of several lines.
  if (got.size() == 1 && got.front().find('\n') != std::string::npos) {
    std::string text;
    for (const std::string& line : directive.expected) text += (text.empty() ? "" : "\n") + line;
    if (got.front() == text) return std::nullopt;
    return Differ(directive.expected, got);
  }
  if (wanted == got) return std::nullopt;
  return Differ(wanted, got);
}

/// The same rows from a job that reads what was fed and ends.
Runner::Expected Runner::StreamOf(const Directive& directive) {
  if (auto wrong = OnStream(directive)) return wrong;
  if (auto wrong = OnEnd()) return wrong;
  const auto& lines = session_.tables().published["result"].rows;
  Counts wanted;
  for (std::size_t i = directive.Has("typed") ? 1 : 0; i < directive.expected.size(); ++i)
    ++wanted[Normalized(directive.expected[i])];
  const Counts got = Collapsed(lines);
  if (got != wanted) return "as a stream:" + Differ(Flat(wanted), Flat(got));
  task_.reset();
  return std::nullopt;
}

Runner::Expected Runner::OnFeed(const Directive& directive) {
  if (directive.words.empty()) return "feed what?";
  FedTable& table = session_.tables().fed[directive.words[0]];
  FedBatch batch;
  if (directive.words.size() == 3 && directive.words[1] == "split") batch.split = std::stoi(directive.words[2]);
  for (const std::string& line : directive.body) batch.rows.push_back(Cells(line));
  Feed(table, std::move(batch));
  return std::nullopt;
}

void Runner::Feed(FedTable& table, FedBatch batch) {
  std::int64_t position = 0;
  for (const FedBatch& earlier : table.batches) {
    if (earlier.split == batch.split) position += static_cast<std::int64_t>(earlier.rows.size());
  }
  for (std::size_t i = 0; i < batch.rows.size(); ++i) batch.positions.push_back(position++);
  table.batches.push_back(std::move(batch));
}

Runner::Expected Runner::OnRandom(const Directive& directive) {
  if (directive.words.size() < 2 || directive.words.size() % 2 != 0) return "say 'random TABLE ROWS [split N] ...'";
  const std::string& name = directive.words[0];
  RandomShape shape{.rows = std::stoi(directive.words[1])};
  for (std::size_t i = 2; i < directive.words.size(); i += 2) {
    const int value = std::stoi(directive.words[i + 1]);
    if (directive.words[i] == "split") shape.split = value;
    if (directive.words[i] == "disorder") shape.disorder_ms = value;
    if (directive.words[i] == "seed") shape.seed = static_cast<std::uint32_t>(value);
  }
  if (auto now = random_now_.find(name); now != random_now_.end()) shape.now_us = now->second;
  auto table = session_.Find(name);
  if (!table) return table.error().ToString();
  auto batches = RandomBatches(**table, shape);
  if (!batches) return batches.error().ToString();
  random_now_[name] = shape.now_us;
  for (FedBatch& batch : *batches) Feed(session_.tables().fed[name], std::move(batch));
  return std::nullopt;
}

Runner::Expected Runner::OnStream(const Directive& directive) {
  sql_ = directive.Sql();
  auto program = session_.PlanStream(sql_);
  const bool fails = directive.Has("error");
  if (!program) return fails ? CheckError(directive, sql_, program.error()) : Shown(sql_, program.error());
  program_ = std::move(*program);
  task_.reset();
  ++jobs_;
  streamed_ = true;
  seen_.clear();
  log_.clear();
  session_.tables().published.clear();
  Status started = Start();
  if (!started) return fails ? CheckError(directive, sql_, started.error()) : Shown(sql_, started.error());
  return fails ? Expected("no error, but '" + directive.rest + "' was wanted") : std::nullopt;
}

Status Runner::Start() {
  FLOE_TRY(stream::TaskOptions options, stream::OptionsFromSettings(fmt::format("job-{}", jobs_), session_.settings()));
  FLOE_TRY(task_, stream::Task::Make(session_.services(), program_, options, std::make_shared<stream::Wakeup>()));
  ended_ = false;
  return {};
}

Status Runner::Kill() {
  task_.reset();
  return Start();
}

Status Runner::Restart() {
  FLOE_TRY_VOID(task_->Checkpoint());
  FLOE_TRY_VOID(task_->Close());
  return Kill();
}

Status Runner::RunUntilIdle() {
  for (int guard = 0; guard < 100000; ++guard) {
    FLOE_TRY(stream::Task::Step step, task_->RunOnce());
    if (step != stream::Task::Step::kBusy) return {};
  }
  return Fail(ErrorKind::kInternal, "the job is never idle");
}

Status Runner::Barrier() {
  FLOE_TRY_VOID(RunUntilIdle());
  if (task_->finished()) return {};
  if (weather_ == Weather::kKillBefore) {
    FLOE_TRY_VOID(Kill());
    FLOE_TRY_VOID(RunUntilIdle());
  }
  FLOE_TRY_VOID(task_->Checkpoint());
  if (weather_ == Weather::kKillAfter) FLOE_TRY_VOID(Kill());
  return {};
}

Runner::Expected Runner::OnEnd() {
  auto end = [&]() -> Status {
    FLOE_TRY_VOID(Barrier());
    FLOE_TRY_VOID(task_->EndInput());
    return RunUntilIdle();
  };
  if (Status status = end(); !status) return status.error().ToString();
  if (!task_->finished()) return "the job did not finish";
  ended_ = true;
  return std::nullopt;
}

Result<std::string> Runner::SinkName(const Directive& directive) const {
  if (directive.words.size() == 2 && directive.words[0] == "of") return directive.words[1];
  if (program_.sinks.size() == 1) return std::get<sql::plan::SinkWrite>(program_.sinks[0]->op).table.name;
  return Fail(ErrorKind::kInvalidInput, "the job has several sinks; say 'changelog of TABLE'");
}

Runner::Expected Runner::OnChangelog(const Directive& directive) {
  auto sink = SinkName(directive);
  if (!sink) return sink.error().message();
  if (!ended_) {
    if (Status status = Barrier(); !status) return status.error().ToString();
  }
  const auto& rows = session_.tables().published[*sink].rows;
  const std::vector<std::string> wanted = AllNormalized(directive.body);
  std::vector<std::string>& all = log_[*sink];
  for (const std::string& line : wanted) {
    Counts ignored;
    if (!AddTo(ignored, line)) return "no row kind: " + line;
    all.push_back(line);
  }
  std::vector<std::string> fresh(rows.begin() + static_cast<std::ptrdiff_t>(seen_[*sink]), rows.end());
  seen_[*sink] = rows.size();
  if (weather_ == Weather::kCalm && fresh != wanted) return Differ(wanted, fresh);
  const std::vector<std::size_t> key = KeyOf(*sink);
  const Counts want = key.empty() ? Collapsed(all) : Upserted(all, key);
  const Counts got = key.empty() ? Collapsed(rows) : Upserted(rows, key);
  if (want != got) return "what is left of it:" + Differ(Flat(want), Flat(got));
  return std::nullopt;
}

std::vector<std::size_t> Runner::KeyOf(const std::string& sink) const {
  std::vector<std::size_t> key;
  for (const auto& node : program_.sinks) {
    const auto& table = std::get<sql::plan::SinkWrite>(node->op).table;
    if (table.name != sink) continue;
    for (const std::string& name : table.primary_key)
      key.push_back(static_cast<std::size_t>(table.physical.Find(name)));
  }
  return key;
}

Runner::Expected Runner::OnBatch() {
  auto answers = session_.Batch(sql_);
  if (!answers) return Shown(sql_, answers.error());
  for (const auto& [sink, rows] : *answers) {
    Counts want;
    for (const std::string& line : rows.lines) ++want[line];
    const auto& lines = session_.tables().published[sink].rows;
    const std::vector<std::size_t> key = KeyOf(sink);
    const Counts got = key.empty() ? Collapsed(lines) : Upserted(lines, key);
    if (want.empty()) return sink + ": a batch without rows proves nothing";
    if (want != got) return sink + ": batch against stream:" + Differ(Flat(want), Flat(got));
  }
  return std::nullopt;
}

Runner::Expected Runner::OnClock(const Directive& directive) {
  session_.engine().clock.Advance(std::chrono::milliseconds(std::stoll(directive.rest)));
  return std::nullopt;
}

Runner::Expected Runner::OnExplain(const Directive& directive) {
  const std::string sql = directive.Sql();
  auto plan = session_.Explain(sql);
  if (!plan) return Shown(sql, plan.error());
  std::string wanted;
  for (const std::string& line : directive.expected) wanted += line + "\n";
  if (!plan->ends_with('\n')) *plan += '\n';
  if (*plan != wanted) return "\n    wanted:\n" + wanted + "    got:\n" + *plan;
  return std::nullopt;
}

Runner::Expected Runner::OnLate(const Directive& directive) {
  std::vector<std::string> got = session_.side().late_rows();
  std::vector<std::string> wanted = directive.body;
  std::ranges::sort(got);
  std::ranges::sort(wanted);
  if (got != wanted) return Differ(wanted, got);
  return std::nullopt;
}

Runner::Expected Runner::OnCounters(const Directive& directive) {
  const stream::TaskStatus status = task_->Snapshot();
  std::vector<std::string> got;
  for (const auto& sink : status.sinks) {
    const auto& c = sink.counters;
    got.push_back(fmt::format("{}|in {}|out {}|filtered {}|late {}|dead {}", ShortName(sink.table), c.in, c.out,
                              c.filtered, c.late, c.dead_lettered));
  }
  if (got != AllNormalized(directive.body)) return Differ(AllNormalized(directive.body), got);
  return std::nullopt;
}

}  // namespace floe::slt
