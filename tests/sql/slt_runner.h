// SPDX-License-Identifier: Apache-2.0
// Runs the directives of a file in one weather and says what differs.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slt_file.h"
#include "slt_session.h"

namespace floe::slt {

enum class Weather : std::uint8_t {
  kCalm,        ///< batches as they were fed, no kill but the file's own
  kOneRow,      ///< every batch has one row
  kKillAfter,   ///< the job dies after every barrier
  kKillBefore,  ///< the job dies before every barrier: work since the last one is done again
};
inline constexpr std::array kWeathers = {Weather::kCalm, Weather::kOneRow, Weather::kKillAfter, Weather::kKillBefore};
std::string Name(Weather weather);

/// One use. Changelogs are compared row by row when it is calm, and by what is left of them otherwise.
class Runner {
 public:
  Runner(Session& session, Weather weather);
  /// One message for each directive that fails; after a failed job the rest of the file is not run.
  std::vector<std::string> Run(const std::vector<Directive>& directives);
  /// Whether the file began a job: only then is other weather of interest.
  bool streamed() const { return streamed_; }

 private:
  using Expected = std::optional<std::string>;  ///< what is wrong
  Expected Dispatch(const Directive& directive);
  Expected OnStatement(const Directive& directive);
  Expected OnQuery(const Directive& directive);
  Expected OnFeed(const Directive& directive);
  Expected OnRandom(const Directive& directive);
  void Feed(FedTable& table, FedBatch batch);
  Expected OnStream(const Directive& directive);
  Expected OnChangelog(const Directive& directive);
  Expected OnBatch();
  Expected OnClock(const Directive& directive);
  Expected OnExplain(const Directive& directive);
  Expected OnLate(const Directive& directive);
  Expected OnCounters(const Directive& directive);
  Expected OnEnd();

  Expected StreamOf(const Directive& directive);
  Expected CheckRows(const Directive& directive, const Rows& rows, bool ordered) const;
  Status Start();
  Status Kill();
  Status Restart();
  Status RunUntilIdle();
  Status Barrier();
  Result<std::string> SinkName(const Directive& directive) const;
  /// The primary key's columns; what is left of an upsert changelog is the last row of each.
  std::vector<std::size_t> KeyOf(const std::string& sink) const;

  Session& session_;
  const Weather weather_;
  bool streamed_ = false;
  int jobs_ = 0;
  std::map<std::string, std::int64_t> random_now_;  ///< time of each table's last random row
  std::string sql_;
  sql::plan::Program program_;
  std::unique_ptr<stream::Task> task_;
  bool ended_ = false;
  std::map<std::string, std::size_t> seen_;              ///< rows of each sink that were compared
  std::map<std::string, std::vector<std::string>> log_;  ///< of each sink: all that was wanted of it
};

}  // namespace floe::slt
