// SPDX-License-Identifier: Apache-2.0
// Against a real PostgreSQL, started here on a free port in a directory of its own.
#include "connect/jdbc/jdbc.h"

#include <cstdlib>
#include <iostream>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect/connector_testing.h"
#include "connect/jdbc/postgres.h"

namespace floe::connect {
namespace {

using data::RowKind;
using data::Type;

TEST(JdbcUrlTest, Parts) {
  auto address = jdbc::ParseJdbcUrl(
      "jdbc:postgresql://db.example:7777/analytics?user=u&password=p&sslmode=require&currentSchema=s");
  ASSERT_OK(address);
  EXPECT_EQ(address->host, "db.example");
  EXPECT_EQ(address->port, "7777");
  EXPECT_EQ(address->database, "analytics");
  EXPECT_EQ(address->user, "u");
  EXPECT_EQ(address->ssl_mode, "require");
  EXPECT_EQ(address->schema, "s");
  EXPECT_EQ(jdbc::ParseJdbcUrl("jdbc:postgresql://[::1]:5433/d")->host, "::1");
  EXPECT_EQ(jdbc::ParseJdbcUrl("jdbc:postgresql:d")->host, "localhost");
  EXPECT_THAT(jdbc::ParseJdbcUrl("jdbc:mysql://h/d"), IsError(ErrorKind::kNotSupported));
  EXPECT_THAT(jdbc::ParseJdbcUrl("postgres://h/d"), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(jdbc::ParseJdbcUrl("jdbc:postgresql://h:1/"), IsError(ErrorKind::kInvalidInput));
  EXPECT_EQ(jdbc::QuoteName("s.we\"ird"), "\"s\".\"we\"\"ird\"");
}

int FreePort() {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

/// A server for the whole suite; `port` is 0 when PostgreSQL is not installed.
class Server {
 public:
  Server() {
    const std::string bin = "/usr/lib/postgresql/15/bin";
    if (!std::filesystem::exists(bin + "/initdb")) return;
    data_ = directory_.path / "data";
    std::filesystem::permissions(directory_.path, std::filesystem::perms::all);
    as_ = ::getuid() == 0 ? "runuser -u postgres -- " : "";
    int port_number = FreePort();
    std::string quiet = " > " + (directory_.path / "log").string() + " 2>&1";
    std::string options =
        "-p " + std::to_string(port_number) + " -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off";
    if (Run("cd / && " + as_ + bin + "/initdb -A trust -U postgres -D " + data_.string() + quiet) != 0) return;
    if (Run("cd / && " + as_ + bin + "/pg_ctl -w -D " + data_.string() + " -l " + (data_ / "server.log").string() +
            " -o '" + options + "' start" + quiet) != 0)
      return;
    stop_ = "cd / && " + as_ + bin + "/pg_ctl -m immediate -D " + data_.string() + " stop" + quiet;
    restart_ = "cd / && " + as_ + bin + "/pg_ctl -w -m fast -D " + data_.string() + " -l " +
               (data_ / "server.log").string() + " -o '" + options + "' restart" + quiet;
    port = port_number;
  }
  ~Server() {
    if (port != 0) Run(stop_);
  }
  void Restart() { EXPECT_EQ(Run(restart_), 0); }
  int port = 0;

 private:
  static int Run(const std::string& command) { return std::system(command.c_str()); }
  TestDirectory directory_;
  std::filesystem::path data_;
  std::string as_, stop_, restart_;
};

class JdbcTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new Server(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override {
    if (server_->port == 0) {
      std::cerr << "SKIPPED: PostgreSQL 15 is not installed or does not start; the jdbc connector is not tested\n";
      GTEST_SKIP();
    }
    auto address = jdbc::ParseJdbcUrl(Url());
    ASSERT_OK(address);
    address->user = "postgres";
    auto connection = jdbc::Postgres::Connect(*address);
    ASSERT_OK(connection);
    db_ = std::move(*connection);
    ASSERT_OK(
        db_->Execute("DROP TABLE IF EXISTS weather; CREATE TABLE weather (city VARCHAR(255) NOT NULL, avg_temperature "
                     "DOUBLE PRECISION, "
                     "window_start TIMESTAMP, n NUMERIC(10,2), raw BYTEA, at TIMESTAMPTZ, last_updated TIMESTAMP "
                     "DEFAULT CURRENT_TIMESTAMP, "
                     "PRIMARY KEY (city, window_start))"));
  }
  static std::string Url() { return "jdbc:postgresql://127.0.0.1:" + std::to_string(server_->port) + "/postgres"; }
  static TableDefinition Table(std::vector<std::string> key = {"city", "window_start"}) {
    TableDefinition table = TestTable(
        "jdbc",
        {{{"city", Type::String(), "", {}},
          {"avg_temperature", Type::Double(), "", {}},
          {"window_start", Type::Timestamp(3), "", {}},
          {"n", Type::Decimal(10, 2), "", {}},
          {"raw", Type::Bytes(), "", {}},
          {"at", Type::TimestampLtz(3), "", {}}}},
        {{"url", Url()}, {"table-name", "weather"}, {"username", "postgres"}, {"sink.buffer-flush.interval", "0"}});
    table.primary_key = std::move(key);
    return table;
  }
  Result<std::unique_ptr<Sink>> OpenSink(const TableDefinition& table) {
    SinkRequest request;
    request.table = table;
    request.input = table.physical;
    return connector_->OpenSink(std::move(request));
  }
  static std::vector<duckdb::Value> Row(const std::string& city, double average) {
    return {duckdb::Value(city),
            duckdb::Value(average),
            duckdb::Value::TIMESTAMP(duckdb::timestamp_t(1'767'880'805'123'000)),
            duckdb::Value::DECIMAL(std::int64_t{1250}, 10, 2),
            duckdb::Value::BLOB("\\x00\\xFF"),
            duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(1'767'880'805'000'000))};
  }
  std::string Query(const std::string& sql) {
    auto result = db_->Execute(sql);
    EXPECT_OK(result);
    std::string text;
    for (int row = 0; result && row < PQntuples(result->get()); ++row) {
      for (int column = 0; column < PQnfields(result->get()); ++column) {
        text += (column > 0 ? "|" : "") +
                std::string(PQgetisnull(result->get(), row, column) ? "NULL" : PQgetvalue(result->get(), row, column));
      }
      text += ";";
    }
    return text;
  }
  std::vector<std::string> Read(const TableDefinition& table, std::vector<int> columns) {
    TableScan scan(table, std::move(columns), bad_);
    auto source = connector_->OpenSource(std::move(scan.request));
    EXPECT_OK(source);
    if (!source) return {};
    Wakeups wakeups(**source);
    std::vector<std::string> rows;
    for (;;) {
      const int seen = wakeups.count();
      ReadAll part(**source, scan.types);
      rows.insert(rows.end(), part.rows.begin(), part.rows.end());
      if (part.end == PollStatus::kEndOfInput) break;
      // What happened before SetWakeup had nobody to tell, hence the limit.
      (void)wakeups.WaitBeyond(seen, std::chrono::milliseconds(50));
    }
    std::ranges::sort(rows);
    return rows;
  }

  static Server* server_;
  std::unique_ptr<jdbc::Postgres> db_;
  KeptBadRecords bad_;
  std::unique_ptr<Connector> connector_ = MakeJdbcConnector();
};

Server* JdbcTest::server_ = nullptr;

TEST_F(JdbcTest, UpsertsByPrimaryKeyAndDeletes) {
  TableDefinition table = Table();
  auto sink = OpenSink(table);
  ASSERT_OK(sink);
  ASSERT_OK((*sink)->Write(BatchOf(table.physical, {Row("Paris", 1), Row("Rome", 2), Row("Oslo", 3)})));
  EXPECT_EQ(Query("SELECT count(*) FROM weather"), "0;");
  ASSERT_OK((*sink)->Prepare(CheckpointId(1)));
  EXPECT_EQ(Query("SELECT city, avg_temperature, window_start, n, raw, at FROM weather WHERE city = 'Paris'"),
            "Paris|1|2026-01-08 14:00:05.123|12.50|\\x00ff|2026-01-08 14:00:05+00;");
  ASSERT_OK((*sink)->Write(
      BatchOf(table.physical, {Row("Paris", 1), Row("Paris", 9), Row("Rome", 2), Row("Oslo", 3), Row("Oslo", 4)},
              {RowKind::kUpdateBefore, RowKind::kUpdateAfter, RowKind::kDelete, RowKind::kDelete, RowKind::kInsert})));
  ASSERT_OK((*sink)->Prepare(CheckpointId(2)));
  EXPECT_EQ(Query("SELECT city, avg_temperature FROM weather ORDER BY city"), "Oslo|4;Paris|9;");
  EXPECT_EQ(Read(table, {0, 1, 2}),
            (std::vector<std::string>{"Oslo|4.0|2026-01-08 14:00:05.123", "Paris|9.0|2026-01-08 14:00:05.123"}));
  EXPECT_EQ(Read(table, {4, 5})[0], "\\x00\\xFF|2026-01-08 14:00:05+00");
}

TEST_F(JdbcTest, FlushesByCountAndSurvivesARestartOfTheServer) {
  TableDefinition table = Table();
  auto sink = OpenSink(table);
  ASSERT_OK(sink);
  std::vector<std::vector<duckdb::Value>> rows;
  for (int i = 0; i < 150; ++i) rows.push_back(Row("city " + std::to_string(i), i));
  ASSERT_OK((*sink)->Write(BatchOf(table.physical, rows)));
  EXPECT_EQ(Query("SELECT count(*) FROM weather"), "150;");
  server_->Restart();
  ASSERT_OK((*sink)->Write(BatchOf(table.physical, {Row("after", 1)})));
  ASSERT_OK((*sink)->Prepare(CheckpointId(1)));
  ASSERT_OK(db_->Reset());
  EXPECT_EQ(Query("SELECT count(*) FROM weather"), "151;");
}

TEST_F(JdbcTest, ErrorsNameTheFix) {
  TableDefinition table = Table();
  table.options["table-name"] = "nothing_here";
  auto missing = OpenSink(table);
  EXPECT_THAT(missing, IsError(ErrorKind::kNotFound));
  EXPECT_THAT(missing,
              HasErrorMessage("CREATE TABLE \"nothing_here\" (\"city\" text, \"avg_temperature\" double precision"));
  table = Table();
  table.physical.fields.push_back({"humidity", Type::Double(), "", {}});
  EXPECT_THAT(OpenSink(table), HasErrorMessage("ADD COLUMN \"humidity\" double precision"));
  table = Table();
  table.options["url"] = "jdbc:postgresql://127.0.0.1:" + std::to_string(FreePort()) + "/postgres";
  EXPECT_THAT(OpenSink(table), IsError(ErrorKind::kUnavailable));
  auto append = OpenSink(Table({}));
  ASSERT_OK(append);
  EXPECT_THAT((*append)->Write(BatchOf(Table().physical, {Row("a", 1)}, {RowKind::kDelete})),
              HasErrorMessage("PRIMARY KEY"));
}

}  // namespace
}  // namespace floe::connect
