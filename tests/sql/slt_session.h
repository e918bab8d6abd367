// SPDX-License-Identifier: Apache-2.0
// What a file's statements run on: catalogs, settings, planner, the batch engine; and what its jobs run on.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "duck/instance.h"
#include "query/scan_function.h"
#include "slt_feed.h"
#include "sql/catalog/manager.h"
#include "sql/catalog/session_catalog.h"
#include "sql/dialect/statement.h"
#include "sql/planner/planner.h"
#include "stream/runtime/task.h"

namespace floe::slt {

inline constexpr TimestampUs kStart{1'767'225'600'000'000};  ///< 2026-01-01 00:00:00 UTC

/// The engine of a whole run: opening it is the slow part.
struct Engine {
  Engine();
  ManualClock clock{kStart};
  duck::Instance duck;
  query::ScanFunction scans;
};

struct Rows {
  std::vector<std::string> types;
  std::vector<std::string> lines;
};

/// One pass over one file.
class Session {
 public:
  /// `directory` is its own and exists.
  static Result<std::unique_ptr<Session>> Make(Engine& engine, const std::string& directory);
  ~Session();

  /// DDL, SHOW, SET and the like; queries are answered in batch.
  Result<Rows> Execute(const std::string& sql);
  /// What a job of the statement would run; a query's rows go to a table called "result".
  Result<sql::plan::Program> PlanStream(const std::string& sql) const;
  /// The statement's rows in batch; of an INSERT what it would write. One entry per sink.
  Result<std::vector<std::pair<std::string, Rows>>> Batch(const std::string& sql);
  Result<std::string> Explain(const std::string& sql) const;

  Result<sql::catalog::TablePtr> Find(const std::string& table) const;
  FeedConnector& tables() { return *tables_; }
  const stream::Services& services() const { return *services_; }
  stream::MemorySideOutputs& side() { return side_; }
  Engine& engine() { return engine_; }
  const std::map<std::string, std::string>& settings() const { return settings_; }

 private:
  struct Visitor;
  explicit Session(Engine& engine) : engine_(engine) {}
  sql::planner::Planner MakePlanner(const std::string& mode) const;
  Result<Rows> RunBatch(const sql::plan::NodePtr& node);
  Result<Rows> CreateTable(const sql::dialect::CreateTable& statement);
  Result<Rows> AlterTable(const sql::dialect::AlterTable& statement);
  Result<Rows> CreateView(const sql::dialect::CreateView& statement);
  Result<Rows> Describe(const sql::dialect::Describe& statement);
  Result<Rows> Set(const sql::dialect::Set& statement);

  Engine& engine_;
  std::unique_ptr<sql::catalog::CatalogManager> catalogs_;
  std::unique_ptr<sql::catalog::SessionCatalog> names_;
  std::map<std::string, std::string> settings_;
  connect::ConnectorRegistry connectors_;
  FeedConnector* tables_ = nullptr;
  std::unique_ptr<meta::Store> meta_;
  stream::MemorySideOutputs side_;
  std::unique_ptr<stream::Services> services_;
};

}  // namespace floe::slt
