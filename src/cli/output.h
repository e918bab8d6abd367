// SPDX-License-Identifier: Apache-2.0
// Results on a terminal or for a machine: tableau, csv, json, ndjson, markdown.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace floe::cli {

enum class OutputFormat : std::uint8_t { kTable, kCsv, kJson, kNdjson, kMarkdown };
Result<OutputFormat> ParseOutputFormat(const std::string& text);

struct OutputColumn {
  std::string name;
  std::string type;  ///< Flink's, for alignment
};

/// Prints rows as they come; a table is printed whole at the end, or row by row when `live` (continuous queries): then
/// a rule and wider columns follow when a cell is too wide.
class RowPrinter {
 public:
  struct Options {
    OutputFormat format = OutputFormat::kTable;
    bool changelog = false;  ///< first column shows the row kind
    bool live = false;
    /// Of the terminal; 0: none, nothing is wrapped. Tables only: wide cells of several columns are wrapped to fit.
    std::size_t width = 0;
    std::FILE* out = stdout;
  };
  RowPrinter(std::vector<OutputColumn> columns, Options options);
  ~RowPrinter();
  /// One cell per column: null, boolean, number, string, or nested values. `op` is "+I", "-U", "+U" or "-D".
  void Add(const std::string& op, const nlohmann::ordered_json& row);
  /// Prints what is held back and the trailer line.
  void Finish();
  std::int64_t rows() const { return rows_; }

 private:
  void PrintHeader();
  void PrintTableRow(const std::vector<std::string>& cells);
  void PrintTableLine(const std::vector<std::string>& cells);
  /// Makes columns as wide as the row's cells, within the terminal; false when nothing had to change. For rows that
  /// are printed as they come.
  bool Widen(const std::vector<std::string>& cells);
  /// Narrows the widest columns until the table fits, never below a width that ids fit in.
  void FitWidths();
  std::vector<std::string> Cells(const std::string& op, const nlohmann::ordered_json& row) const;
  void Rule();

  std::vector<OutputColumn> columns_;
  Options options_;
  std::vector<std::size_t> widths_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> held_;
  bool header_printed_ = false;
  std::int64_t rows_ = 0;
};

/// Code points shown as one column each; wide East Asian characters and emoji count two, combining marks none.
std::size_t DisplayWidth(const std::string& text);

/// Columns of the terminal behind a stream, 0 when it is none.
std::size_t TerminalWidth(std::FILE* stream);

/// Whether colours may be used on this stream: a terminal, and NO_COLOR is not set.
bool UseColour(std::FILE* stream);

/// What to type in this directory to run this program: "floe" when the PATH finds it, else where it lies.
std::string CommandName();

}  // namespace floe::cli
