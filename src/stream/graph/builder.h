// SPDX-License-Identifier: Apache-2.0
// From a plan to a graph of operators with its sources and sinks opened.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connect/api/connector.h"
#include "sql/plan/node.h"
#include "stream/checkpoint/manifest.h"
#include "stream/graph/node.h"
#include "stream/ops/edge_operators.h"

namespace floe::stream {

/// A source in the graph; the task polls the reader and emits through the node.
struct SourceSlot {
  Node* node = nullptr;
  std::string table;
  std::unique_ptr<connect::BadRecordHandler> bad_records;  ///< counts on the node, then asks the job's handler
  std::unique_ptr<connect::SourceReader> reader;
  SplitInfo splits;
  data::Batch batch;
  bool ended = false;
};

struct SinkSlot {
  Node* node = nullptr;
  std::string table;
  std::unique_ptr<connect::Sink> sink;
};

struct Graph {
  std::vector<std::unique_ptr<SourceSlot>> sources;  ///< destroyed after the nodes
  std::vector<std::unique_ptr<SinkSlot>> sinks;
  std::vector<std::unique_ptr<Node>> nodes;  ///< inputs before their readers
  std::vector<Node*> roots;                  ///< one per sink, or the query's collector
  std::map<const Node*, std::vector<const Node*>> inputs;
  std::string fingerprint;  ///< equal for plans whose state fits each other

  /// Rows by fate on the way from all sources to this node; a source read on two ways counts twice.
  Counters FlowTo(const Node* node) const;
  /// Whether nothing more can come out of this root.
  bool Finished(const Node* root) const;
};

struct GraphRequest {
  const sql::plan::Program& program;
  const OperatorContext& context;
  connect::ConnectorRegistry& connectors;
  std::string job_id;
  const Manifest* restored = nullptr;
  RowCollector collector;  ///< for Program.query
  std::chrono::milliseconds default_idle_timeout{5000};
};

/// Opens readers and sinks (with their restored state) and loads no operator state. kNotSupported names the plan node
/// and its position.
Result<std::unique_ptr<Graph>> BuildGraph(const GraphRequest& request);

/// Of the plan alone; nothing is opened.
std::string PlanFingerprint(const sql::plan::Program& program);

}  // namespace floe::stream
