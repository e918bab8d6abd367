// SPDX-License-Identifier: Apache-2.0
#include "query/scan_function.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

#include <duckdb.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <fmt/format.h>

#include "duck/guard.h"

namespace floe::query {

/// Sources by handle; shared by the function's info and the live handles.
class ScanRegistry final : public duckdb::TableFunctionInfo {
 public:
  std::int64_t Add(ScanSource source) {
    std::lock_guard lock(mu_);
    sources_[next_] = std::make_shared<const ScanSource>(std::move(source));
    return next_++;
  }
  void Remove(std::int64_t id) {
    std::lock_guard lock(mu_);
    sources_.erase(id);
  }
  std::shared_ptr<const ScanSource> Find(std::int64_t id) {
    std::lock_guard lock(mu_);
    auto found = sources_.find(id);
    return found == sources_.end() ? nullptr : found->second;
  }
  bool registered = false;  // guarded by registration
  std::mutex registration;

 private:
  std::mutex mu_;
  std::map<std::int64_t, std::shared_ptr<const ScanSource>> sources_;  // guarded by mu_
  std::int64_t next_ = 1;                                              // guarded by mu_
};

namespace {

struct BindData final : duckdb::TableFunctionData {
  std::shared_ptr<const ScanSource> source;
};

/// Wakes a DuckDB worker that waits for a reader.
struct Wakeup {
  std::mutex mu;
  std::condition_variable changed;
  bool woken = false;
};

struct ScanState final : duckdb::GlobalTableFunctionState {
  std::unique_ptr<connect::SourceReader> reader;
  data::Batch batch;
  std::vector<int> outputs;  // for each output column: index into batch, or -1 for a row id
  std::shared_ptr<Wakeup> wakeup = std::make_shared<Wakeup>();
  duckdb::idx_t MaxThreads() const override { return 1; }
};

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
  auto& registry = static_cast<ScanRegistry&>(*input.info);
  auto bound = duckdb::make_uniq<BindData>();
  bound->source = registry.Find(input.inputs[0].GetValue<std::int64_t>());
  if (!bound->source)
    duck::Raise(Error(ErrorKind::kInvalidInput, "floe_scan: no such scan; it is for Floe's own plans"));
  types = bound->source->types;
  for (const std::string& name : bound->source->names) names.push_back(name);
  return bound;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> Init(duckdb::ClientContext& context,
                                                          duckdb::TableFunctionInitInput& input) {
  const ScanSource& source = *input.bind_data->Cast<BindData>().source;
  auto state = duckdb::make_uniq<ScanState>();
  // Readers hand out physical columns before metadata columns, whatever order the query asks in.
  std::vector<int> columns;
  for (duckdb::column_t id : input.column_ids) {
    if (id < source.physical) columns.push_back(static_cast<int>(id));
  }
  for (duckdb::column_t id : input.column_ids) {
    if (id >= source.physical && id < source.types.size()) columns.push_back(static_cast<int>(id));
  }
  for (duckdb::column_t id : input.column_ids) {
    auto at = std::find(columns.begin(), columns.end(), static_cast<int>(id));
    state->outputs.push_back(id >= source.types.size() ? -1 : static_cast<int>(at - columns.begin()));
  }
  duckdb::vector<duckdb::LogicalType> types;
  for (int column : columns) types.push_back(source.types[static_cast<std::size_t>(column)]);
  // Counting rows still needs one column to count by.
  if (columns.empty()) {
    columns.push_back(0);
    types.push_back(source.types[0]);
  }
  auto reader = source.open(columns);
  if (!reader) duck::Raise(reader.error());
  state->reader = std::move(*reader);
  state->reader->SetWakeup([wakeup = state->wakeup] {
    std::lock_guard lock(wakeup->mu);
    wakeup->woken = true;
    wakeup->changed.notify_all();
  });
  state->batch.rows.Initialize(duckdb::Allocator::Get(context), types);
  return state;
}

void WaitForRows(ScanState& state, duckdb::ClientContext& context) {
  std::unique_lock lock(state.wakeup->mu);
  while (!state.wakeup->woken) {
    if (context.interrupted) duck::Raise(Error(ErrorKind::kCancelled, "the query was cancelled"));
    state.wakeup->changed.wait_for(lock, std::chrono::milliseconds(50));
  }
  state.wakeup->woken = false;
}

void Scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
  auto& state = input.global_state->Cast<ScanState>();
  while (true) {
    auto polled = state.reader->Poll(state.batch);
    if (!polled) duck::Raise(polled.error());
    if (polled->status == connect::PollStatus::kEndOfInput) {
      output.SetCardinality(0);
      return;
    }
    if (polled->status == connect::PollStatus::kIdle) {
      WaitForRows(state, context);
      continue;
    }
    if (state.batch.size() > 0) break;
  }
  for (std::size_t i = 0; i < state.outputs.size(); ++i) {
    if (state.outputs[i] < 0) {
      output.data[i].SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
      duckdb::ConstantVector::SetNull(output.data[i], true);
    } else {
      output.data[i].Reference(state.batch.rows.data[static_cast<std::size_t>(state.outputs[i])]);
    }
  }
  output.SetCardinality(state.batch.size());
}

}  // namespace

ScanHandle::~ScanHandle() {
  if (registry_) registry_->Remove(id_);
}

std::string ScanHandle::Relation() const {
  return fmt::format("floe_scan({})", id_);
}

ScanFunction::ScanFunction(duck::Instance& instance)
    : instance_(instance), registry_(std::make_shared<ScanRegistry>()) {}
ScanFunction::~ScanFunction() = default;

Result<ScanHandle> ScanFunction::Add(ScanSource source) {
  FLOE_CHECK(!source.types.empty());
  FLOE_TRY(duckdb::DatabaseInstance * database, instance_.Database());
  {
    std::lock_guard lock(registry_->registration);
    if (!registry_->registered) {
      FLOE_TRY_VOID(duck::Guard([&] {
        duckdb::TableFunction function("floe_scan", {duckdb::LogicalType::BIGINT}, Scan, Bind, Init);
        function.projection_pushdown = true;
        function.function_info =
            duckdb::shared_ptr<duckdb::TableFunctionInfo>(std::shared_ptr<duckdb::TableFunctionInfo>(registry_));
        duckdb::ExtensionLoader loader(*database, "floe");
        loader.RegisterFunction(function);
      }));
      registry_->registered = true;
    }
  }
  return ScanHandle(registry_, registry_->Add(std::move(source)));
}

}  // namespace floe::query
