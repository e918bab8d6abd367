// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/secrets.h"
#include "sql/dialect/precedence.h"
#include "sql/dialect/unparser_internal.h"

namespace floe::sql::dialect {
namespace {

std::string_view KindText(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kCatalog: return "CATALOG ";
    case ObjectKind::kDatabase: return "DATABASE ";
    case ObjectKind::kTable: return "TABLE ";
    case ObjectKind::kView: return "VIEW ";
    case ObjectKind::kFunction: return "FUNCTION ";
  }
  return "?";
}

std::string_view ShowText(ShowKind kind) {
  switch (kind) {
    case ShowKind::kCatalogs: return "CATALOGS";
    case ShowKind::kDatabases: return "DATABASES";
    case ShowKind::kTables: return "TABLES";
    case ShowKind::kViews: return "VIEWS";
    case ShowKind::kColumns: return "COLUMNS";
    case ShowKind::kFunctions: return "FUNCTIONS";
    case ShowKind::kModules: return "MODULES";
    case ShowKind::kJobs: return "JOBS";
    case ShowKind::kPartitions: return "PARTITIONS";
    case ShowKind::kJars: return "JARS";
    case ShowKind::kProcedures: return "PROCEDURES";
    case ShowKind::kCurrentCatalog: return "CURRENT CATALOG";
    case ShowKind::kCurrentDatabase: return "CURRENT DATABASE";
    case ShowKind::kCreateTable: return "CREATE TABLE";
    case ShowKind::kCreateView: return "CREATE VIEW";
    case ShowKind::kCreateCatalog: return "CREATE CATALOG";
  }
  return "?";
}

}  // namespace

void Printer::KeyAndValue(const Option& option) {
  String(option.key);
  Text(" = ");
  String(hide_secrets_ ? ShownValue(option.key, option.value) : option.value);
}

void Printer::Options(const std::vector<Option>& options, bool lines) {
  Text(lines ? "(\n" : "(");
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (i > 0) Text(lines ? ",\n" : ", ");
    if (lines) Text("  ");
    KeyAndValue(options[i]);
  }
  Text(lines ? "\n)" : ")");
}

void Printer::Keys(const std::vector<OptionKey>& keys) {
  Text("(");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i > 0) Text(", ");
    String(keys[i].text);
  }
  Text(")");
}

void Printer::Print(const Statement& statement) {
  std::visit([&](const auto& node) { Node(node); }, statement.node);
}

// ---- tables ----

void Printer::Watermark(const WatermarkDefinition& watermark) {
  Text("WATERMARK FOR ");
  Names(watermark.column, ".");
  Text(" AS ");
  Print(watermark.expression);
}

void Printer::Key(const PrimaryKey& key) {
  if (!key.constraint.text.empty()) {
    Text("CONSTRAINT ");
    Name(key.constraint.text);
    Text(" ");
  }
  Text("PRIMARY KEY (");
  Names(key.columns);
  Text(key.enforced ? ")" : ") NOT ENFORCED");
}

void Printer::Comment(const std::optional<std::string>& comment) {
  if (!comment) return;
  Text(" COMMENT ");
  String(*comment);
}

void Printer::Print(const ColumnDefinition& column) {
  Name(column.name.text);
  Text(" ");
  if (const auto* computed = std::get_if<ComputedColumn>(&column.definition)) {
    Text("AS ");
    Print(computed->expression);
  } else if (const auto* metadata = std::get_if<MetadataColumn>(&column.definition)) {
    PrintTypeName(metadata->type);
    Text(" METADATA");
    if (!metadata->key.empty()) {
      Text(" FROM ");
      String(metadata->key);
    }
    if (metadata->is_virtual) Text(" VIRTUAL");
  } else {
    const auto& physical = std::get<PhysicalColumn>(column.definition);
    PrintTypeName(physical.type);
    if (physical.default_value) {
      Text(" DEFAULT ");
      Print(*physical.default_value, kAddPrecedence);
    }
  }
  if (column.primary_key) Text(column.primary_key_enforced ? " PRIMARY KEY" : " PRIMARY KEY NOT ENFORCED");
  Comment(column.comment);
}

void Printer::Distributed(const Distribution& distribution) {
  if (!distribution.columns.empty()) {
    Text(" BY ");
    Text(distribution.kind);
    Text("(");
    Names(distribution.columns);
    Text(")");
  }
  if (distribution.buckets) Text(fmt::format(" INTO {} BUCKETS", *distribution.buckets));
}

void Printer::Partitions(const std::vector<PartitionItem>& items) {
  Text("PARTITIONED BY (");
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) Text(", ");
    bool plain = items[i].transform == "identity";
    if (!plain) Text(items[i].transform + "(");
    if (items[i].argument > 0) Text(fmt::format("{}, ", items[i].argument));
    Name(items[i].column.text);
    if (!plain) Text(")");
  }
  Text(")");
}

void Printer::Print(const CreateTable& table) {
  Text(table.or_replace ? "CREATE OR REPLACE " : "CREATE ");
  Text(table.temporary ? "TEMPORARY TABLE " : "TABLE ");
  if (table.if_not_exists) Text("IF NOT EXISTS ");
  Name(table.name);
  if (!table.column_names.empty()) {
    Text(" (");
    Names(table.column_names);
    Text(")");
  }
  bool first = true;
  auto element = [&]() { Text(std::exchange(first, false) ? " (\n  " : ",\n  "); };
  for (const ColumnDefinition& column : table.columns) {
    element();
    Print(column);
  }
  for (const WatermarkDefinition& watermark : table.watermarks) {
    element();
    Watermark(watermark);
  }
  for (const PrimaryKey& key : table.primary_keys) {
    element();
    Key(key);
  }
  if (!first) Text("\n)");
  if (table.comment) {
    Text("\nCOMMENT ");
    String(*table.comment);
  }
  if (table.distribution) {
    Text("\nDISTRIBUTED");
    Distributed(*table.distribution);
  }
  if (!table.provider.empty()) {
    Text("\nUSING ");
    Name(table.provider);
  }
  if (!table.partitioned_by.empty()) {
    Text("\n");
    Partitions(table.partitioned_by);
  }
  if (!table.options.empty()) {
    Text("\nWITH ");
    Options(table.options, /*lines=*/true);
  }
  if (table.like) {
    Text("\nLIKE ");
    Name(table.like->source);
    if (!table.like->options.empty()) Text(" (");
    for (std::size_t i = 0; i < table.like->options.size(); ++i) {
      if (i > 0) Text(" ");
      Text(table.like->options[i].mode + " " + table.like->options[i].feature);
    }
    if (!table.like->options.empty()) Text(")");
  }
  if (table.as_query) {
    Text("\nAS ");
    Print(*table.as_query);
  }
}

void Printer::Action(const RenameTable& action) {
  Text("RENAME TO ");
  Name(action.to);
}
void Printer::Action(const RenameColumn& action) {
  Text("RENAME ");
  Names(action.from, ".");
  Text(" TO ");
  Name(action.to.text);
}
void Printer::Action(const SetOptions& action) {
  Text("SET ");
  Options(action.options, /*lines=*/false);
}
void Printer::Action(const ResetOptions& action) {
  Text("RESET ");
  Keys(action.keys);
}
void Printer::Action(const ChangeSchema& action) {
  Text(action.modify ? "MODIFY " : "ADD ");
  if (action.distribution) {
    Text("DISTRIBUTION");
    return Distributed(*action.distribution);
  }
  Text("(");
  bool first = true;
  auto comma = [&]() {
    if (!std::exchange(first, false)) Text(", ");
  };
  for (const PlacedColumn& column : action.columns) {
    comma();
    Print(column.column);
    if (column.placement.first) Text(" FIRST");
    if (column.placement.after.text.empty()) continue;
    Text(" AFTER ");
    Name(column.placement.after.text);
  }
  if (action.watermark) {
    comma();
    Watermark(*action.watermark);
  }
  if (action.primary_key) {
    comma();
    Key(*action.primary_key);
  }
  Text(")");
}
void Printer::Action(const DropColumns& action) {
  Text("DROP (");
  for (std::size_t i = 0; i < action.columns.size(); ++i) {
    if (i > 0) Text(", ");
    Names(action.columns[i], ".");
  }
  Text(")");
}
void Printer::Action(const DropPrimaryKey&) {
  Text("DROP PRIMARY KEY");
}
void Printer::Action(const DropConstraint& action) {
  Text("DROP CONSTRAINT ");
  Name(action.name.text);
}
void Printer::Action(const DropWatermark&) {
  Text("DROP WATERMARK");
}
void Printer::Action(const DropDistribution&) {
  Text("DROP DISTRIBUTION");
}

void Printer::Node(const AlterTable& node) {
  Text(node.if_exists ? "ALTER TABLE IF EXISTS " : "ALTER TABLE ");
  Name(node.name);
  Text(" ");
  std::visit([&](const auto& action) { Action(action); }, node.action);
}

// ---- other definitions ----

void Printer::Node(const CreateView& node) {
  Text(node.or_replace ? "CREATE OR REPLACE " : "CREATE ");
  Text(node.temporary ? "TEMPORARY VIEW " : "VIEW ");
  if (node.if_not_exists) Text("IF NOT EXISTS ");
  Name(node.name);
  if (!node.columns.empty()) {
    Text(" (");
    Names(node.columns);
    Text(")");
  }
  Comment(node.comment);
  Text(" AS ");
  Print(node.query);
}

void Printer::Node(const CreateCatalog& node) {
  Text(node.if_not_exists ? "CREATE CATALOG IF NOT EXISTS " : "CREATE CATALOG ");
  Name(node.name.text);
  Comment(node.comment);
  if (node.options.empty()) return;
  Text(" WITH ");
  Options(node.options, /*lines=*/true);
}

void Printer::Node(const CreateDatabase& node) {
  Text(node.if_not_exists ? "CREATE DATABASE IF NOT EXISTS " : "CREATE DATABASE ");
  Name(node.name);
  Comment(node.comment);
  if (node.options.empty()) return;
  Text(" WITH ");
  Options(node.options, /*lines=*/true);
}

void Printer::Node(const CreateFunction& node) {
  Text(node.temporary ? "CREATE TEMPORARY " : "CREATE ");
  Text(node.system ? "SYSTEM FUNCTION " : "FUNCTION ");
  if (node.if_not_exists) Text("IF NOT EXISTS ");
  Name(node.name);
  Text(" AS ");
  String(node.class_name);
  if (!node.language.empty()) Text(" LANGUAGE " + node.language);
  for (std::size_t i = 0; i < node.jars.size(); ++i) {
    Text(i > 0 ? ", JAR " : " USING JAR ");
    String(node.jars[i]);
  }
}

void Printer::Node(const Drop& node) {
  Text(node.temporary ? "DROP TEMPORARY " : "DROP ");
  if (node.system) Text("SYSTEM ");
  Text(KindText(node.kind));
  if (node.if_exists) Text("IF EXISTS ");
  Name(node.name);
  if (node.cascade) Text(" CASCADE");
}

void Printer::Node(const AlterOptions& node) {
  Text("ALTER ");
  Text(KindText(node.kind));
  Name(node.name);
  if (node.comment) return Comment(node.comment);
  if (!node.reset.empty()) {
    Text(" RESET ");
    return Keys(node.reset);
  }
  Text(" SET ");
  Options(node.set, /*lines=*/false);
}

void Printer::Node(const AlterView& node) {
  Text("ALTER VIEW ");
  Name(node.name);
  if (node.rename_to) {
    Text(" RENAME TO ");
    return Name(*node.rename_to);
  }
  Text(" AS ");
  Print(*node.as_query);
}

void Printer::Node(const Show& node) {
  Text("SHOW ");
  if (node.full) Text("FULL ");
  if (node.user) Text("USER ");
  Text(ShowText(node.kind));
  if (!node.in.parts.empty()) {
    bool object = node.kind == ShowKind::kPartitions || node.kind >= ShowKind::kCreateTable;
    Text(object ? " " : " FROM ");
    Name(node.in);
  }
  if (!node.like) return;
  Text(node.negated ? " NOT" : "");
  Text(node.case_insensitive ? " ILIKE " : " LIKE ");
  String(*node.like);
}

void Printer::Node(const Describe& node) {
  Text("DESCRIBE ");
  if (node.kind != ObjectKind::kTable) Text(KindText(node.kind));
  if (node.extended) Text("EXTENDED ");
  Name(node.name);
}
void Printer::Node(const DescribeJob& node) {
  Text("DESCRIBE JOB ");
  String(node.job_id);
}
void Printer::Node(const Use& node) {
  Text(node.catalog ? "USE CATALOG " : "USE ");
  Name(node.name);
}
void Printer::Node(const Set& node) {
  Text("SET");
  if (!node.option) return;
  Text(" ");
  String(node.option->key);
  Text(" = ");
  String(node.option->value);
}
void Printer::Node(const Reset& node) {
  Text("RESET");
  if (node.key.empty()) return;
  Text(" ");
  String(node.key);
}

// ---- rows and jobs ----

void Printer::Node(const QueryStatement& node) {
  Print(node.query);
}

void Printer::Node(const Insert& node) {
  Text(node.overwrite ? "INSERT OVERWRITE " : "INSERT INTO ");
  Name(node.table);
  PrintHints(node.hints);
  if (!node.partition.empty()) {
    Text(" PARTITION (");
    Assignments(node.partition);
    Text(")");
  }
  if (!node.columns.empty()) {
    Text(" (");
    Names(node.columns);
    Text(")");
  }
  Text(" ");
  Print(node.query);
  if (node.on_conflict) Text(" ON CONFLICT DO " + node.on_conflict->action);
}

void Printer::Node(const StatementSet& node) {
  Text("EXECUTE STATEMENT SET BEGIN\n");
  for (const Insert& insert : node.inserts) {
    Node(insert);
    Text(";\n");
  }
  Text("END");
}

void Printer::Node(const Explain& node) {
  Text("EXPLAIN ");
  std::string details;
  auto detail = [&](bool wanted, std::string_view word) {
    if (!wanted) return;
    if (!details.empty()) details += ", ";
    details += word;
  };
  detail(node.estimated_cost, "ESTIMATED_COST");
  detail(node.changelog_mode, "CHANGELOG_MODE");
  detail(node.json_execution_plan, "JSON_EXECUTION_PLAN");
  detail(node.plan_advice, "PLAN_ADVICE");
  if (!details.empty()) Text(details + " ");
  Print(*node.statement);
}

void Printer::Node(const StopJob& node) {
  Text("STOP JOB ");
  String(node.job_id);
  if (node.with_savepoint) Text(" WITH SAVEPOINT");
  if (node.with_drain) Text(" WITH DRAIN");
}

void Printer::Assignments(const std::vector<std::pair<Identifier, Expression>>& assignments) {
  for (std::size_t i = 0; i < assignments.size(); ++i) {
    if (i > 0) Text(", ");
    Name(assignments[i].first.text);
    Text(" = ");
    Print(assignments[i].second);
  }
}

void Printer::Node(const Delete& node) {
  Text("DELETE FROM ");
  Name(node.table);
  if (!node.where) return;
  Text(" WHERE ");
  Print(*node.where);
}

void Printer::Node(const Update& node) {
  Text("UPDATE ");
  Name(node.table);
  Text(" SET ");
  Assignments(node.assignments);
  if (!node.where) return;
  Text(" WHERE ");
  Print(*node.where);
}

void Printer::Node(const Merge& node) {
  Text("MERGE INTO ");
  Name(node.table);
  if (!node.alias.text.empty()) {
    Text(" AS ");
    Name(node.alias.text);
  }
  Text(" USING ");
  Print(node.source);
  Text(" ON ");
  Print(node.on);
  for (const MergeClause& clause : node.clauses) {
    Text(clause.matched ? " WHEN MATCHED" : clause.by_source ? " WHEN NOT MATCHED BY SOURCE" : " WHEN NOT MATCHED");
    if (clause.condition) {
      Text(" AND ");
      Print(*clause.condition);
    }
    switch (clause.action) {
      case MergeClause::Action::kDelete: Text(" THEN DELETE"); break;
      case MergeClause::Action::kUpdate:
        Text(clause.star ? " THEN UPDATE SET *" : " THEN UPDATE SET ");
        Assignments(clause.assignments);
        break;
      case MergeClause::Action::kInsert:
        Text(clause.star ? " THEN INSERT *" : " THEN INSERT ");
        if (clause.star) break;
        if (!clause.columns.empty()) {
          Text("(");
          Names(clause.columns);
          Text(") ");
        }
        Text("VALUES (");
        List(clause.values);
        Text(")");
        break;
    }
  }
}

void Printer::Node(const Truncate& node) {
  Text("TRUNCATE TABLE ");
  Name(node.table);
}
void Printer::Node(const CallProcedure& node) {
  Text("CALL ");
  PrintCall(node.call);
}
void Printer::Node(const Jar& node) {
  Text(node.remove ? "REMOVE JAR " : "ADD JAR ");
  String(node.path);
}
void Printer::Node(const Module& node) {
  Text(node.action == Module::Action::kUse    ? "USE MODULES "
       : node.action == Module::Action::kLoad ? "LOAD MODULE "
                                              : "UNLOAD MODULE ");
  Names(node.names);
  if (node.options.empty()) return;
  Text(" WITH ");
  Options(node.options, /*lines=*/false);
}
void Printer::Node(const ShellCommand& node) {
  Text(node.word);
}

std::string ToSql(const Statement& statement) {
  Printer printer;
  printer.Print(statement);
  return std::move(printer).Take();
}

std::string ToShownSql(const Statement& statement) {
  Printer printer;
  printer.HideSecrets();
  printer.Print(statement);
  return std::move(printer).Take();
}

}  // namespace floe::sql::dialect
