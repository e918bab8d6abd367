// SPDX-License-Identifier: Apache-2.0
#include "stream/graph/builder.h"

#include <algorithm>

#include <fmt/format.h>

#include "data/duckdb_type.h"
#include "stream/ops/aggregate_operators.h"
#include "stream/ops/row_operators.h"
#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

namespace plan = sql::plan;

/// Bad records of a source count there before the job decides about them.
class SourceBadRecords final : public connect::BadRecordHandler {
 public:
  SourceBadRecords(Counters& counters, connect::BadRecordHandler& job) : counters_(counters), job_(job) {}
  Status OnBadRecord(connect::BadRecord record) override {
    ++counters_.dead_lettered;
    return job_.OnBadRecord(std::move(record));
  }

 private:
  Counters& counters_;
  connect::BadRecordHandler& job_;
};

/// VALUES as a source: the position is the number of batches handed out.
class ValuesReader final : public connect::SourceReader {
 public:
  ValuesReader(std::vector<std::unique_ptr<data::Batch>> batches, std::size_t next)
      : batches_(std::move(batches)), next_(next) {}
  Result<connect::PollResult> Poll(data::Batch& out) override {
    if (next_ >= batches_.size()) return connect::PollResult{.status = connect::PollStatus::kEndOfInput};
    out.rows.Reference(batches_[next_++]->rows);
    return connect::PollResult{.status = connect::PollStatus::kRows,
                               .records_read = static_cast<std::int64_t>(out.size())};
  }
  Result<std::string> Snapshot() override {
    StateWriter writer;
    writer.Put<std::uint64_t>(next_);
    return writer.Finish();
  }
  void SetWakeup(std::function<void()>) override {}
  std::vector<std::string> SplitNames() const override { return {"values"}; }
  Status OnCheckpointCommitted(const std::string&) override { return {}; }

 private:
  std::vector<std::unique_ptr<data::Batch>> batches_;
  std::size_t next_;
};

class Builder {
 public:
  explicit Builder(const GraphRequest& request) : request_(request), graph_(std::make_unique<Graph>()) {}

  Result<std::unique_ptr<Graph>> Build() {
    graph_->fingerprint = PlanFingerprint(request_.program);
    for (const auto& sink : request_.program.sinks) {
      FLOE_TRY(Node * root, Make(sink));
      graph_->roots.push_back(root);
    }
    if (request_.program.query) {
      FLOE_TRY(Node * input, Make(request_.program.query));
      graph_->roots.push_back(Add("collect", MakeCollector(request_.collector), {input}));
    }
    if (graph_->roots.empty()) return Fail(ErrorKind::kInvalidInput, "the program has no INSERT and no SELECT to run");
    return std::move(graph_);
  }

 private:
  Result<Node*> Make(const plan::NodePtr& node) {
    if (auto found = made_.find(node.get()); found != made_.end()) return found->second;
    auto made = std::visit([&](const auto& op) { return Lower(*node, op); }, node->op);
    if (!made) {
      Error error = std::move(made.error());
      if (error.position() || node->position.line == 0) return Fail(std::move(error));
      return Fail(std::move(error).WithPosition(node->position));
    }
    made_[node.get()] = *made;
    return *made;
  }

  Node* Add(const char* kind, std::unique_ptr<Operator> op, const std::vector<Node*>& inputs) {
    auto node = std::make_unique<Node>(Uid(kind), std::move(op), static_cast<int>(inputs.size()));
    for (std::size_t port = 0; port < inputs.size(); ++port) {
      inputs[port]->AddDownstream(node.get(), static_cast<int>(port));
      graph_->inputs[node.get()].push_back(inputs[port]);
    }
    graph_->nodes.push_back(std::move(node));
    return graph_->nodes.back().get();
  }
  /// Of the node added next.
  std::string Uid(const char* kind) const { return fmt::format("{}-{}", graph_->nodes.size(), kind); }

  static Result<InputEdge> EdgeOf(const plan::NodePtr& input) {
    InputEdge edge;
    edge.schema = input->schema;
    FLOE_TRY(edge.types, data::ToDuckDB(input->schema));
    edge.retracts = input->changelog.updates || input->changelog.deletes;
    return edge;
  }

  Result<Node*> AddSource(std::string table, const DuckTypes& types,
                          const std::function<Result<std::unique_ptr<connect::SourceReader>>(SourceSlot&)>& open) {
    auto slot = std::make_unique<SourceSlot>();
    slot->table = std::move(table);
    slot->node = Add("source", MakeSourceOperator(), {});
    slot->bad_records = std::make_unique<SourceBadRecords>(slot->node->op().counters(), request_.context.bad_records);
    slot->batch.rows.Initialize(duckdb::Allocator::DefaultAllocator(), types);
    auto reader = open(*slot);
    if (!reader) return Fail(std::move(reader.error()).WithContext("while opening " + slot->table + " as a source"));
    slot->reader = std::move(*reader);
    slot->splits.names = slot->reader->SplitNames();
    source_of_[slot->node] = slot.get();
    graph_->sources.push_back(std::move(slot));
    return graph_->sources.back()->node;
  }

  std::optional<std::string> SourceState(const Node* node) const {
    const NamedBytes* found = request_.restored ? request_.restored->FindSource(node->uid()) : nullptr;
    return found ? std::optional(found->bytes) : std::nullopt;
  }

  Result<Node*> Lower(const plan::Node& node, const plan::Scan& scan) {
    if (scan.as_of_snapshot || scan.as_of_timestamp_ms || !scan.as_of_ref.empty()) {
      return Fail(ErrorKind::kNotSupported,
                  "time travel on " + scan.table.FullName() + " in a streaming job; run it as a batch query");
    }
    FLOE_TRY(auto* connector, request_.connectors.Find(scan.table.connector));
    FLOE_TRY(DuckTypes types, data::ToDuckDB(node.schema));
    return AddSource(scan.table.FullName(), types, [&](SourceSlot& slot) {
      connect::ScanRequest scan_request;
      scan_request.table = scan.table;
      scan_request.columns = scan.columns;
      scan_request.metadata = scan.metadata;
      scan_request.state = SourceState(slot.node);
      scan_request.bad_records = slot.bad_records.get();
      scan_request.default_group_id = "floe-" + request_.job_id;
      return connector->OpenSource(std::move(scan_request));
    });
  }

  Result<Node*> Lower(const plan::Node& node, const plan::Values& values) {
    FLOE_TRY(DuckTypes types, data::ToDuckDB(node.schema));
    FLOE_TRY(auto batches, EvaluateValues(request_.context, values, types));
    return AddSource("VALUES", types, [&](SourceSlot& slot) -> Result<std::unique_ptr<connect::SourceReader>> {
      std::size_t next = 0;
      if (auto state = SourceState(slot.node)) {
        FLOE_TRY(StateReader reader, StateReader::Open(*state));
        FLOE_TRY(next, reader.Get<std::uint64_t>());
      }
      return std::make_unique<ValuesReader>(std::move(batches), next);
    });
  }

  Result<Node*> Lower(const plan::Node&, const plan::Project& project) {
    FLOE_TRY(Node * input, Make(project.input));
    FLOE_TRY(InputEdge edge, EdgeOf(project.input));
    FLOE_TRY(auto op, MakeProject(request_.context, Uid("project"), std::move(edge), project));
    return Add("project", std::move(op), {input});
  }

  Result<Node*> Lower(const plan::Node&, const plan::Filter& filter) {
    FLOE_TRY(Node * input, Make(filter.input));
    FLOE_TRY(InputEdge edge, EdgeOf(filter.input));
    FLOE_TRY(auto op, MakeFilter(request_.context, Uid("filter"), std::move(edge), filter));
    return Add("filter", std::move(op), {input});
  }

  Result<Node*> Lower(const plan::Node&, const plan::Watermark& watermark) {
    FLOE_TRY(Node * input, Make(watermark.input));
    FLOE_TRY(InputEdge edge, EdgeOf(watermark.input));
    const SourceSlot* source = SourceAbove(input);
    if (source == nullptr) return Fail(ErrorKind::kNotSupported, "WATERMARK on something other than one table");
    FLOE_TRY(auto idle, IdleTimeout(watermark));
    FLOE_TRY(auto op, MakeWatermark(request_.context, std::move(edge), watermark, idle, source->splits));
    return Add("watermark", std::move(op), {input});
  }

  /// The table's or the session's; 'table.exec.source.idle-timeout' = 0 switches the default off.
  Result<std::chrono::milliseconds> IdleTimeout(const plan::Watermark& watermark) const {
    if (watermark.idle_timeout_ms > 0) return std::chrono::milliseconds(watermark.idle_timeout_ms);
    const std::string key = "table.exec.source.idle-timeout";
    const auto setting = request_.program.settings.find(key);
    if (setting == request_.program.settings.end()) return request_.default_idle_timeout;
    static const connect::ConnectorDescriptor kNone;
    const connect::Options options{{key, setting->second}};
    return connect::OptionReader(kNone, options).Duration(key);
  }

  const SourceSlot* SourceAbove(const Node* node) const {
    for (;;) {
      if (auto found = source_of_.find(node); found != source_of_.end()) return found->second;
      const auto inputs = graph_->inputs.find(node);
      if (inputs == graph_->inputs.end() || inputs->second.size() != 1) return nullptr;
      node = inputs->second.front();
    }
  }

  Result<Node*> Lower(const plan::Node& node, const plan::WindowAssign& assign) {
    FLOE_TRY(Node * input, Make(assign.input));
    FLOE_TRY(InputEdge edge, EdgeOf(assign.input));
    FLOE_TRY(DuckTypes types, data::ToDuckDB(node.schema));
    FLOE_TRY(auto op,
             MakeWindowAssign(request_.context, Uid("window_assign"), std::move(edge), assign, std::move(types)));
    return Add("window_assign", std::move(op), {input});
  }

  Result<Node*> Lower(const plan::Node& node, const plan::WindowAggregate& aggregate) {
    FLOE_TRY(Node * input, Make(aggregate.input));
    FLOE_TRY(InputEdge edge, EdgeOf(aggregate.input));
    FLOE_TRY(DuckTypes types, data::ToDuckDB(node.schema));
    FLOE_TRY(auto op, MakeWindowAggregate(request_.context, Uid("window_aggregate"), std::move(edge), aggregate,
                                          std::move(types)));
    return Add("window_aggregate", std::move(op), {input});
  }

  Result<Node*> Lower(const plan::Node& node, const plan::Aggregate& aggregate) {
    FLOE_TRY(Node * input, Make(aggregate.input));
    FLOE_TRY(InputEdge edge, EdgeOf(aggregate.input));
    FLOE_TRY(DuckTypes types, data::ToDuckDB(node.schema));
    FLOE_TRY(auto op,
             MakeGroupAggregate(request_.context, Uid("aggregate"), std::move(edge), aggregate, std::move(types)));
    return Add("aggregate", std::move(op), {input});
  }

  Result<Node*> Lower(const plan::Node&, const plan::SetOp& set) {
    if (set.operation != plan::SetOperation::kUnionAll) {
      return NotStreaming("UNION, INTERSECT and EXCEPT (without UNION ALL)");
    }
    std::vector<Node*> inputs;
    for (const auto& input : set.inputs) {
      FLOE_TRY(Node * made, Make(input));
      inputs.push_back(made);
    }
    return Add("union", MakeUnion(), inputs);
  }

  Result<Node*> Lower(const plan::Node&, const plan::SortLimit& sort) {
    if (!sort.keys.empty()) return NotStreaming("ORDER BY");
    if (sort.input->changelog.updates || sort.input->changelog.deletes)
      return NotStreaming("LIMIT over rows that change");
    FLOE_TRY(Node * input, Make(sort.input));
    return Add("limit", MakeLimit(sort.offset, sort.limit), {input});
  }

  Result<Node*> Lower(const plan::Node&, const plan::Join&) { return NotStreaming("JOIN"); }
  Result<Node*> Lower(const plan::Node&, const plan::Over&) { return NotStreaming("OVER"); }

  static std::unexpected<Error> NotStreaming(const std::string& what) {
    return Fail(
        ErrorKind::kNotSupported,
        what + " does not run as a stream yet; SET 'execution.runtime-mode' = 'batch' runs it once over what is there");
  }

  Result<Node*> Lower(const plan::Node&, const plan::SinkWrite& write) {
    FLOE_TRY(Node * input, Make(write.input));
    if (write.overwrite) return NotStreaming("INSERT OVERWRITE");
    FLOE_TRY(auto* connector, request_.connectors.Find(write.table.connector));
    auto slot = std::make_unique<SinkSlot>();
    slot->table = write.table.FullName();
    connect::SinkRequest sink_request;
    sink_request.table = write.table;
    sink_request.input = write.input->schema;
    sink_request.input_metadata = write.input_metadata;
    sink_request.job_id = request_.job_id;
    sink_request.sink_index = static_cast<int>(graph_->sinks.size());
    const std::string uid = Uid("sink");
    if (const NamedBytes* state = request_.restored ? request_.restored->FindSink(uid) : nullptr)
      sink_request.state = state->bytes;
    auto sink = connector->OpenSink(std::move(sink_request));
    if (!sink) return Fail(std::move(sink.error()).WithContext("while opening " + slot->table + " as a sink"));
    slot->sink = std::move(*sink);
    slot->node =
        Add("sink", MakeSinkOperator(*slot->sink, slot->table, FitOf(write, connector->descriptor())), {input});
    graph_->sinks.push_back(std::move(slot));
    return graph_->sinks.back()->node;
  }

  static SinkFit FitOf(const plan::SinkWrite& write, const connect::ConnectorDescriptor& descriptor) {
    connect::ChangelogMode mode =
        write.table.primary_key.empty() ? connect::ChangelogMode::kAppend : connect::ChangelogMode::kUpsert;
    if (descriptor.sink_mode) mode = descriptor.sink_mode(write.table);
    if (mode == connect::ChangelogMode::kAppend) return SinkFit::kAppendOnly;
    if (mode == connect::ChangelogMode::kRetract) return SinkFit::kEverything;
    std::vector<std::string> key;
    for (int column : write.input->changelog.upsert_key) {
      const auto index = static_cast<std::size_t>(column);
      if (index < write.table.physical.size()) key.push_back(write.table.physical.fields[index].name);
    }
    std::vector<std::string> primary = write.table.primary_key;
    std::ranges::sort(key);
    std::ranges::sort(primary);
    return key == primary ? SinkFit::kDropUpdateBefore : SinkFit::kDeleteUpdateBefore;
  }

  const GraphRequest& request_;
  std::unique_ptr<Graph> graph_;
  std::map<const plan::Node*, Node*> made_;
  std::map<const Node*, const SourceSlot*> source_of_;
};

}  // namespace

Counters Graph::FlowTo(const Node* node) const {
  Counters flow;
  const auto found = inputs.find(node);
  if (found == inputs.end()) {
    flow = node->op().counters();
    return flow;
  }
  for (const Node* input : found->second) flow += FlowTo(input);
  Counters own = node->op().counters();
  own.in = 0;
  flow.out = 0;
  return flow += own;
}

bool Graph::Finished(const Node* root) const {
  if (root->finished()) return true;
  const auto found = inputs.find(root);
  return found != inputs.end() && !found->second.empty() && std::ranges::all_of(found->second, [&](const Node* input) {
           return input->finished() || (inputs.contains(input) && Finished(input));
         });
}

Result<std::unique_ptr<Graph>> BuildGraph(const GraphRequest& request) {
  return Builder(request).Build();
}

}  // namespace floe::stream
