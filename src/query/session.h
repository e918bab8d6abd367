// SPDX-License-Identifier: Apache-2.0
// A SQL session: executes statements, whatever they are, against a node's catalogs, jobs and engines.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connect/api/connector.h"
#include "duck/instance.h"
#include "query/batch_scan.h"
#include "query/consumer.h"
#include "query/scan_function.h"
#include "sql/catalog/manager.h"
#include "sql/catalog/session_catalog.h"
#include "sql/dialect/statement.h"
#include "sql/planner/planner.h"
#include "stream/runtime/job_manager.h"

namespace floe::query {

/// Called by sessions when a job is wanted; the node's implementation also keeps foreground jobs apart.
using SubmitJob = std::function<Result<stream::Submission>(const std::string& name, const std::string& program,
                                                           std::map<std::string, std::string> settings)>;
/// A relation for FROM whose columns are the scan's output, and what must live while the query runs.
struct NativeRelation {
  std::string sql;
  std::shared_ptr<const void> keep_alive;
};
/// How DuckDB itself reads a connector's tables (Iceberg: the files of the snapshot), past the connector's reader.
using NativeScan = std::function<Result<NativeRelation>(const sql::plan::Scan& scan)>;

/// What a session needs of its node; all of it outlives the session.
struct SessionServices {
  sql::catalog::CatalogManager& catalogs;
  connect::ConnectorRegistry& connectors;
  std::vector<connect::OptionSpec> format_options;
  duck::Instance& duckdb;
  ScanFunction& scans;
  stream::JobManager& jobs;
  const stream::Services& stream;
  SubmitJob submit;
  std::map<std::string, NativeScan> native_scans;  ///< by connector
  std::function<void(const sql::catalog::CatalogTable&)>
      on_drop;  ///< a stored table was dropped: forget its data where the node owns it
};

struct StatementResult {
  std::string message;                                 ///< for people; empty when the rows say all
  std::string job_id;                                  ///< of a job that was submitted
  bool resumed = false;                                ///< it goes on from an earlier run
  std::optional<std::int64_t> written = std::nullopt;  ///< rows of an INSERT that is done
  bool prints = false;                                 ///< it writes to the standard output of the process that runs it
};

/// Statements of one session come one after the other; Execute is not to be called twice at once. Blocking: compute
/// threads only.
///
/// SELECT answers from a snapshot of now unless 'execution.runtime-mode' is set to 'streaming'; INSERT becomes a
/// continuous job unless it is set to 'batch' or the query has no table in it, then it is done when Execute returns.
class Session {
 public:
  explicit Session(SessionServices services);

  /// Errors carry a position that counts from the statement's first character.
  Result<StatementResult> Execute(const std::string& statement, ResultConsumer& consumer);
  /// Words that may stand at the end of `text`: keywords, tables, columns, settings.
  std::vector<std::string> Complete(const std::string& text);

  const std::map<std::string, std::string>& settings() const { return settings_; }
  void SetSetting(const std::string& key, const std::string& value) { settings_[key] = value; }
  /// The plan of a job's program text (DDL of temporary tables, then one INSERT or statement set), for JobManager after
  /// a restart. `used` takes the stored tables and views it names, also those behind views.
  static Result<sql::plan::Program> PlanProgram(const SessionServices& services, const std::string& program,
                                                const std::map<std::string, std::string>& settings,
                                                std::set<sql::catalog::ObjectPath>* used = nullptr);

 private:
  struct Visitor;
  sql::planner::Planner MakePlanner(const std::string& mode) const;
  sql::planner::Planner MakePlanner(const std::string& mode, sql::planner::TableLookup tables) const;
  /// sql::planner::TimeOf, by DuckDB.
  Result<std::optional<std::int64_t>> TimeOf(const sql::plan::Expression& expression) const;
  bool Is(const std::string& key, const std::string& value) const;

  Result<StatementResult> Select(const sql::dialect::Statement& statement, ResultConsumer& consumer);
  Result<StatementResult> Insert(const sql::dialect::Statement& statement, const std::string& text,
                                 ResultConsumer& consumer);
  Result<StatementResult> CreateTable(const sql::dialect::CreateTable& statement, const std::string& text,
                                      ResultConsumer& consumer);
  Result<StatementResult> CreateView(const sql::dialect::CreateView& statement);
  Result<StatementResult> AlterTable(const sql::dialect::AlterTable& statement);
  Result<StatementResult> AlterView(const sql::dialect::AlterView& statement);
  Status CheckView(const sql::catalog::CatalogTable& view, TextPosition position) const;
  /// Tables without a 'connector': Iceberg's in an Iceberg catalog, real-time tables with a key.
  Status ChooseConnector(sql::catalog::CatalogTable& table, TextPosition position) const;
  Result<StatementResult> CreateTableAs(const sql::dialect::CreateTable& statement, const std::string& text,
                                        ResultConsumer& consumer);
  Result<StatementResult> Show(const sql::dialect::Show& statement, ResultConsumer& consumer);
  Result<StatementResult> ShowColumns(const sql::dialect::Show& statement, ResultConsumer& consumer);
  Result<StatementResult> Describe(const sql::dialect::Describe& statement, ResultConsumer& consumer);
  Result<StatementResult> Set(const sql::dialect::Set& statement, ResultConsumer& consumer);
  Result<StatementResult> Reset(const sql::dialect::Reset& statement, TextPosition position);
  Result<StatementResult> Explain(const sql::dialect::Explain& statement);
  Result<StatementResult> Drop(const sql::dialect::Drop& statement);
  Result<StatementResult> DuckDBDialect(const std::string& text, ResultConsumer& consumer);

  Status RunBatch(const sql::plan::NodePtr& query, ResultConsumer& consumer);
  Status RunStreaming(sql::plan::Program program, ResultConsumer& consumer);
  Result<std::int64_t> RunBatchInsert(const sql::plan::Program& program, ResultConsumer& consumer);
  /// What a batch query needs while it runs.
  struct Held {
    std::vector<ScanHandle> scans;
    std::vector<std::shared_ptr<const void>> native;
    std::shared_ptr<SkippedRecords> skipped = std::make_shared<SkippedRecords>();
  };
  /// DuckDB SQL of a node; its scans live as long as `held`.
  Result<std::string> PrintBatch(const sql::plan::NodePtr& node, Held& held);
  /// A script that runs in the foreground may come again after an interruption: what it made then, alike, is no error.
  bool IsThereAlready(sql::catalog::CatalogTable table) const;
  /// 'pipeline.name' for the first INSERT under it, with a number for further ones: jobs do not share a name.
  std::string NameFor(const sql::plan::Program& program, const std::string& text);
  /// What CREATE TABLE checks, of the table as it would be.
  Status CheckAlter(const sql::dialect::AlterTable& statement) const;
  Status CheckZone(const std::string& zone) const;
  /// kFailedPrecondition names a running job that would lose a table or view by this.
  Status CheckUnused(const sql::dialect::Drop& statement) const;
  Status CheckUnused(const sql::catalog::ObjectPath& path, TextPosition position) const;
  Status MakeRoom(const sql::catalog::CatalogTable& made, TextPosition position) const;
  /// The statements that make this session's names mean the same again.
  std::string Prelude() const;

  SessionServices services_;
  std::unique_ptr<sql::catalog::SessionCatalog> catalog_;
  std::set<sql::catalog::ObjectPath>* used_ = nullptr;  ///< while PlanProgram runs: takes what is looked up
  std::map<std::string, std::string> settings_;
  bool replays_ = false;  ///< a job's prelude runs: its views were checked when they were made, and come in any order
  std::map<std::string, std::vector<std::string>> named_;  ///< by 'pipeline.name': the INSERTs that were given it
};

/// A SET value that a job's SETs must not see differently: 'pipeline.name' or what stands for it.
std::string JobName(const std::map<std::string, std::string>& settings, const sql::plan::Program& program);

/// Sends a table of texts to a consumer.
Status SendText(ResultConsumer& consumer, const std::vector<std::string>& columns,
                const std::vector<std::vector<std::string>>& rows);

}  // namespace floe::query
