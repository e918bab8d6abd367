# SPDX-License-Identifier: Apache-2.0
"""HTTP in: the requirement's logging server, and NDJSON."""
import json
import re
import unittest

from floe_node import Node, floe


class IngestTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = Node().start()

    @classmethod
    def tearDownClass(cls):
        cls.node.close()

    def records(self, topic):
        text = floe("consume", topic, "--json", "--data", str(self.node.directory))
        return [json.loads(line) for line in text.splitlines()]

    def test_the_weather_route_answers_as_the_requirement_says(self):
        status, body = self.node.log_event("New York", "72.5")
        self.assertEqual(status, 200)
        answer = json.loads(body)
        self.assertEqual(answer["status"], "success")
        self.assertEqual(answer["message"], "Weather data logged")
        self.assertEqual(list(answer["data"]), ["city", "temperature", "ts"])
        self.assertEqual((answer["data"]["city"], answer["data"]["temperature"]), ("New York", "72.5"))
        self.assertRegex(answer["data"]["ts"], r"^\d{4}-\d\d-\d\d-\d\d$")
        last = self.records("weather")[-1]
        self.assertEqual(json.loads(last["value"]), answer["data"])
        self.assertEqual(last["key"], "New York")

    def test_bad_requests_say_why_and_write_nothing(self):
        before = len(self.records("weather"))
        for path in ("/log?city=Boston", "/log?temperature=1", "/log?city=&temperature=1", "/log?city=Boston&temperature=warm"):
            status, body = self.node.http("ingest", path)
            self.assertEqual(status // 100, 4, path)
            self.assertTrue(re.search(b"city|temperature", body), body)
        self.assertEqual(len(self.records("weather")), before)

    def test_ndjson_is_taken_whole_or_not_at_all(self):
        self.node.api("POST", "/api/v1/topics", {"name": "events", "partitions": 2})
        good = b'{"a": 1}\n{"a": 2}\n{"a": 9223372036854775807}\n'
        status, body = self.node.http("ingest", "/topics/events", "POST", good, {"Content-Type": "application/x-ndjson"})
        self.assertEqual(status, 200, body)
        self.assertEqual(sorted(json.loads(r["value"])["a"] for r in self.records("events")), [1, 2, 9223372036854775807])
        status, body = self.node.http("ingest", "/topics/events", "POST", b'{"a": 3}\n{"a": \n{"a": 5}\n', {"Content-Type": "application/x-ndjson"})
        self.assertEqual(status, 400, body)
        self.assertEqual(len(self.records("events")), 3)
        status, body = self.node.http("ingest", "/topics/events", "POST", b'[{"a": 4}, {"a": 5}]', {"Content-Type": "application/json"})
        self.assertEqual(status, 200, body)
        self.assertEqual(len(self.records("events")), 5)

    def test_an_unknown_topic_and_an_oversize_body(self):
        status, body = self.node.http("ingest", "/topics/nothing", "POST", b"{}", {"Content-Type": "application/json"})
        self.assertEqual(status, 404)
        self.assertIn(b"nothing", body)
        status, _ = self.node.http("ingest", "/topics/weather", "POST", b'"' + b"x" * (17 << 20) + b'"', {"Content-Type": "application/json"})
        self.assertEqual(status, 413)
        status, _ = self.node.http("ingest", "/topics/weather", "POST", b'{"a":' * 100000, {"Content-Type": "application/json"})
        self.assertEqual(status, 400)
        status, _ = self.node.http("ingest", "/topics/weather", "POST", b'{"a": "\xff\xfe"}', {"Content-Type": "application/json"})
        self.assertEqual(status, 400)


class DurableTest(unittest.TestCase):
    def test_what_was_answered_with_200_survives_kill_9(self):
        node = Node()
        try:
            node.start()
            for i in range(50):
                status, _ = node.log_event("Miami", str(i))
                self.assertEqual(status, 200)
            node.kill()
            node.start()
            text = floe("consume", "weather", "--data", str(node.directory))
            self.assertEqual([json.loads(line)["temperature"] for line in text.splitlines()], [str(i) for i in range(50)])
        finally:
            node.close()


if __name__ == "__main__":
    unittest.main()
