// SPDX-License-Identifier: Apache-2.0
// CREATE TABLE and the parts that ALTER TABLE shares with it: columns, watermark, keys, partitions, LIKE.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sql/dialect/expression.h"
#include "sql/dialect/query.h"

namespace floe::sql::dialect {

struct PhysicalColumn {
  TypeName type;
  Box<Expression> default_value;  ///< DEFAULT expr (PostgreSQL's and Spark's; Flink has none)
  bool operator==(const PhysicalColumn&) const = default;
};

/// name TYPE METADATA [FROM 'key'] [VIRTUAL].
struct MetadataColumn {
  TypeName type;
  std::string key;  ///< empty: the column's name
  bool is_virtual = false;
  bool operator==(const MetadataColumn&) const = default;
};

/// name AS expression.
struct ComputedColumn {
  Expression expression;
  bool operator==(const ComputedColumn&) const = default;
};

struct ColumnDefinition {
  Identifier name;
  std::variant<PhysicalColumn, MetadataColumn, ComputedColumn> definition;
  std::optional<std::string> comment;
  bool primary_key = false;           ///< PRIMARY KEY behind the column
  bool primary_key_enforced = false;  ///< false after NOT ENFORCED; without it true, which Flink refuses
  Span span;
  bool operator==(const ColumnDefinition&) const = default;
};

/// WATERMARK FOR column AS expression.
struct WatermarkDefinition {
  std::vector<Identifier> column;  ///< a path: a or a.b
  Expression expression;
  Span span;
  bool operator==(const WatermarkDefinition&) const = default;
};

/// [CONSTRAINT name] PRIMARY KEY (columns) [NOT ENFORCED].
struct PrimaryKey {
  Identifier constraint;  ///< empty when not named
  std::vector<Identifier> columns;
  bool enforced = true;
  Span span;
  bool operator==(const PrimaryKey&) const = default;
};

/// DISTRIBUTED BY [HASH|RANGE] (columns) [INTO n BUCKETS], DISTRIBUTED INTO n BUCKETS.
struct Distribution {
  std::string kind;  ///< HASH, RANGE or empty
  std::vector<Identifier> columns;
  std::optional<std::int64_t> buckets;
  bool operator==(const Distribution&) const = default;
};

/// One PARTITIONED BY item: a column, or a transform (Spark: hours(ts), bucket(16, id); Trino: 'hour(ts)').
struct PartitionItem {
  std::string transform;  ///< identity, year, month, day, hour, bucket or truncate
  Identifier column;
  std::int64_t argument = 0;  ///< of bucket and truncate
  Span span;
  /// As Trino and connect::TableDefinition write it: "ts", "hour(ts)", "bucket(id, 16)".
  std::string ToString() const;
  bool operator==(const PartitionItem&) const = default;
};

/// LIKE source (INCLUDING ALL OVERWRITING OPTIONS EXCLUDING GENERATED ...).
struct LikeOption {
  std::string mode;     ///< INCLUDING, EXCLUDING or OVERWRITING
  std::string feature;  ///< ALL, CONSTRAINTS, DISTRIBUTION, GENERATED, METADATA, OPTIONS, PARTITIONS or WATERMARKS
  bool operator==(const LikeOption&) const = default;
};
struct TableLike {
  ObjectName source;
  std::vector<LikeOption> options;
  bool operator==(const TableLike&) const = default;
};

struct CreateTable {
  ObjectName name;
  bool or_replace = false;
  bool temporary = false;
  bool if_not_exists = false;
  std::vector<ColumnDefinition> columns;  ///< in written order
  std::vector<Identifier> column_names;  ///< CREATE TABLE t (a, b) AS ...: names without types, then `columns` is empty
  std::vector<WatermarkDefinition> watermarks;
  std::vector<PrimaryKey> primary_keys;  ///< out of line; more than one is the catalog's error
  std::optional<std::string> comment;
  std::optional<Distribution> distribution;
  std::vector<PartitionItem> partitioned_by;  ///< Trino's partitioning = ARRAY[...] lands here too
  std::string provider;                       ///< Spark's USING iceberg; empty in Flink's spelling
  std::vector<Option> options;                ///< WITH, and Spark's TBLPROPERTIES
  std::optional<TableLike> like;
  Box<Query> as_query;
  bool operator==(const CreateTable&) const = default;
};

// ---- ALTER TABLE: what is done, one struct each ----

struct RenameTable {
  ObjectName to;
  bool operator==(const RenameTable&) const = default;
};
struct RenameColumn {
  std::vector<Identifier> from;
  Identifier to;
  bool operator==(const RenameColumn&) const = default;
};
struct SetOptions {
  std::vector<Option> options;
  bool operator==(const SetOptions&) const = default;
};
struct ResetOptions {
  std::vector<OptionKey> keys;
  bool operator==(const ResetOptions&) const = default;
};
/// Where an added or modified column goes; neither: the end, or where it was.
struct ColumnPlacement {
  bool first = false;
  Identifier after;  ///< empty: none
  bool operator==(const ColumnPlacement&) const = default;
};
struct PlacedColumn {
  ColumnDefinition column;
  ColumnPlacement placement;
  bool operator==(const PlacedColumn&) const = default;
};
/// ADD or MODIFY of columns, a watermark, a key and a distribution, in any mix.
struct ChangeSchema {
  bool modify = false;
  std::vector<PlacedColumn> columns;
  std::optional<WatermarkDefinition> watermark;
  std::optional<PrimaryKey> primary_key;
  std::optional<Distribution> distribution;
  bool operator==(const ChangeSchema&) const = default;
};
struct DropColumns {
  std::vector<std::vector<Identifier>> columns;
  bool operator==(const DropColumns&) const = default;
};
struct DropPrimaryKey {
  bool operator==(const DropPrimaryKey&) const = default;
};
struct DropConstraint {
  Identifier name;
  bool operator==(const DropConstraint&) const = default;
};
struct DropWatermark {
  bool operator==(const DropWatermark&) const = default;
};
struct DropDistribution {
  bool operator==(const DropDistribution&) const = default;
};

struct AlterTable {
  ObjectName name;
  bool if_exists = false;
  std::variant<RenameTable, RenameColumn, SetOptions, ResetOptions, ChangeSchema, DropColumns, DropPrimaryKey,
               DropConstraint, DropWatermark, DropDistribution>
      action;
  bool operator==(const AlterTable&) const = default;
};

}  // namespace floe::sql::dialect
