# SPDX-License-Identifier: Apache-2.0
"""Life of a node: addresses, locks, versions, stopping, wrong settings."""
import json
import pathlib
import socket
import tempfile
import unittest

from floe_node import Node, floe, wait_for


class NodeTest(unittest.TestCase):
    def test_sigterm_ends_it_cleanly_and_takes_the_addresses_away(self):
        node = Node()
        try:
            node.start()
            self.assertEqual(sorted(node.addresses), ["console", "ingest", "kafka"])
            self.assertEqual(node.http("ingest", "/health"), (200, b'{"status":"healthy"}'))
            self.assertEqual(node.stop(), 0)
            self.assertFalse((node.directory / "addresses.json").exists())
        finally:
            node.close()

    def test_a_second_node_on_the_directory_is_refused_and_told_who_has_it(self):
        with Node() as node:
            text = floe("serve", "--data", str(node.directory), "--ports", "auto", expect=3)
            self.assertIn(f"in use by process {node.process.pid}", text)
            self.assertIn(node.addresses["console"], text)

    def test_a_directory_of_a_newer_version_is_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory, "floe.json").write_text('{"format": 999}')
            text = floe("serve", "--data", directory, "--ports", "auto", expect=1)
            self.assertIn("format 999", text)

    def test_a_moved_directory_with_tables_is_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            old, new = pathlib.Path(directory, "old"), pathlib.Path(directory, "new")
            floe("topic", "create", "t", "--data", str(old))
            old.rename(new)
            floe("topic", "list", "--data", str(new))
            floe("sql", "--data", str(new), "-e", "CREATE DATABASE iceberg.d; CREATE TABLE iceberg.d.t (n INT)")
            new.rename(old)
            text = floe("sql", "--data", str(old), "-e", "SELECT 1", expect=1)
            self.assertIn(f"was made at '{new}'", text)

    def test_a_port_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, tempfile.TemporaryDirectory() as directory:
            port = taken.getsockname()[1]
            text = floe("serve", "--data", directory, "--ports", "auto", "--listen", f"kafka=127.0.0.1:{port}", expect=1)
            self.assertIn(str(port), text)
            self.assertIn("kafka", text)

    def test_a_public_address_is_refused_without_authentication(self):
        with tempfile.TemporaryDirectory() as directory:
            text = floe("serve", "--data", directory, "--ports", "auto", "--listen", "console=0.0.0.0:0", expect=1)
            self.assertIn("0.0.0.0", text)
            self.assertIn("listen.public", text)

    def test_wrong_settings_are_usage_mistakes(self):
        with tempfile.TemporaryDirectory() as directory:
            floe("serve", "--data", directory, "--set", "log.level=blah", expect=2)
            file = pathlib.Path(directory, "floe.yaml")
            file.write_text("log:\n  level: [unclosed\n")
            self.assertRegex(floe("serve", "--data", directory, "-c", str(file), expect=2), r"floe.yaml:\d+:\d+: ")

    def test_unknown_settings_are_refused_with_the_nearest_one(self):
        text = floe("config", "show", "--set", "kafka.num-partition=3", expect=2)
        self.assertIn("Did you mean 'kafka.num-partitions'?", text)
        text = floe("config", "show", environment={"FLOE_LOG_LEVL": "debug"}, expect=2)
        self.assertIn("FLOE_LOG_LEVEL", text)

    def test_origins_of_settings(self):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory, "floe.yaml")
            file.write_text("kafka:\n  num-partitions: 3\n")
            text = floe("config", "show", "--origin", "-c", str(file), "--log-level", "debug", environment={"FLOE_PORTS_OFFSET": "7"})
            self.assertRegex(text, r"kafka.num-partitions = 3 +# .*floe.yaml:2")
            self.assertRegex(text, r"ports.offset = 7 +# environment FLOE_PORTS_OFFSET")
            self.assertRegex(text, r"log.level = debug +# flag")

    def test_metrics_and_json_logs(self):
        with Node(arguments=["--log-format", "json"]) as node:
            status, text = node.http("console", "/metrics")
            self.assertEqual(status, 200)
            self.assertIn(b"process_cpu_seconds_total", text)
            floe("topic", "create", "t", "--data", str(node.directory))
            floe("produce", "t", "--data", str(node.directory), stdin="a\nb\n")
            text = node.http("console", "/metrics")[1].decode()
            self.assertIn('floe_topic_log_end_offset{partition="0",topic="t"} 2', text)
            self.assertIn('floe_memory_reserved_bytes{component="live tables"} 0', text)
            node.http("console", "/no-such-page")
            for line in node.read_log().splitlines():
                self.assertIn("level", json.loads(line))




class ApiTest(unittest.TestCase):
    def test_bodies_of_another_shape_are_refused(self):
        with Node() as node:
            for method, path, body in (
                    ("POST", "/api/v1/topics", '{"name": "a", "partitions": "3"}'), ("POST", "/api/v1/topics", '{"name": "a", "partitions": 1.5}'),
                    ("POST", "/api/v1/topics", '{"name": "a", "partitions": 99999999999}'), ("POST", "/api/v1/topics", '{"name": 5}'),
                    ("POST", "/api/v1/topics", '{"name": "a", "config": 5}'), ("POST", "/api/v1/topics", "[]"), ("POST", "/api/v1/topics", "{"),
                    ("PUT", "/api/v1/topics/weather", '{"partitions": "5"}'), ("PUT", "/api/v1/topics/weather", '{"config": [1]}'),
                    ("POST", "/api/v1/jobs", '{"script": 5}'), ("POST", "/api/v1/jobs", '{"script": "SELECT 1", "name": 7}'),
                    ("POST", "/api/v1/query", '{"statement": null}'), ("POST", "/api/v1/query", "5")):
                status, answer = node.http("console", path, method, body.encode(), {"Content-Type": "application/json"})
                self.assertEqual(status, 400, (path, body, answer))
                self.assertEqual(json.loads(answer)["error"]["kind"], "invalid_input")
            deep = "[" * 100_000 + "]" * 100_000
            for path, body in (("/api/v1/topics/weather/records", f'{{"value": {deep}}}'), ("/api/v1/query", deep),
                               ("/api/v1/topics", f'{{"name": "a", "config": {{"a": {deep}}}}}')):
                status, answer = node.http("console", path, "POST", body.encode(), {"Content-Type": "application/json"})
                self.assertEqual(status, 400, (path, answer))
                self.assertIn("levels", json.loads(answer)["error"]["message"])
            self.assertEqual(node.http("console", "/api/v1/topics")[0], 200)


class TopicTest(unittest.TestCase):
    def test_a_topic_made_again_is_read_from_its_beginning(self):
        script = (
            "CREATE TABLE din (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'din', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');\n"
            "CREATE TABLE seen (id BIGINT, PRIMARY KEY (id) NOT ENFORCED);\n"
            "INSERT INTO seen SELECT id FROM din;\n")

        def produce(first, last):
            floe("produce", "din", "--data", str(node.directory), stdin="".join(f'{{"id":{i}}}\n' for i in range(first, last)))

        def seen(count):
            wait_for(f"{count} rows", lambda: node.query("SELECT COUNT(*) FROM seen")[0][0] == count)

        with Node() as node:
            node.submit(script, "din")
            produce(0, 300)
            seen(300)
            for begin, end, restart, count in ((1000, 1400, False, 700), (2000, 2300, True, 1000)):
                self.assertIn("used by job 'din'", floe("topic", "delete", "din", "--data", str(node.directory), expect=1))
                floe("topic", "delete", "din", "--force", "--data", str(node.directory))
                floe("topic", "create", "din", "--data", str(node.directory))
                if restart:
                    self.assertEqual(node.stop(), 0)  # with a checkpoint: the old topic's records are gone
                    node.start()
                produce(begin, end)
                seen(count)


if __name__ == "__main__":
    unittest.main()
