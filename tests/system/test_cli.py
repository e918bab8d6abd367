# SPDX-License-Identifier: Apache-2.0
"""The command line: nouns and verbs, output formats, errors and exit codes."""
import csv
import io
import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import tempfile
import time
import unittest

from floe_node import FLOE, Node, floe, wait_for


class StandaloneTest(unittest.TestCase):
    """Without a running node the commands carry one inside themselves."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.data = ["--data", self.temporary.name + "/data"]

    def tearDown(self):
        self.temporary.cleanup()

    def test_topics(self):
        floe("topic", "create", "clicks", "--partitions", "3", *self.data)
        self.assertIn("already", floe("topic", "create", "clicks", *self.data, expect=1))
        floe("produce", "clicks", "-K", ":", *self.data, stdin="a:1\nb:2\n")
        records = [json.loads(line) for line in floe("consume", "clicks", "--json", *self.data).splitlines()]
        self.assertEqual(sorted((r["key"], r["value"]) for r in records), [("a", "1"), ("b", "2")])
        topics = json.loads(floe("topic", "list", "--json", *self.data))
        self.assertEqual([(t["name"], t["partitions"], t["records"]) for t in topics], [("clicks", 3, 2)])
        self.assertIn("Did you mean 'clicks'?", floe("topic", "show", "click", *self.data, expect=4))
        floe("topic", "delete", "clicks", *self.data)
        self.assertEqual(json.loads(floe("topic", "list", "--json", *self.data)), [])

    def test_produce_refuses_a_bad_line_and_keeps_those_before_it(self):
        floe("topic", "create", "t", *self.data)
        text = floe("produce", "t", "-K", ":", *self.data, stdin="a:1\nb:2\nno separator\n", expect=1)
        self.assertIn("line 3 of the input has no key separator ':': no separator", text)
        self.assertIn("2 records were written to 't'", text)
        self.assertEqual(floe("consume", "t", *self.data), "1\n2\n")
        done = subprocess.run([FLOE, "produce", "t", *self.data], input=b"good\n\xff\xfe\n", capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"line 2 of the input is not UTF-8", done.stderr)

    def test_numbers_of_the_command_line_are_checked(self):
        self.assertIn("--partitions 0: 1 is the least", floe("topic", "create", "t", "--partitions", "0", *self.data, expect=2))
        self.assertIn("--partitions -1: 1 is the least", floe("topic", "create", "t", "--partitions=-1", *self.data, expect=2))
        floe("topic", "create", "t", *self.data)
        self.assertIn("retention.ms", floe("topic", "alter", "t", "--config", "retention.ms=soon", *self.data, expect=2))
        self.assertIn("nothing to alter of topic 't'", floe("topic", "alter", "t", *self.data, expect=2))
        floe("topic", "alter", "t", "--config", "retention.ms=1000", *self.data)
        floe("produce", "t", *self.data, stdin="x\ny\n")
        for limit in ("0", "-5"):
            self.assertIn(f"--limit {limit}: 1 is the least", floe("consume", "t", "-n", limit, *self.data, expect=2))
        self.assertEqual(floe("consume", "t", "-n", "1", *self.data), "x\n")
        self.assertIn("--partition -1: 0 is the least", floe("consume", "t", "-p", "-1", *self.data, expect=2))
        self.assertIn("garbage", floe("consume", "t", "--from", "garbage", *self.data, expect=2))
        self.assertIn("--header 'bad' is not KEY=VALUE", floe("produce", "t", "-H", "bad", *self.data, stdin="", expect=2))

    def test_formats(self):
        sql = ["sql", *self.data, "-e", "SELECT * FROM (VALUES (1, 'a', TRUE), (2, CAST(NULL AS STRING), FALSE)) AS t (n, s, b) ORDER BY n"]
        self.assertEqual(floe(*sql, "--format", "csv"), "n,s,b\n1,a,true\n2,,false\n")
        self.assertEqual(json.loads(floe(*sql, "--format", "json")), [{"n": 1, "s": "a", "b": True}, {"n": 2, "s": None, "b": False}])
        self.assertEqual(floe(*sql, "--format", "ndjson").splitlines()[0], '{"n":1,"s":"a","b":true}')
        self.assertIn("| n |", floe(*sql))
        self.assertIn("| 1 | a", floe(*sql, "--format", "markdown"))

    def test_statements_without_rows_answer_in_the_format(self):
        def run(form, statement):
            return floe("sql", *self.data, "--format", form, "-e", statement)

        explain = "EXPLAIN SELECT 1 AS one"
        plan = json.loads(run("json", explain))[0]["result"]
        self.assertIn("one", plan)
        self.assertEqual(json.loads(run("ndjson", explain)), {"result": plan})
        self.assertEqual(next(csv.DictReader(io.StringIO(run("csv", explain)))), {"result": plan})
        self.assertIn("| result", run("markdown", explain))
        run("csv", "CREATE DATABASE iceberg.d; CREATE TABLE iceberg.d.t (n INT)")
        self.assertEqual(run("csv", "CREATE TABLE nowhere (n BIGINT) WITH ('connector' = 'blackhole')"), "")
        self.assertEqual(json.loads(run("json", "INSERT INTO iceberg.d.t VALUES (1), (2)")), [{"rows written": 2}])
        self.assertEqual(run("csv", "INSERT INTO iceberg.d.t VALUES (3)"), "rows written\n1\n")
        run("csv", "CREATE TABLE many (n BIGINT) WITH ('connector' = 'datagen')")
        job = json.loads(run("json", "INSERT INTO nowhere SELECT n FROM many"))
        self.assertEqual([j["id"] for j in json.loads(floe("job", "list", "--json", *self.data))], [job[0]["job id"]])

    def test_iceberg_tables_are_made_filled_changed_and_joined(self):
        script = (
            "CREATE DATABASE iceberg.lab;\n"
            "CREATE TABLE iceberg.lab.ev (id BIGINT, name STRING, ts TIMESTAMP(6)) PARTITIONED BY (day(ts), bucket(id, 4));\n"
            "INSERT INTO iceberg.lab.ev VALUES (1, 'a', TIMESTAMP '2026-01-01 10:00:00'), (2, 'b', TIMESTAMP '2026-01-02 11:00:00');\n"
            "ALTER TABLE iceberg.lab.ev ADD extra INT;\n"
            "INSERT INTO iceberg.lab.ev VALUES (3, 'a', TIMESTAMP '2026-01-03 11:00:00', 7);\n"
            "CREATE TABLE iceberg.lab.agg AS SELECT name, COUNT(*) AS n FROM iceberg.lab.ev GROUP BY name;\n")
        floe("sql", *self.data, "-f", "-", stdin=script)
        query = "SELECT e.id, e.extra, a.n FROM iceberg.lab.ev e JOIN iceberg.lab.agg a ON e.name = a.name ORDER BY e.id"
        self.assertEqual(floe("sql", *self.data, "--format", "csv", "-e", query), "id,extra,n\n1,,2\n2,,1\n3,7,2\n")
        self.assertEqual(floe("sql", *self.data, "--format", "csv", "-e", "SELECT COUNT(*) AS n FROM iceberg.lab.`ev$snapshots`"), "n\n2\n")

    def test_an_iceberg_table_is_made_again_from_what_is_shown(self):
        floe("sql", *self.data, "-e", "CREATE DATABASE iceberg.lab; CREATE TABLE iceberg.lab.p (id BIGINT, city STRING, ts TIMESTAMP(6), PRIMARY KEY (id) NOT ENFORCED) "
                                      "PARTITIONED BY (bucket(4, id), truncate(city, 2), hour(ts)) WITH ('owner' = 'me')")
        rows = floe("sql", *self.data, "--format", "ndjson", "-e", "SHOW CREATE TABLE iceberg.lab.p")
        shown = json.loads(rows.splitlines()[0])["result"]
        self.assertIn("PARTITIONED BY (bucket(4, `id`), truncate(2, `city`), hour(`ts`))", shown)
        before = floe("table", "show", *self.data, "lab.p")
        floe("sql", *self.data, "-f", "-", stdin="DROP TABLE iceberg.lab.p;\n" + shown + ";\n")
        self.assertEqual(self.facts(floe("table", "show", *self.data, "lab.p")), self.facts(before))

    @staticmethod
    def facts(shown):
        return [line for line in shown.splitlines() if not line.startswith(("location", "metadata-location", "table-uuid"))]

    def test_time_travel_in_a_named_zone(self):
        zone = "SET 'table.local-time-zone' = 'Asia/Kolkata'; "
        floe("sql", *self.data, "-e", "CREATE DATABASE iceberg.lab; CREATE TABLE iceberg.lab.v (a INT); INSERT INTO iceberg.lab.v VALUES (1)")
        for time, count in [("CURRENT_TIMESTAMP + INTERVAL '1' HOUR", "1"), ("LOCALTIMESTAMP + INTERVAL '1' HOUR", "1")]:
            self.assertIn(f"n\n{count}\n", floe("sql", *self.data, "--format", "csv", "-e", zone + f"SELECT COUNT(*) AS n FROM iceberg.lab.v FOR TIMESTAMP AS OF {time}"))
        for time in ["CURRENT_TIMESTAMP - INTERVAL '1' HOUR", "LOCALTIMESTAMP - INTERVAL '1' HOUR", "TO_TIMESTAMP_LTZ(0, 3)"]:
            self.assertIn("has no snapshot as old as", floe("sql", *self.data, "-e", zone + f"SELECT * FROM iceberg.lab.v FOR TIMESTAMP AS OF {time}", expect=1))

    def test_a_script_runs_again(self):
        script = pathlib.Path(self.temporary.name, "again.sql")
        text = ("CREATE DATABASE IF NOT EXISTS iceberg.lab;\n"
                "CREATE TABLE iceberg.lab.w (id BIGINT, name VARCHAR(9), ts TIMESTAMP(3)) PARTITIONED BY (day(ts)) WITH ('format-version' = '2');\n")
        script.write_text(text)
        floe("run", str(script), *self.data)
        floe("run", str(script), *self.data)
        self.assertIn("write CREATE TABLE IF NOT EXISTS to keep it, or DROP TABLE it first", floe("sql", *self.data, "-f", str(script), expect=1))
        script.write_text(text.replace("day(ts)", "hour(ts)"))
        self.assertIn("floe run takes a CREATE TABLE again only", floe("run", str(script), *self.data, expect=1))

    def test_secrets_are_not_shown(self):
        floe("sql", *self.data, "-e", "CREATE TABLE w (a INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://h/db?password=hush', 'table-name' = 't', 'password' = 'hush')")
        for text in [floe("sql", *self.data, "-e", "SHOW CREATE TABLE w"), floe("table", "show", *self.data, "w"), floe("table", "show", *self.data, "w", "--json")]:
            self.assertIn("******", text)
            self.assertNotIn("hush", text)

    def test_duckdb_reads_iceberg_tables_by_their_full_name(self):
        floe("sql", *self.data, "-e", "CREATE DATABASE iceberg.lab; CREATE TABLE iceberg.lab.pets (id BIGINT, seen TIMESTAMP_LTZ(6)); "
                                      "INSERT INTO iceberg.lab.pets VALUES (1, TO_TIMESTAMP_LTZ(0, 3)), (2, TO_TIMESTAMP_LTZ(1000, 3))")
        dialect = "SET 'table.local-time-zone' = 'Asia/Kolkata'; SET 'sql.dialect' = 'duckdb'; "
        self.assertIn("3,1970-01-01 05:30:00.000000", floe("sql", *self.data, "--format", "csv", "-e", dialect + "FROM iceberg.lab.pets SELECT sum(id) AS s, min(seen) AS seen"))
        self.assertIn("there is no table iceberg.lab.dogs", floe("sql", *self.data, "-e", dialect + "FROM iceberg.lab.dogs", expect=1))
        self.assertIn("only queries go to DuckDB", floe("sql", *self.data, "-e", dialect + "COPY (SELECT 1) TO '/tmp/never'", expect=1))

    def test_iceberg_columns_keep_their_values_when_renamed_and_moved(self):
        script = (
            "CREATE DATABASE iceberg.moves;\n"
            "CREATE TABLE iceberg.moves.t (id BIGINT NOT NULL, s STRING) PARTITIONED BY (truncate(s, 1));\n"
            "INSERT INTO iceberg.moves.t VALUES (1, 'x'), (2, 'y');\n"
            "ALTER TABLE iceberg.moves.t RENAME s TO str;\n"
            "ALTER TABLE iceberg.moves.t ADD (a INT FIRST, b STRING AFTER id);\n"
            "INSERT INTO iceberg.moves.t VALUES (7, 3, 'b', 'z');\n"
            "ALTER TABLE iceberg.moves.t MODIFY id BIGINT AFTER str;\n")
        floe("sql", *self.data, "-f", "-", stdin=script)
        query = "SELECT * FROM iceberg.moves.t ORDER BY id"
        self.assertEqual(floe("sql", *self.data, "--format", "csv", "-e", query), "a,b,str,id\n,,x,1\n,,y,2\n7,b,z,3\n")
        text = floe("sql", *self.data, "-e", "ALTER TABLE iceberg.moves.t MODIFY a INT NOT NULL", expect=1)
        self.assertIn("cannot become NOT NULL", text)

    def test_errors_show_the_place(self):
        text = floe("sql", *self.data, "-e", "SELECT nme FROM (VALUES ('a')) AS t (name)", expect=1)
        self.assertIn("line 1, column 8", text)
        self.assertIn("name", text)
        self.assertIn("^", text)
        self.assertIn("kafka", floe("sql", *self.data, "-e", "CREATE TABLE t (a INT) WITH ('connector' = 'kafak')", expect=1))

    def test_a_bounded_script_ends_with_0_and_counts(self):
        script = pathlib.Path(self.temporary.name, "copy.sql")
        script.write_text(
            "CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '1000', 'rows-per-second' = '1000000',\n"
            "  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '1000');\n"
            "CREATE TABLE nowhere (n BIGINT) WITH ('connector' = 'blackhole');\n"
            "INSERT INTO nowhere SELECT n FROM numbers WHERE n > 10;\n")
        text = floe("run", str(script), *self.data)
        self.assertIn("1,000 records in", text)
        self.assertIn("10 filtered", text)
        self.assertIn("`nowhere`: 1,000 rows in, 990 rows out (10 filtered, 0 late, 0 dead-lettered)", text)

    def test_run_counts_per_sink(self):
        script = pathlib.Path(self.temporary.name, "set.sql")
        script.write_text(
            "CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '1000', 'rows-per-second' = '1000000',\n"
            "  'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '1000');\n"
            "CREATE TABLE a (i BIGINT) WITH ('connector' = 'blackhole');\n"
            "CREATE TABLE b (i BIGINT) WITH ('connector' = 'blackhole');\n"
            "CREATE TABLE iceberg.`default`.c (i BIGINT);\n"
            "INSERT INTO iceberg.`default`.c VALUES (1), (2);\n"
            "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT i FROM n WHERE i > 10; INSERT INTO b SELECT i FROM n WHERE i <= 10; END;\n"
            "INSERT INTO a SELECT i FROM n;\n")
        lines = [json.loads(line) for line in floe("run", str(script), "--json", *self.data).splitlines()]
        self.assertEqual(lines[0], {"message": "2 rows written."})
        self.assertEqual([set(line) for line in lines[1:]], [{"job"}, {"job"}])
        figures = [{s["name"]: (s["rows_in"], s["rows_out"], s["filtered"], s["late"], s["dead_lettered"]) for s in line["job"]["sinks"]} for line in lines[1:]]
        a, b = (f"`default_catalog`.`default_database`.`{name}`" for name in "ab")
        self.assertEqual(figures, [{a: (1000, 990, 10, 0, 0), b: (1000, 10, 990, 0, 0)}, {a: (1000, 1000, 0, 0, 0)}])

    def test_what_show_answers(self):
        csv = ["--format", "csv"]
        functions = floe("sql", *self.data, *csv, "-e", "SHOW FUNCTIONS").splitlines()
        self.assertIn("SUBSTRING", functions)
        self.assertIn("COUNT", functions)
        self.assertEqual(floe("sql", *self.data, *csv, "-e", "SHOW FUNCTIONS LIKE 'SUBSTRIN%'"), "function name\nSUBSTRING\n")
        self.assertEqual(floe("sql", *self.data, *csv, "-e", "SHOW MODULES"), "module name\ncore\n")
        floe("sql", *self.data, "-e", "CREATE DATABASE iceberg.s; CREATE TABLE iceberg.s.t (id INT NOT NULL, city STRING) PARTITIONED BY (city);\n"
             "CREATE TABLE named (id INT, city STRING) WITH ('connector' = 'iceberg', 'catalog-database' = 's', 'catalog-table' = 't');\n"
             "INSERT INTO iceberg.s.t VALUES (1, 'Oslo'), (2, 'Rome'), (3, 'Oslo')")
        for table in ("iceberg.s.t", "named"):
            self.assertEqual(floe("sql", *self.data, *csv, "-e", f"SHOW PARTITIONS {table}"),
                             "partition name,record_count,file_count\ncity=Oslo,2,1\ncity=Rome,1,1\n")
            shown = json.loads(floe("table", "show", table, "--json", *self.data))
            self.assertIn("/warehouse/s/t/metadata/", shown["metadata-location"])
            self.assertEqual((shown["partitioned-by"], shown["sort-order"]), (["city"], []))
        self.assertEqual([c["nullable"] for c in json.loads(floe("table", "show", "s.t", "--json", *self.data))["columns"]], [False, True])

    def test_errors_of_running_queries_are_in_our_words(self):
        text = floe("sql", *self.data, "-e", "SELECT CAST(n * 3000000000 AS INT) FROM (VALUES (1)) AS t (n)", expect=1)
        self.assertTrue(text.endswith("\nerror: 3000000000 is out of range for INT\n"), text)

    def test_an_error_in_a_script_names_file_and_line(self):
        script = pathlib.Path(self.temporary.name, "wrong.sql")
        script.write_text("SET 'pipeline.name' = 'b';\nSELECT 1 +;\n")
        text = floe("run", str(script), *self.data, expect=1)
        self.assertIn("wrong.sql", text)
        self.assertIn("line 2", text)

    def test_check_finds_a_flipped_bit(self):
        floe("topic", "create", "t", *self.data)
        floe("produce", "t", *self.data, stdin="".join(f"{i}\n" for i in range(1000)))
        floe("check", *self.data)
        segment = next(pathlib.Path(self.temporary.name, "data/log").rglob("*.log"))
        content = bytearray(segment.read_bytes())
        content[100] ^= 1
        segment.write_bytes(content)
        text = floe("check", *self.data, expect=1)
        self.assertIn("BAD", text)
        self.assertIn("byte 0", text)
        # No reader hands out what the disk has changed.
        self.assertIn("damaged", floe("consume", "t", *self.data, expect=1))
        text = floe("sql", *self.data, "-e", "CREATE TABLE t (v STRING) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'raw', "
                    "'scan.startup.mode' = 'earliest-offset')", "-e", "SELECT COUNT(*) FROM t", expect=1)
        self.assertIn("topic 't' partition 0 at offset 0", text)

    def test_check_reads_table_files(self):
        floe("sql", *self.data, "-e", "CREATE DATABASE iceberg.c; CREATE TABLE iceberg.c.t (id BIGINT, s STRING, d DOUBLE, a ARRAY<INT>);\n"
             "INSERT INTO iceberg.c.t VALUES (1, 'one', 1.5, ARRAY[1,2]), (2, 'two', 2.5, CAST(NULL AS ARRAY<INT>)), (3, CAST(NULL AS STRING), 3.5, ARRAY[3])")
        self.assertIn("c.t: 1 files, 3 rows, 1 snapshots", floe("check", *self.data))
        file = next(pathlib.Path(self.temporary.name, "data/warehouse").rglob("*.parquet"))
        content = file.read_bytes()
        for at in range(3, len(content), len(content) // 12):
            file.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1:])
            text = floe("check", *self.data, expect=1)
            self.assertIn(f"{file}: its bytes from 0 to {len(content) - 1} are not those that were written", text)
        file.write_bytes(content)
        floe("check", *self.data)
        file.unlink()
        self.assertIn("No such file", floe("check", *self.data, expect=1))

    def test_versions_and_help(self):
        self.assertIn("DuckDB", floe("version"))
        self.assertEqual(floe("--version"), floe("version"))
        self.assertEqual(floe("-V"), floe("version"))
        self.assertIn("floe demo weather", floe("--help"))
        self.assertIn("Usage", floe("topic", "--help"))
        self.assertIn("Did you mean 'topic'?", floe("topci", expect=2))
        self.assertIn("Did you mean 'list'?", floe("topic", "lst", expect=2))
        self.assertIn("Did you mean '--data'?", floe("serve", "--dta", "x", expect=2))
        self.assertIn("Exit codes", floe())
        self.assertIn("create", floe("topic", expect=2))
        floe("sql", *self.data, "--format", "xml", "-e", "SELECT 1", expect=2)

    def test_a_reader_that_leaves_early_ends_it_quietly(self):
        floe("sql", *self.data, "-e", "SELECT 1")
        query = "SELECT n FROM src"
        create = "CREATE TABLE src (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '300000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '300000', 'rows-per-second' = '10000000')"
        sql = subprocess.Popen([FLOE, "sql", *self.data, "--format", "csv", "-e", create, "-e", query], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(sql.stdout.readline(), b"n\n")
        sql.stdout.close()
        self.assertEqual(sql.stderr.read(), b"")
        self.assertEqual(sql.wait(timeout=60), 130)
        sql.stderr.close()

    def test_a_directory_is_not_made_without_a_word(self):
        text = floe("sql", *self.data, "-e", "SELECT n FROM nope", expect=1)
        self.assertIn(f"note: there was no data directory '{self.data[1]}'; this makes it\n", text)
        self.assertNotIn("note:", floe("sql", *self.data, "-e", "SELECT n FROM nope", expect=1))

    def test_the_table_show_that_misses_names_where_there_is_one(self):
        floe("sql", *self.data, "-e", "CREATE TABLE iceberg.`default`.raw (n INT)")
        self.assertIn("there is iceberg.default.raw", floe("table", "show", "raw", *self.data, expect=4))
        self.assertNotIn("there is iceberg", floe("table", "show", "row", *self.data, expect=4))

    def test_exit_codes_tell_usage_work_and_absence_apart(self):
        serve = ["serve", *self.data, "--ports", "auto"]
        self.assertIn("listen.kafka", floe(*serve, "--listen", "kafka=127.0.0.1", expect=2))
        self.assertIn("ports.offset", floe("serve", *self.data, "--port-offset", "99999", expect=2))
        for routes, word in [("[{path: /x, topic: t, fieds: []}]", "fields"), ("[{path: /x, topic: t, fields: [{name: a, type: strin}]}]", "strin")]:
            self.assertIn(word, floe(*serve, "--set", "ingest.routes=" + routes, expect=2))
        self.assertIn("/proc/x", floe("serve", "--data", "/proc/x", "--ports", "auto", expect=1))
        self.assertIn("no table or view default_catalog.default_database.shop", self.script_error("SELECT * FROM shop;\n"))
        self.assertIn("Connection refused", floe("sql", *self.data, "-e",
                      "CREATE TABLE pg (n INT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/db', 'table-name' = 't');"
                      "SET 'execution.runtime-mode' = 'batch'; SELECT n FROM pg", expect=1))

    def script_error(self, text):
        """The same exit code whichever command runs it."""
        script = pathlib.Path(self.temporary.name, "script.sql")
        script.write_text(text)
        floe("sql", "-f", str(script), *self.data, expect=1)
        return floe("run", str(script), *self.data, expect=1)

    def test_commands_that_only_look_make_no_directory(self):
        for command in (["topic", "list"], ["job", "list"], ["table", "list"], ["consume", "t"]):
            self.assertIn("there is no data directory", floe(*command, *self.data, expect=4))
        self.assertFalse(pathlib.Path(self.data[1]).exists())

    def test_consume_from_beyond_the_end_says_what_there_is(self):
        floe("topic", "create", "t", "--partitions", "2", *self.data)
        floe("produce", "t", "-K", ":", *self.data, stdin="a:x\na:y\n")
        partition = str(json.loads(floe("consume", "t", "--json", *self.data).splitlines()[0])["partition"])
        self.assertEqual(floe("consume", "t", "--from", "1", *self.data), "y\n")
        self.assertEqual(floe("consume", "t", "--from", "2", *self.data), "")  # the end: all is read
        text = floe("consume", "t", "--from", "3", "-p", partition, *self.data, expect=1)
        self.assertIn(f"topic 't' has no offset 3: partition {partition} ends at 2", text)
        text = floe("consume", "t", "--from", "3", "--follow", *self.data, expect=1)
        self.assertIn("partition 0 ends at", text)
        self.assertIn("partition 1 ends at", text)

    def test_flags_take_one_value(self):
        floe("topic", "create", "--config", "retention.ms=1000", "t", *self.data)
        floe("produce", "-H", "a=b", "t", *self.data, stdin="x\n")
        record = json.loads(floe("consume", "t", "--json", *self.data))
        self.assertEqual(record["headers"], [{"key": "a", "value": "b"}])

    def test_tables_are_not_cut(self):
        floe("sql", *self.data, "-e", "CREATE TABLE a_table_with_a_long_name_for_once (n INT) WITH ('connector' = 'blackhole')")
        text = floe("sql", *self.data, "-e", "SHOW CREATE TABLE a_table_with_a_long_name_for_once")
        self.assertIn("`default_catalog`.`default_database`.`a_table_with_a_long_name_for_once`", text)
        self.assertIn("'connector' = 'blackhole'", text)

    def test_a_table_without_versions_refuses_time_travel(self):
        floe("sql", *self.data, "-e", "CREATE TABLE live (k STRING, PRIMARY KEY (k) NOT ENFORCED)")
        text = floe("sql", *self.data, "-e", "SELECT COUNT(*) FROM live FOR VERSION AS OF 1", expect=1)
        self.assertIn("keeps no versions", text)

    def test_altered_options_are_checked(self):
        floe("sql", *self.data, "-e", "CREATE TABLE t (n INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json')")
        self.assertIn("scan.startup.mode", floe("sql", *self.data, "-e", "ALTER TABLE t SET ('scan.startup.mod' = 'latest-offset')", expect=1))
        floe("sql", *self.data, "-e", "ALTER TABLE t SET ('scan.startup.mode' = 'latest-offset')")

    def test_settings_are_checked(self):
        for statement, expected in [("SET 'execution.runtime-mod' = 'streaming'", "Did you mean 'execution.runtime-mode'?"),
                                    ("SET 'execution.runtime-mode' = 'foo'", "use one of streaming, batch"),
                                    ("SET 'execution.checkpointing.interval' = 'abc'", "execution.checkpointing.interval"),
                                    ("SET 'table.local-time-zone' = 'Nope'", "no time zone"),
                                    ("SET 'foo.bar' = '1'", "there is no setting 'foo.bar'")]:
            self.assertIn(expected, floe("sql", *self.data, "-e", statement, expect=1))
        floe("sql", *self.data, "-e", "SET 'parallelism.default' = '2'; SET 'table.local-time-zone' = 'Europe/Berlin'")

    def test_a_script_file_names_file_and_line(self):
        script = pathlib.Path(self.temporary.name, "wrong.sql")
        script.write_text("SELECT 1;\n\nSELECT 2,\n  nosuch;\n")
        text = floe("sql", *self.data, "-f", str(script), expect=1)
        self.assertIn("wrong.sql: error: at line 4, column 3", text)


class Shell:
    """floe sql on a terminal."""

    def __init__(self, home, *arguments):
        self.terminal, inside = pty.openpty()
        environment = {**os.environ, "HOME": str(home), "TERM": "xterm", "NO_COLOR": "1"}
        self.process = subprocess.Popen([FLOE, "sql", *arguments], stdin=inside, stdout=inside, stderr=inside, env=environment, start_new_session=True)
        os.close(inside)
        self.seen = ""
        self.answer_of("floe> ")

    def answer_of(self, end):
        """What came until `end`, which ends it."""
        deadline = time.monotonic() + 60
        while end not in self.seen:
            if not select.select([self.terminal], [], [], deadline - time.monotonic())[0]:
                raise AssertionError(f"no {end!r} in {self.seen!r}")
            self.seen += os.read(self.terminal, 65536).decode()
        before, self.seen = self.seen.split(end, 1)
        return before.replace("\r\n", "\n")

    def type(self, keys, prompt="floe> "):
        os.write(self.terminal, keys.encode())
        return self.answer_of(prompt)

    def close(self):
        os.write(self.terminal, b"QUIT\n")
        code = self.process.wait(timeout=60)
        os.close(self.terminal)
        return code


class ShellTest(unittest.TestCase):
    UP = "\x10"

    def test_statements_of_several_lines_come_back_as_they_were(self):
        with tempfile.TemporaryDirectory() as home:
            data = ["--data", home + "/data", "--format", "csv"]
            shell = Shell(home, *data)
            shell.type("SELECT 'x\n", "-> ")
            shell.type("y' AS s, -- note\n", "-> ")
            self.assertIn('s,two\n"x\ny",2\n', shell.type("2 AS two;\n"))
            self.assertIn('s,two\n"x\ny",2\n', shell.type(self.UP + "\n"))
            self.assertEqual(shell.close(), 0)
            shell = Shell(home, *data)
            self.assertIn('s,two\n"x\ny",2\n', shell.type(self.UP + "\n"))
            shell.close()

    def test_it_goes_on_when_the_node_started_again(self):
        with tempfile.TemporaryDirectory() as home, Node() as node:
            shell = Shell(home, "--data", str(node.directory), "--format", "csv")
            shell.type("SET 'table.local-time-zone' = 'Asia/Kolkata';\n")
            self.assertEqual(node.stop(), 0)
            self.assertIn("is 'floe serve' running?", shell.type("SELECT 1 AS one;\n"))
            node.start()
            text = shell.type("SELECT 1 AS one;\n")
            self.assertIn("without the SETs, the USE and the temporary objects", text)
            self.assertIn("one\n1\n", shell.type(self.UP + "\n"))
            self.assertEqual(shell.close(), 0)


class BesideANodeTest(unittest.TestCase):
    def test_commands_find_the_running_node(self):
        with Node() as node:
            data = ["--data", str(node.directory)]
            floe("topic", "create", "a", *data)
            self.assertEqual(floe("sql", *data, "-e", "SELECT 1 + 1 AS two", "--format", "csv"), "two\n2\n")
            self.assertEqual(floe("sql", "--connect", "http://" + node.addresses["console"], "-e", "SELECT 1 AS one", "--format", "csv"), "one\n1\n")
            self.assertIn("does not answer", floe("sql", "--connect", "http://127.0.0.1:1", "-e", "SELECT 1", expect=3))

    def test_errors_of_a_submitted_script_show_the_place(self):
        with Node() as node, tempfile.TemporaryDirectory() as directory:
            data = ["--data", str(node.directory)]
            script = pathlib.Path(directory, "job.sql")
            script.write_text("CREATE TABLE src (k STRING) WITH ('connector' = 'datagen');\nCREATE TABLE out (k STRING) WITH ('connector' = 'blackhole');\nINSERT INTO out\n  SELECT kk FROM src;\n")
            text = floe("job", "submit", str(script), *data, expect=1)
            self.assertIn("job.sql: error: at line 4, column 10: ", text)
            self.assertIn("4 |   SELECT kk FROM src;\n    |          ^", text)
            script.write_text("CREATE TABLE a (k STRING) WITH ('connector' = 'blackhole');\nINSERT INTO a SELECT k FROM nope;\n")
            self.assertIn("job.sql: error: at line 2, column 29: ", floe("job", "submit", str(script), *data, expect=1))
            script.write_text("SELECT 1;\n")
            self.assertIn("error: the script holds no continuous INSERT", floe("job", "submit", str(script), *data, expect=1))

    def test_print_tables_of_a_job_in_the_node_are_told_of(self):
        with Node() as node, tempfile.TemporaryDirectory() as directory:
            script = pathlib.Path(directory, "print.sql")
            script.write_text(
                "CREATE TABLE IF NOT EXISTS n (i BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '3', 'fields.i.kind' = 'sequence', 'fields.i.start' = '771', 'fields.i.end' = '773');\n"
                "CREATE TABLE IF NOT EXISTS p (i BIGINT) WITH ('connector' = 'print');\n"
                "INSERT INTO p SELECT i FROM n;\n")
            done = subprocess.run([FLOE, "run", str(script), "--data", str(node.directory)], capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"this runs in the node at http://{node.addresses['console']}; what 'print' tables print goes to that node's output", done.stderr)
            self.assertIn("+I[773]", node.read_log())
            self.assertNotIn("this runs in the node", floe("run", str(script), "--data", directory + "/alone"))

    def test_produce_sends_what_a_slow_writer_wrote(self):
        with Node() as node:
            data = ["--data", str(node.directory)]
            floe("topic", "create", "t", "--partitions", "3", *data)

            def values():
                return sorted(record["value"] for record in map(json.loads, floe("consume", "t", "--json", *data).splitlines()))

            producer = subprocess.Popen([FLOE, "produce", "t", "-K", ":", *data], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
            producer.stdin.write(b"a:1\n")
            producer.stdin.flush()
            wait_for("the first record", lambda: values() == ["1"])
            producer.stdin.write(b"b:2\n")
            producer.stdin.flush()
            producer.send_signal(signal.SIGINT)
            self.assertEqual(producer.wait(timeout=60), 130)
            self.assertEqual(producer.stderr.read(), b"2 records written to 't'.\n")
            producer.stdin.close()
            producer.stderr.close()
            self.assertEqual(values(), ["1", "2"])

    def test_jobs_come_back_after_a_restart(self):
        node = Node()
        try:
            node.start()
            script = node.directory.parent / (node.directory.name + ".sql")
            script.write_text(
                "CREATE TABLE src (k STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'src', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');\n"
                "CREATE TABLE totals (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'realtime');\n"
                "INSERT INTO totals SELECT k, SUM(CAST(n AS BIGINT)) FROM src GROUP BY k;\n")
            floe("topic", "create", "src", "--data", str(node.directory))
            floe("job", "submit", str(script), "--name", "totals", "--data", str(node.directory))
            floe("produce", "src", "--data", str(node.directory), stdin='{"k": "a", "n": 1}\n{"k": "a", "n": 2}\n')
            wait_for("sum", lambda: node.query("SELECT n FROM totals") == [[3]])
            self.assertEqual(node.stop(), 0)
            node.start()
            floe("produce", "src", "--data", str(node.directory), stdin='{"k": "a", "n": 4}\n')
            wait_for("sum after restart", lambda: node.query("SELECT n FROM totals") == [[7]])
            jobs = json.loads(floe("job", "list", "--json", "--data", str(node.directory)))
            self.assertEqual([(j["name"], j["state"]) for j in jobs], [("totals", "RUNNING")])
            floe("job", "stop", "totals", "--data", str(node.directory))
            script.unlink()
        finally:
            node.close()


if __name__ == "__main__":
    unittest.main()
