// SPDX-License-Identifier: Apache-2.0
// The interactive SQL shell.
#pragma once

#include <atomic>

#include "cli/output.h"
#include "cli/statement_client.h"

namespace floe::cli {

/// Set by SIGINT while a command runs; the shell clears it before each statement.
std::atomic<bool>& InterruptFlag();
/// From now on Ctrl-C sets the flag instead of ending the process. A second Ctrl-C within two seconds of an unanswered
/// one ends it.
void CatchInterrupts();
/// SIGTERM does the same.
void CatchTermination();

/// A node counts from the statement's first character, the reader in the script: the error of the statement that begins
/// at `start`, as it stands there.
Error InScript(const Error& error, TextPosition start);

/// Prints the error of the statement that begins at `start` of `script` with line, column and a caret where it has a
/// place. `name` of the script, empty when it was typed.
void PrintStatementError(const std::string& name, const std::string& script, TextPosition start, const Error& error);

/// Runs each statement of `script` and stops at the first error, which is printed with line, column and a caret, and
/// with the script's `name` if it has one. Returns the exit code.
int RunScript(StatementClient& client, const std::string& script, OutputFormat format, const std::string& name);

/// Reads statements until EOF or QUIT: history in ~/.floe_history, several lines per statement, completion with Tab,
/// Ctrl-C drops the line or the query.
int RunShell(StatementClient& client, OutputFormat format, const std::string& where);

}  // namespace floe::cli
