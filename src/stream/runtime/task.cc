// SPDX-License-Identifier: Apache-2.0
#include "stream/runtime/task.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "duck/guard.h"
#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

constexpr int kConflictRetries = 5;
constexpr std::int64_t kTickUs = 1'000'000;
constexpr std::chrono::milliseconds kBufferTimeout{10};
constexpr std::chrono::milliseconds kLongestGathering{250};
/// Sinks are ticked this long after the last row: longer than any of them keeps rows back by age. Then an idle job
/// sleeps.
constexpr std::int64_t kTickForUs = 60'000'000;

std::int64_t Micros(std::chrono::milliseconds duration) {
  return std::chrono::microseconds(duration).count();
}

}  // namespace

/// The job's answer to bad records.
class Task::Bad final : public connect::BadRecordHandler {
 public:
  Bad(BadRecordPolicy policy, DeadLetterSink& sink) : policy_(policy), sink_(sink) {}
  /// Whose records are on their way through the graph now.
  void From(const SourceSlot& source, std::int32_t split) {
    source_ = &source;
    split_ = split;
  }
  Status OnBadRecord(connect::BadRecord record) override {
    if (record.topic.empty() && source_ != nullptr) Place(record);
    switch (policy_) {
      case BadRecordPolicy::kSkip: return {};
      case BadRecordPolicy::kDeadLetter: return sink_.Write(std::move(record));
      case BadRecordPolicy::kFail: break;
    }
    return Fail(Error(ErrorKind::kInvalidInput,
                      fmt::format("a record could not be processed at stage '{}' and 'floe.bad-records' is 'fail': {}",
                                  record.stage, record.message))
                    .WithContext(fmt::format("in '{}', partition {}, offset {}", record.topic, record.partition,
                                             record.offset)));
  }

 private:
  /// An operator does not know where its row came from; its split's name, "orders-0", does.
  void Place(connect::BadRecord& record) const {
    record.topic = source_->table;
    if (static_cast<std::size_t>(split_) >= source_->splits.names.size()) return;
    const std::string& name = source_->splits.names[static_cast<std::size_t>(split_)];
    const std::size_t dash = name.rfind('-');
    const auto number = ParseInteger(dash == std::string::npos ? "" : std::string_view(name).substr(dash + 1));
    record.topic = number ? name.substr(0, dash) : name;
    if (number) record.partition = static_cast<std::int32_t>(*number);
  }

  BadRecordPolicy policy_;
  DeadLetterSink& sink_;
  const SourceSlot* source_ = nullptr;
  std::int32_t split_ = 0;
};

class Task::Late final : public LateRowHandler {
 public:
  explicit Late(LateRowSink& sink) : sink_(sink) {}
  Status OnLateRows(const LateRows& rows) override { return sink_.Write(rows); }

 private:
  LateRowSink& sink_;
};

Result<TaskOptions> OptionsFromSettings(const std::string& job_id, const std::map<std::string, std::string>& settings) {
  TaskOptions options;
  options.job_id = job_id;
  static const connect::ConnectorDescriptor kNone;
  const connect::OptionReader reader(kNone, settings);
  const std::string interval = "execution.checkpointing.interval";
  if (settings.contains(interval)) {
    FLOE_TRY(options.checkpoint_interval, reader.Duration(interval));
    if (options.checkpoint_interval.count() <= 0) {
      return Fail(ErrorKind::kInvalidInput, "'" + interval + "' must be positive, such as '1 s'");
    }
  }
  const std::string buffer_timeout = "execution.buffer-timeout.interval";
  if (settings.contains(buffer_timeout)) {
    FLOE_TRY(options.buffer_timeout, reader.Duration(buffer_timeout));
    if (options.buffer_timeout->count() < 0 || *options.buffer_timeout > options.checkpoint_interval) {
      return Fail(ErrorKind::kInvalidInput,
                  "'" + buffer_timeout + "' must be between 0 and 'execution.checkpointing.interval'");
    }
  }
  if (auto found = settings.find("floe.bad-records"); found != settings.end()) {
    if (found->second == "dlq") {
      options.bad_records = BadRecordPolicy::kDeadLetter;
    } else if (found->second == "fail") {
      options.bad_records = BadRecordPolicy::kFail;
    } else if (found->second == "skip") {
      options.bad_records = BadRecordPolicy::kSkip;
    } else {
      return Fail(ErrorKind::kInvalidInput, "'floe.bad-records' = '" + found->second + "': use dlq, fail or skip");
    }
  }
  return options;
}

Task::Task(const Services& services, sql::plan::Program program, TaskOptions options)
    : services_(services),
      program_(std::move(program)),
      options_(std::move(options)),
      store_(services.meta, services.files, services.checkpoint_root + "/" + options_.job_id, options_.job_id) {}

Task::~Task() = default;

Result<std::unique_ptr<Task>> Task::Make(const Services& services, sql::plan::Program program, TaskOptions options,
                                         std::shared_ptr<Wakeup> wakeup, RowCollector collector) {
  std::unique_ptr<Task> task(new Task(services, std::move(program), std::move(options)));
  FLOE_TRY_VOID(task->Open(std::move(wakeup), std::move(collector)));
  return task;
}

Status Task::Open(std::shared_ptr<Wakeup> wakeup, RowCollector collector) {
  RecoveryFacts facts;
  facts.fingerprint = PlanFingerprint(program_);
  if (options_.durable) {
    FLOE_TRY(facts.manifest, store_.Load());
    FLOE_TRY(facts.files, store_.ListFiles());
  }
  RecoveryDecision decision = Decide(facts);
  if (decision.refusal) return Fail(std::move(*decision.refusal));
  store_.Remove(decision.garbage);
  const auto& manifest = facts.manifest;

  FLOE_TRY(expressions_, ExpressionContext::Make(services_.duck, program_.settings));
  FLOE_TRY_VOID(OpenSideOutputs(manifest));
  context_ =
      std::make_unique<OperatorContext>(OperatorContext{*expressions_, *bad_handler_, *late_handler_, services_.clock});
  const GraphRequest request{.program = program_,
                             .context = *context_,
                             .connectors = services_.connectors,
                             .job_id = options_.job_id,
                             .restored = manifest ? &*manifest : nullptr,
                             .collector = std::move(collector),
                             .default_idle_timeout = options_.idle_timeout};
  FLOE_TRY(graph_, BuildGraph(request));
  last_.fingerprint = graph_->fingerprint;
  if (manifest) FLOE_TRY_VOID(Restore(*manifest));
  for (auto& source : graph_->sources) source->reader->SetWakeup([wakeup] { wakeup->Signal(); });
  last_tick_us_ = services_.clock.WallNow().value();
  ChooseBufferTimeout();
  return {};
}

void Task::ChooseBufferTimeout() {
  const bool gather = !graph_->sinks.empty() && std::ranges::all_of(graph_->sinks, [](const auto& slot) {
    return slot->sink->VisibleAtCheckpoint();
  });
  if (options_.buffer_timeout) {
    buffer_timeout_ = *options_.buffer_timeout;
  } else {
    buffer_timeout_ = gather ? std::min(options_.checkpoint_interval, kLongestGathering) : kBufferTimeout;
  }
}

Status Task::OpenSideOutputs(const std::optional<Manifest>& manifest) {
  auto state = [&](std::string Manifest::* member) {
    return manifest ? std::optional(*manifest.*member) : std::nullopt;
  };
  FLOE_TRY(dead_letters_, services_.side_outputs.dead_letters(options_.job_id, state(&Manifest::dead_letters)));
  FLOE_TRY(late_rows_, services_.side_outputs.late_rows(options_.job_id, state(&Manifest::late_rows)));
  bad_handler_ = std::make_unique<Bad>(options_.bad_records, *dead_letters_);
  late_handler_ = std::make_unique<Late>(*late_rows_);
  return {};
}

Status Task::Restore(const Manifest& manifest) {
  last_ = manifest;
  has_checkpoint_ = true;
  finished_ = manifest.finished;
  // The crash may have come between the commit and the publication.
  FLOE_TRY_VOID(PublishAll(manifest.id));
  for (auto& node : graph_->nodes) {
    const OperatorSnapshot* snapshot = manifest.FindOperator(node->uid());
    if (snapshot == nullptr) return Fail(ErrorKind::kCorruption, "checkpoint without operator " + node->uid());
    node->op().counters() = snapshot->counters;
    node->RestoreWatermarks(snapshot->port_watermarks, snapshot->sent_watermark);
    if (!node->op().stateful()) continue;
    FLOE_TRY(const std::string bytes, store_.ReadState(*snapshot));
    auto loaded = [&]() -> Status {
      FLOE_TRY(StateReader reader, StateReader::Open(bytes));
      FLOE_TRY_VOID(node->op().Load(reader));
      return reader.AtEnd() ? Status{} : Fail(ErrorKind::kCorruption, "checkpoint state has bytes left over");
    }();
    if (!loaded) return Fail(std::move(loaded.error()).WithContext("while restoring operator " + node->uid()));
  }
  info_ = CheckpointInfo{manifest.id, manifest.taken_ms, std::chrono::microseconds(0), manifest.state_bytes()};
  return {};
}

Status Task::PublishAll(CheckpointId id) {
  for (auto& sink : graph_->sinks) {
    auto published = sink->sink->Publish(id);
    if (!published)
      return Fail(std::move(published.error()).WithContext("while publishing checkpoint to " + sink->table));
  }
  FLOE_TRY_VOID(dead_letters_->Publish(id));
  return late_rows_->Publish(id);
}

Result<bool> Task::PollSource(SourceSlot& source) {
  source.batch.rows.Reset();
  source.batch.kinds.clear();
  auto polled = source.reader->Poll(source.batch);
  if (!polled) return Fail(std::move(polled.error()).WithContext("while reading " + source.table));
  Counters& counters = source.node->op().counters();
  counters.in += polled->records_read;
  counters.skipped += polled->records_skipped;
  if (polled->records_read > 0) MarkDirty();
  if (polled->status == connect::PollStatus::kIdle) {
    source.splits.names = source.reader->SplitNames();
    return false;
  }
  if (polled->status == connect::PollStatus::kEndOfInput) {
    FLOE_TRY_VOID(EndSource(source));
    return true;
  }
  if (static_cast<std::size_t>(polled->split) >= source.splits.names.size())
    source.splits.names = source.reader->SplitNames();
  bad_handler_->From(source, polled->split);
  FLOE_TRY_VOID(source.node->Emit({source.batch, polled->split}));
  return true;
}

void Task::MarkDirty() {
  const std::int64_t now = services_.clock.WallNow().value();
  // The first row may have come right after the last look.
  if (!dirty_) dirty_since_us_ = std::max(looked_us_, now - buffer_timeout_.count());
  dirty_ = true;
  tick_until_us_ = now + kTickForUs;
}

Status Task::EndSource(SourceSlot& source) {
  source.ended = true;
  FLOE_TRY_VOID(source.node->SetIdle(false));
  FLOE_TRY_VOID(source.node->Advance(kFinalWatermark));
  return source.node->EndOfInput();
}

Status Task::EndInput() {
  for (auto& source : graph_->sources) {
    if (!source->ended) FLOE_TRY_VOID(EndSource(*source));
  }
  return {};
}

Result<Task::Step> Task::RunOnce() {
  if (finished_) return Step::kFinished;
  bool busy = false;
  const std::int64_t begin = services_.clock.WallNow().value();
  for (auto& source : graph_->sources) {
    if (source->ended) continue;
    FLOE_TRY(const bool got, PollSource(*source));
    busy = busy || got;
  }
  looked_us_ = begin;
  FLOE_TRY_VOID(RunTimers());
  if (busy) FLOE_TRY_VOID(AccountState());
  if (AllRootsFinished()) {
    FLOE_TRY_VOID(Finish());
    return Step::kFinished;
  }
  const std::int64_t now = services_.clock.WallNow().value();
  if (options_.durable && dirty_ && now >= dirty_since_us_ + Micros(options_.checkpoint_interval))
    FLOE_TRY_VOID(Checkpoint());
  return busy ? Step::kBusy : Step::kIdle;
}

Status Task::AccountState() {
  if (services_.memory == nullptr) return {};
  constexpr std::uint64_t kStep = 1U << 20;
  std::uint64_t bytes = 0;
  for (const auto& node : graph_->nodes) bytes += node->op().memory_bytes();
  const std::uint64_t wanted = (bytes + kStep - 1) / kStep * kStep;
  if (!state_memory_) {
    FLOE_TRY(state_memory_, services_.memory->Reserve(services_.memory_component, 0));
  }
  if (wanted == state_memory_->bytes()) return {};
  Status taken = state_memory_->Resize(wanted);
  if (taken) return {};
  return Fail(std::move(taken).error().WithContext(fmt::format("state of job {}", options_.job_id)));
}

bool Task::AllRootsFinished() const {
  return std::ranges::all_of(graph_->roots, [&](const Node* root) { return graph_->Finished(root); });
}

Status Task::RunTimers() {
  const TimestampUs now = services_.clock.WallNow();
  for (auto& node : graph_->nodes) {
    const auto due = node->op().NextTimer();
    if (!due || *due > now) continue;
    FLOE_TRY_VOID(node->Timer(now));
    MarkDirty();
  }
  if (last_tick_us_ + kTickUs < tick_until_us_ && now.value() >= last_tick_us_ + kTickUs) {
    last_tick_us_ = now.value();
    for (auto& sink : graph_->sinks) FLOE_TRY_VOID(sink->sink->OnTick());
  }
  return {};
}

std::optional<TimestampUs> Task::NextDeadline() const {
  std::optional<TimestampUs> next;
  auto consider = [&](std::int64_t at) { next = next ? std::min(*next, TimestampUs(at)) : TimestampUs(at); };
  for (const auto& node : graph_->nodes) {
    if (auto due = node->op().NextTimer()) consider(due->value());
  }
  for (const auto& source : graph_->sources) {
    if (auto every = source->reader->PollEvery(); every && !source->ended) consider(looked_us_ + Micros(*every));
  }
  if (dirty_ && options_.durable) consider(dirty_since_us_ + Micros(options_.checkpoint_interval));
  if (last_tick_us_ + kTickUs < tick_until_us_ && !graph_->sinks.empty()) consider(last_tick_us_ + kTickUs);
  return next;
}

Status Task::Finish() {
  finished_ = true;
  return options_.durable ? Checkpoint() : Status{};
}

Result<OperatorSnapshot> Task::SnapshotOperator(const Node& node, CheckpointId id) {
  OperatorSnapshot snapshot;
  snapshot.uid = node.uid();
  snapshot.counters = node.op().counters();
  snapshot.port_watermarks = node.port_watermarks();
  snapshot.sent_watermark = node.watermark();
  if (!node.op().stateful()) return snapshot;
  StateWriter writer;
  FLOE_TRY_VOID(node.op().Save(writer));
  std::string bytes = writer.Finish();
  if (bytes.size() <= options_.inline_state_limit) {
    snapshot.inline_state = std::move(bytes);
    return snapshot;
  }
  snapshot.file = fmt::format("{}-{}.state", id.value(), node.uid());
  snapshot.file_size = bytes.size();
  garbage_.push_back(snapshot.file);
  FLOE_TRY_VOID(store_.WriteState(snapshot.file, bytes));
  return snapshot;
}

Result<Manifest> Task::PrepareCheckpoint(CheckpointId id) {
  Manifest manifest;
  manifest.id = id;
  manifest.fingerprint = graph_->fingerprint;
  manifest.taken_ms = services_.clock.WallNowMs().value();
  manifest.finished = finished_;
  for (auto& source : graph_->sources) {
    FLOE_TRY(std::string position, source->reader->Snapshot());
    manifest.sources.push_back({source->node->uid(), std::move(position)});
  }
  for (auto& sink : graph_->sinks) {
    auto prepared = sink->sink->Prepare(id);
    if (!prepared) return Fail(std::move(prepared.error()).WithContext("while preparing " + sink->table));
    manifest.sinks.push_back({sink->node->uid(), std::move(*prepared)});
  }
  FLOE_TRY(manifest.dead_letters, dead_letters_->Prepare(id));
  FLOE_TRY(manifest.late_rows, late_rows_->Prepare(id));
  for (const auto& node : graph_->nodes) {
    FLOE_TRY(OperatorSnapshot snapshot, SnapshotOperator(*node, id));
    manifest.operators.push_back(std::move(snapshot));
  }
  return manifest;
}

Status Task::CommitOnce(const Manifest& manifest) {
  return store_.Commit(manifest, [&](meta::Transaction& transaction) -> Status {
    for (auto& sink : graph_->sinks) {
      auto committed = sink->sink->Commit(transaction, manifest.id);
      if (!committed) return Fail(std::move(committed.error()).WithContext("while committing " + sink->table));
    }
    FLOE_TRY_VOID(dead_letters_->Commit(transaction, manifest.id));
    return late_rows_->Commit(transaction, manifest.id);
  });
}

Status Task::Checkpoint() {
  const auto begin = services_.clock.MonotonicNow();
  // The barrier: between two polls nothing is on its way, so every operator's state is that of the sources' positions.
  const CheckpointId id(has_checkpoint_ ? last_.id.value() + 1 : 1);
  FLOE_TRY(Manifest manifest, PrepareCheckpoint(id));
  for (int attempt = 0;; ++attempt) {
    Status committed = CommitOnce(manifest);
    if (committed) break;
    if (committed.error().kind() != ErrorKind::kConflict || attempt == kConflictRetries) return committed;
    // Somebody else changed a sink's table: prepare again on top of it. Operator state is still good.
    for (std::size_t i = 0; i < graph_->sinks.size(); ++i) {
      FLOE_TRY(manifest.sinks[i].bytes, graph_->sinks[i]->sink->Prepare(id));
    }
  }
  FLOE_TRY_VOID(PublishAll(id));
  AfterCommit(manifest);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(services_.clock.MonotonicNow() - begin);
  info_ = CheckpointInfo{id, services_.clock.WallNowMs().value(), took, manifest.state_bytes()};
  last_ = std::move(manifest);
  has_checkpoint_ = true;
  dirty_ = false;
  return {};
}

void Task::AfterCommit(const Manifest& manifest) {
  garbage_.clear();
  std::vector<std::string> old;
  for (const OperatorSnapshot& snapshot : last_.operators) {
    if (!snapshot.file.empty()) old.push_back(snapshot.file);
  }
  store_.Remove(old);
  for (std::size_t i = 0; i < graph_->sources.size(); ++i) {
    // Best effort: group offsets are for others to see, the job's own positions are in the manifest.
    (void)graph_->sources[i]->reader->OnCheckpointCommitted(manifest.sources[i].bytes);
  }
}

Status Task::Close() {
  if (closed_) return {};
  closed_ = true;
  store_.Remove(garbage_);
  Status first;
  auto keep = [&](Status status) {
    if (!status && first) first = std::move(status);
  };
  for (auto& sink : graph_->sinks) keep(sink->sink->Close());
  keep(dead_letters_->Close());
  keep(late_rows_->Close());
  return first;
}

TaskStatus Task::Snapshot() const {
  TaskStatus status;
  for (const auto& source : graph_->sources) {
    status.sources.push_back({source->table, source->node->op().counters(), source->reader->Lag()});
  }
  TimestampUs lowest = kFinalWatermark;
  for (const Node* root : graph_->roots) {
    for (const Node* input : graph_->inputs.at(root)) lowest = std::min(lowest, input->watermark());
  }
  status.watermark = lowest;
  for (const auto& sink : graph_->sinks)
    status.sinks.push_back({sink->table, graph_->FlowTo(sink->node), std::nullopt});
  for (const auto& node : graph_->nodes) status.operators.emplace_back(node->uid(), node->op().counters());
  status.last_checkpoint = info_;
  for (const StagedOutput* output :
       {static_cast<StagedOutput*>(dead_letters_.get()), static_cast<StagedOutput*>(late_rows_.get())})
    for (std::string& topic : output->Topics()) status.side_topics.insert(std::move(topic));
  return status;
}

}  // namespace floe::stream
