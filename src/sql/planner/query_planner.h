// SPDX-License-Identifier: Apache-2.0
// Queries to relations. One planner per program, so that all its queries share the scans.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sql/bind/expression_binder.h"
#include "sql/bind/session.h"
#include "sql/planner/planner.h"
#include "sql/planner/relation.h"

namespace floe::sql::planner {

class QueryPlanner {
 public:
  QueryPlanner(const PlannerOptions& options, bind::Session session) : options_(options), session_(std::move(session)) {
    if (session_.streaming) return;
    session_.plan_subquery = [this](const dialect::Query& query, bind::OuterQuery& outer) {
      return PlanSubquery(query, outer);
    };
  }
  QueryPlanner(const QueryPlanner&) = delete;
  QueryPlanner& operator=(const QueryPlanner&) = delete;

  Result<Relation> PlanQuery(const dialect::Query& query);
  /// A stored table with its computed columns and watermark, in declared order. Hints are OPTIONS of this reference.
  Result<Relation> PlanTable(const catalog::CatalogTable& table, const std::vector<dialect::Hint>& hints,
                             const dialect::TimeTravel* as_of, TextPosition position);
  /// The same columns without asking whether the connector can be read: for DESCRIBE and CREATE TABLE.
  /// `written`: where the statement at hand has its expressions.
  Result<Relation> PlanColumns(const catalog::CatalogTable& table, const Written* written = nullptr);
  Result<Relation> PlanView(const catalog::CatalogTable& view);
  Result<catalog::TablePtr> Find(const dialect::ObjectName& name) const {
    return options_.tables(name, catalog_, database_);
  }
  const bind::Session& session() const { return session_; }

 private:
  // from.cc
  Result<Relation> PlanReference(const dialect::TableReference& reference);
  Result<Relation> PlanReferenceNode(const dialect::TableReference& reference);
  Result<Relation> PlanNamed(const dialect::NamedTable& named, TextPosition position);
  Result<Relation> PlanTableFunction(const dialect::Call& call, TextPosition position);
  Result<Relation> PlanWindow(const std::string& name, const dialect::Call& call, TextPosition position);
  Relation WindowByWallClock(const Relation& input, plan::WindowSpec spec, TextPosition position) const;
  Result<Relation> PlanJoin(const dialect::Join& join, TextPosition position);
  // scan.cc
  Result<Relation> AddComputed(plan::NodePtr scan, const catalog::CatalogTable& table, TextPosition position,
                               const Written* written);
  Result<plan::NodePtr> MakeScan(const catalog::CatalogTable& table, const std::vector<dialect::Hint>& hints,
                                 const dialect::TimeTravel* as_of, TextPosition position);
  Result<Relation> AddWatermark(Relation relation, const catalog::CatalogTable& table, TextPosition position,
                                const Written* written);
  Result<plan::ExpressionPtr> BindStored(const std::string& text, const dialect::Expression* written,
                                         const bind::Scope& scope, const std::string& what, TextPosition position);
  // query_planner.cc
  Result<Relation> PlanBody(const dialect::Query& query);
  Result<Relation> PlanSelect(const dialect::Select& select, const std::vector<dialect::OrderItem>& order_by);
  Result<Relation> PlanWhere(Relation input, const dialect::Expression& condition);
  Result<plan::NodePtr> PlanSubquery(const dialect::Query& query, bind::OuterQuery& outer);
  Result<Relation> PlanInQuery(Relation input, const dialect::In& in, TextPosition position);
  Result<Relation> PlanSetOperation(const dialect::SetOperation& operation, TextPosition position);
  Result<Relation> PlanValues(const dialect::Values& values, TextPosition position);
  Result<Relation> PlanSort(Relation input, const dialect::Query& query, bool sorted);

  const PlannerOptions& options_;
  bind::Session session_;
  std::string catalog_;  ///< of the view being planned; empty: the session's
  std::string database_;
  std::vector<catalog::ObjectPath> views_;             ///< being planned, each in the one before
  std::vector<std::map<std::string, Relation>> with_;  ///< WITH names, innermost last
  std::map<std::string, Relation> scans_;              ///< by full name, of references without hints and time travel
};

/// Where the session asks for it: what the node `at` stands for, if each of these columns has a name of its own.
void NoteColumns(const bind::Session& session, const void* at, const bind::Scope& scope,
                 const std::vector<int>& columns);

/// The window of a TVF or legacy call: size, step and offset from INTERVAL literals.
Result<plan::WindowSpec> MakeWindowSpec(const std::string& name, std::vector<plan::ExpressionPtr> intervals,
                                        const data::Type& time_type, bool proctime, const std::string& zone,
                                        TextPosition position);

/// Aggregates, HAVING, OVER and the select list (select.cc).
Result<Relation> PlanSelectList(const dialect::Select& select, const std::vector<dialect::OrderItem>& order_by,
                                Relation input, const bind::Session& session);

/// fn of a grouped relation's time: window_start and window_end are TIMESTAMP(3) of the session's zone.
Relation LocalWindow(const Relation& windowed, std::size_t start, const std::string& zone);

}  // namespace floe::sql::planner
