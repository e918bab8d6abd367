# SPDX-License-Identifier: Apache-2.0
"""Jobs and queries of a node: names, failures, resumption, cancellation."""
import contextlib
import json
import os
import pathlib
import pty
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from floe_node import FLOE, Node, floe, wait_for

SOURCE = ("CREATE TABLE src (k STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'src', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');\n")
TOTALS = "CREATE TABLE totals (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'realtime');\n"
INSERT = "INSERT INTO totals SELECT k, SUM(CAST(n AS BIGINT)) FROM src GROUP BY k;\n"
LONG_QUERY = "SELECT sum(hash(a.range * b.range)) FROM range(1000000) a, range(1000000) b"


def produce(data, *records):
    floe("produce", "src", *data, stdin="".join(json.dumps(r) + "\n" for r in records))


def jobs(data):
    return {job["name"]: job for job in json.loads(floe("job", "list", "--json", *data))}


class NamesTest(unittest.TestCase):
    def test_a_name_belongs_to_one_live_job_and_its_tables_stay(self):
        with Node() as node, tempfile.TemporaryDirectory() as directory:
            data = ["--data", str(node.directory)]
            script = pathlib.Path(directory, "totals.sql")
            floe("topic", "create", "src", *data)
            floe("sql", *data, "-f", "-", stdin=SOURCE + TOTALS)
            script.write_text(INSERT)
            floe("job", "submit", str(script), *data, "--name", "totals")
            text = floe("job", "submit", str(script), *data, "--name", "totals", expect=1)
            self.assertIn("'totals' is RUNNING already", text)
            self.assertIn("floe job stop totals", text)
            self.assertIn("topic 'src' is used by job 'totals'", floe("topic", "delete", "src", *data, expect=1))
            for statement in ["DROP TABLE totals", "DROP TABLE src"]:
                text = floe("sql", *data, "-e", statement, expect=1)
                self.assertIn("used by job 'totals'", text)
            self.assertIn("only a stopped", floe("job", "resume", "totals", *data, expect=1))
            produce(data, {"k": "a", "n": 1})
            wait_for("sum", lambda: node.query("SELECT n FROM totals") == [[1]])
            self.assertIn("floe job resume totals", floe("job", "stop", "totals", *data))
            self.assertIn("floe job resume totals", floe("job", "submit", str(script), *data, "--name", "totals", expect=1))
            floe("job", "resume", "totals", *data)
            produce(data, {"k": "a", "n": 2})
            wait_for("sum", lambda: node.query("SELECT n FROM totals") == [[3]])
            floe("job", "stop", "totals", *data)
            floe("job", "remove", "totals", *data)
            self.assertEqual(jobs(data), {})
            floe("sql", *data, "-e", "DROP TABLE totals")

    def test_a_failed_job_keeps_its_counters_and_goes_on_when_it_is_mended(self):
        node = Node()
        try:
            node.start()
            data = ["--data", str(node.directory)]
            floe("topic", "create", "src", *data)
            floe("sql", *data, "-f", "-", stdin=SOURCE + TOTALS)
            node.submit(INSERT, "totals")
            produce(data, {"k": "a", "n": 1}, {"k": "a", "n": 2})
            wait_for("sum", lambda: node.query("SELECT n FROM totals") == [[3]])
            self.assertIn("is used by job 'totals'", floe("sql", *data, "-e", "ALTER TABLE src RENAME TO gone", expect=1))
            self.assertEqual(node.stop(), 0)
            self.rename_in_store(node, "src", "gone")  # as a damaged catalog: no statement takes it from a job
            node.start()
            wait_for("failure", lambda: jobs(data)["totals"]["state"] == "FAILED")
            self.assertEqual(jobs(data)["totals"]["records_in"], 2)
            self.assertIn("job failed", node.read_log())
            self.assertEqual(node.stop(), 0)
            node.start()
            self.assertEqual((jobs(data)["totals"]["state"], jobs(data)["totals"]["records_in"]), ("FAILED", 2))
            self.assertIn("src", floe("job", "resume", "totals", *data, expect=4))
            self.assertEqual(node.stop(), 0)
            self.rename_in_store(node, "gone", "src")
            node.start()
            self.assertIn("is FAILED", self.refused(node))
            floe("job", "resume", "totals", *data)
            produce(data, {"k": "a", "n": 4})
            wait_for("sum goes on", lambda: node.query("SELECT n FROM totals") == [[7]])
        finally:
            node.close()

    def rename_in_store(self, node, before, after):
        with contextlib.closing(sqlite3.connect(node.directory / "meta.db")) as store, store:
            self.assertEqual(store.execute("UPDATE sql_tables SET name = ? WHERE name = ?", (after, before)).rowcount, 1)

    def refused(self, node):
        status, body = node.http("console", "/api/v1/jobs", "POST", json.dumps({"script": INSERT, "name": "totals"}).encode(), {"Content-Type": "application/json"})
        self.assertGreaterEqual(status, 400)
        return body.decode()


class RunTest(unittest.TestCase):
    """floe run carries a node in itself; the same command goes on where an earlier one was ended."""

    def start(self, script, data):
        return subprocess.Popen([FLOE, "run", str(script), *data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_an_interrupted_run_goes_on_from_its_checkpoint(self):
        for how in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
            with self.subTest(how.name), tempfile.TemporaryDirectory() as directory:
                data = ["--data", directory + "/data"]
                output = pathlib.Path(directory, "out")
                script = pathlib.Path(directory, "copy.sql")
                script.write_text(
                    "CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '4000', 'rows-per-second' = '1000',\n"
                    "  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '4000');\n"
                    "SET 'execution.checkpointing.interval' = '100 ms';\n"
                    "INSERT INTO iceberg.`default`.copy SELECT n FROM numbers;\n")
                floe("sql", *data, "-f", "-", stdin="CREATE DATABASE IF NOT EXISTS iceberg.`default`; CREATE TABLE iceberg.`default`.copy (n BIGINT);")
                first = self.start(script, data)
                files = pathlib.Path(directory, "data/warehouse/default/copy/data")
                wait_for("the first commits", lambda: len(list(files.glob("**/*.parquet"))) >= 3)
                first.send_signal(how)
                out, err = first.communicate(timeout=60)
                if how != signal.SIGKILL:
                    self.assertEqual(first.returncode, 130, err)
                    self.assertIn("goes on from here", err)
                second = self.start(script, data)
                out, err = second.communicate(timeout=60)
                self.assertEqual(second.returncode, 0, err)
                self.assertIn("goes on from checkpoint", err)
                answer = floe("sql", *data, "--format", "csv", "-e", "SELECT COUNT(*) AS n, COUNT(DISTINCT n) AS d FROM iceberg.`default`.copy")
                self.assertEqual(answer, "n,d\n4000,4000\n")
                listed = json.loads(floe("job", "list", "--json", *data))
                self.assertEqual([job["state"] for job in listed], ["FINISHED"])


class DemoTest(unittest.TestCase):
    def test_on_a_terminal_and_twice(self):
        with tempfile.TemporaryDirectory() as directory:
            command = [FLOE, "demo", "weather", "--data", directory + "/demo", "--ports", "auto", "--rate", "50", "--seconds", "9"]
            master, terminal = pty.openpty()
            demo = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal)
            os.close(terminal)
            output = b""
            while True:
                try:
                    piece = os.read(master, 65536)
                except OSError:  # the other end is closed
                    break
                if not piece:
                    break
                output += piece
            os.close(master)
            self.assertEqual(demo.wait(timeout=60), 0, output.decode())
            self.assertIn(b"the sums agree", output)
            self.assertIn(b"Boston", output)
            # A second one would read the topic into the table again.
            self.assertIn("holds an earlier demo", floe(*command[1:], expect=1))


class CancelTest(unittest.TestCase):
    def cpu_seconds(self, node):
        text = node.http("console", "/metrics")[1].decode()
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith("process_cpu_seconds_total ")))

    def query(self, node, *more):
        return subprocess.Popen([FLOE, "sql", "--data", str(node.directory), "-e", "SET 'sql.dialect' = 'duckdb'", "-e", LONG_QUERY, *more],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def until_it_computes(self, node):
        before = self.cpu_seconds(node)
        wait_for("the query", lambda: self.cpu_seconds(node) > before + 0.5)

    def test_a_cancelled_query_frees_the_cores(self):
        with Node() as node:
            query = self.query(node)
            self.until_it_computes(node)
            query.send_signal(signal.SIGINT)
            self.assertEqual(query.wait(timeout=30), 130)
            query.communicate()

            def idle():
                before = self.cpu_seconds(node)
                time.sleep(0.5)  # the measured interval, not a synchronisation
                return self.cpu_seconds(node) - before < 0.2
            wait_for("idle cores", idle, 20)
            self.assertEqual(node.query("SELECT 42"), [[42]])

    def test_sigterm_does_not_wait_for_a_query(self):
        with Node() as node:
            query = self.query(node)
            self.until_it_computes(node)
            begin = time.monotonic()
            self.assertEqual(node.stop(), 0)
            self.assertLess(time.monotonic() - begin, 3 * float(os.environ.get("FLOE_TEST_SLOWNESS", "2")))
            query.communicate(timeout=30)


if __name__ == "__main__":
    unittest.main()
