// SPDX-License-Identifier: Apache-2.0
#include "cli/shell.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include <editline/readline.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/commands.h"
#include "sql/dialect/parser.h"

namespace floe::cli {
namespace {

extern "C" void OnInterrupt(int) {
  if (InterruptFlag().exchange(true)) ::_exit(130);
}

StatementClient* g_completing = nullptr;  // the shell's client; completion callbacks carry no context
std::vector<std::string>* g_words = nullptr;

char* NextWord(const char*, int state) {
  static std::size_t next;
  if (state == 0) next = 0;
  if (g_words == nullptr || next >= g_words->size()) return nullptr;
  return ::strdup((*g_words)[next++].c_str());
}

char** CompleteWord(const char* text, int, int) {
  std::string line(rl_line_buffer == nullptr ? text : rl_line_buffer, static_cast<std::size_t>(std::max(0, rl_point)));
  static std::vector<std::string> words;
  words = g_completing->Complete(line);
  g_words = &words;
  rl_attempted_completion_over = 1;
  return words.empty() ? nullptr : rl_completion_matches(text, NextWord);
}

std::string Trimmed(const std::string& text) {
  std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

/// What a statement without rows has to say; machines get it as a row, and no OKs.
void PrintOutcome(const StatementOutcome& outcome, OutputFormat format) {
  if (format == OutputFormat::kTable) {
    if (!outcome.job_id.empty()) fmt::print("Job ID: {}\n", outcome.job_id);
    if (!outcome.message.empty()) fmt::print("{}\n", outcome.message);
    return;
  }
  auto print = [format](const OutputColumn& column, const nlohmann::ordered_json& cell) {
    RowPrinter printer({column}, {.format = format});
    printer.Add("+I", nlohmann::ordered_json::array({cell}));
    printer.Finish();
  };
  if (!outcome.job_id.empty()) return print({"job id", "STRING"}, outcome.job_id);
  if (outcome.written) return print({"rows written", "BIGINT"}, *outcome.written);
  if (!outcome.message.empty() && !outcome.message.starts_with("OK"))
    print({"result", "STRING"}, Trimmed(outcome.message));
}

bool IsQuit(const std::string& text) {
  std::string word = Trimmed(text);
  while (!word.empty() && word.back() == ';') word.pop_back();
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  return word == "quit" || word == "exit" || word == "\\q";
}

constexpr const char* kHelp = R"(Statements end with ';'. Some to start with:
  SHOW TABLES;                         what is there
  DESCRIBE t;                          its columns
  SELECT * FROM t LIMIT 10;            a snapshot of now
  SET 'execution.runtime-mode' = 'streaming';   SELECT then goes on until Ctrl-C
  SET 'sql.dialect' = 'duckdb';        send queries to DuckDB as they are
  EXPLAIN SELECT ...;                  the plan
  INSERT INTO sink SELECT ...;         a continuous job; SHOW JOBS lists them
Tab completes, Ctrl-C cancels, QUIT leaves.)";

}  // namespace

std::atomic<bool>& InterruptFlag() {
  static std::atomic<bool> flag{false};
  return flag;
}

void CatchInterrupts() {
  struct sigaction action{};
  action.sa_handler = OnInterrupt;
  ::sigaction(SIGINT, &action, nullptr);
}

void CatchTermination() {
  struct sigaction action{};
  action.sa_handler = OnInterrupt;
  ::sigaction(SIGTERM, &action, nullptr);
}

Error InScript(const Error& error, TextPosition start) {
  auto at = error.position();
  if (!at) return error;
  std::int32_t column = at->line == 1 ? at->column + start.column - 1 : at->column;
  return Error(error.kind(), error.message()).WithPosition({at->line + start.line - 1, column});
}

void PrintStatementError(const std::string& name, const std::string& script, TextPosition start, const Error& error) {
  bool colour = UseColour(stderr);
  std::string text = error.ToString();
  std::string where = name.empty() ? "" : fmt::format("{}:{}: ", name, start.line);
  if (error.position()) {
    where = name.empty() ? "" : name + ": ";
    text = sql::dialect::RenderError(script, InScript(error, start));
    // The rendered text begins with the word itself.
    constexpr std::string_view kWord = "error ";
    if (text.starts_with(kWord)) text.erase(0, kWord.size());
  }
  fmt::print(stderr, "{}{}error:{} {}\n", where, colour ? "\x1b[1;31m" : "", colour ? "\x1b[0m" : "", text);
}

int RunScript(StatementClient& client, const std::string& script, OutputFormat format, const std::string& name) {
  for (const auto& statement : sql::dialect::SplitScript(script)) {
    InterruptFlag() = false;
    std::string text = script.substr(statement.span.offset, statement.span.length);
    auto outcome = client.Execute(text, format, stdout);
    if (!outcome) {
      if (outcome.error().kind() == ErrorKind::kCancelled) return 130;
      PrintStatementError(name, script, statement.span.position, outcome.error());
      return StatementExitCode(outcome.error());
    }
    PrintOutcome(*outcome, format);
  }
  return 0;
}

int RunShell(StatementClient& client, OutputFormat format, const std::string& where) {
  g_completing = &client;
  char name[] = "floe";
  rl_readline_name = name;
  rl_initialize();
  rl_attempted_completion_function = CompleteWord;
  // The word to complete is what stands behind these, as the session sees it.
  static char breaks[] = " \t\n(),.;`'\"=<>";
  rl_basic_word_break_characters = breaks;
  rl_completer_word_break_characters = breaks;
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  std::string history = home == nullptr ? "" : std::string(home) + "/.floe_history";
  using_history();
  stifle_history(5000);
  if (!history.empty()) read_history(history.c_str());
  fmt::print("Floe SQL on {}. HELP for help, QUIT to leave.\n", where);

  std::string pending;
  while (true) {
    InterruptFlag() = false;
    char* line = ::readline(pending.empty() ? "floe> " : "   -> ");
    if (line == nullptr) {
      // Ctrl-C inside readline ends the line, not the shell.
      if (InterruptFlag()) {
        pending.clear();
        fmt::print("\n");
        continue;
      }
      break;
    }
    pending += std::string(line) + "\n";
    ::free(line);
    if (Trimmed(pending).empty()) {
      pending.clear();
      continue;
    }
    if (IsQuit(pending)) break;
    std::string word = Trimmed(pending);
    if (word == "help" || word == "HELP" || word == "help;" || word == "HELP;" || word == "?") {
      fmt::print("{}\n", kHelp);
      pending.clear();
      continue;
    }
    auto statements = sql::dialect::SplitScript(pending);
    if (statements.empty() || !statements.back().complete) continue;
    std::string entry = Trimmed(pending);
    pending.clear();
    // Whole, with its line breaks: they end comments and may stand in literals. The file escapes them.
    add_history(entry.c_str());
    if (!history.empty()) write_history(history.c_str());
    int code = RunScript(client, entry, format, "");
    if (code == 130) fmt::print("\nCancelled.\n");
  }
  fmt::print("\n");
  return 0;
}

}  // namespace floe::cli
