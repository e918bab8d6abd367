# SPDX-License-Identifier: Apache-2.0
"""The weather pipeline as the requirement describes it, on the real program."""
import json
import os
import random
import unittest

from floe_node import ROOT, Node, floe, wait_for

SCRIPT = (ROOT / "examples/weather/weather.sql").read_text()
CITIES = ["San Francisco", "New York", "Los Angeles", "Chicago", "Houston", "Phoenix", "Seattle", "Denver", "Miami", "Boston"]
BAD = ['{"city": "Boston", "temp', 'not json', '[1, 2]']


def produce(node, lines):
    body = "".join(json.dumps({"value": line}) + "\n" for line in lines).encode()
    status, answer = node.http("console", "/api/v1/topics/weather/records", "POST", body, {"Content-Type": "application/json"})
    if status != 200:
        raise AssertionError(f"{status} {answer}")


def event(rng):
    return json.dumps({"city": rng.choice(CITIES), "temperature": f"{rng.randrange(12001) / 100:.2f}", "ts": "2026-01-08-14"})


class WeatherTest(unittest.TestCase):
    def test_events_become_rows_and_averages_and_bad_ones_dead_letters(self):
        rng = random.Random(1)
        with Node() as node:
            job = node.submit(SCRIPT, "weather")
            for city in CITIES:
                self.assertEqual(node.log_event(city, "50.5")[0], 200)
            produce(node, [event(rng) for _ in range(500)] + BAD)
            wait_for("all records read", lambda: node.job(job)["records_in"] >= 513)
            node.api("POST", f"/api/v1/jobs/{job}/stop", {"drain": True})

            ended = node.job(job)
            self.assertEqual(ended["records_in"], 513)
            rows = node.query("SELECT COUNT(*) FROM iceberg.`default`.weather")[0][0]
            dead = len(floe("consume", "weather.dlq", "--json", "--data", str(node.directory)).splitlines())
            windowed, late = node.query("SELECT CAST(SUM(record_count) AS BIGINT) FROM weather")[0][0], ended["late"]
            self.assertEqual(dead, len(BAD))
            self.assertEqual(rows + dead, 513)
            self.assertEqual(windowed + late + dead, 513)

            letters = [json.loads(line) for line in floe("consume", "weather.dlq", "--json", "--data", str(node.directory)).splitlines()]
            self.assertEqual(sorted(letter["value"] for letter in letters), sorted(BAD))
            headers = {header["key"]: header["value"] for header in letters[0]["headers"]}
            self.assertEqual(headers["floe.source.topic"], "weather")
            self.assertIn("floe.error.class", headers)

            points = json.loads(node.http("console", "/api/weather")[1])
            self.assertEqual(points["cities"][:10], CITIES)
            self.assertTrue(all(points["data"][city] for city in CITIES))
            self.assertEqual(sorted(points["data"]["Boston"][0]), ["temperature", "time"])

            text = floe("sql", "--data", str(node.directory), "--format", "csv", "-e", "SELECT COUNT(DISTINCT city) AS n FROM weather")
            self.assertEqual(text, "n\n10\n")
            shown = json.loads(floe("table", "show", "default.weather", "--json", "--data", str(node.directory)))
            self.assertTrue(shown["metadata-location"].endswith(".metadata.json"))

    def test_a_value_that_is_no_number_is_dead_lettered_by_the_cast(self):
        with Node() as node:
            job = node.submit(SCRIPT, "weather")
            produce(node, ['{"city": "Boston", "temperature": "warm"}', '{"city": "Boston", "temperature": "10"}'])
            wait_for("both read", lambda: node.job(job)["records_in"] >= 2)
            node.api("POST", f"/api/v1/jobs/{job}/stop", {"drain": True})
            self.assertEqual(node.query("SELECT COUNT(*) FROM iceberg.`default`.weather")[0][0], 2)
            self.assertEqual(node.query("SELECT avg_temperature, record_count FROM weather"), [[10.0, 1]])

    def test_pyiceberg_reads_what_was_committed(self):
        from pyiceberg.table import StaticTable
        rng = random.Random(2)
        with Node() as node:
            job = node.submit(SCRIPT, "weather")
            for _ in range(3):
                produce(node, [event(rng) for _ in range(100)])
                node.api("POST", f"/api/v1/jobs/{job}/checkpoint")
            wait_for("committed", lambda: node.query("SELECT COUNT(*) FROM iceberg.`default`.weather")[0][0] == 300)
            location = json.loads(floe("table", "show", "default.weather", "--json", "--data", str(node.directory)))["metadata-location"]
            rows = StaticTable.from_metadata(location).scan().to_arrow().to_pylist()
            ours = node.query("SELECT city, temperature FROM iceberg.`default`.weather")
            self.assertEqual(sorted((row["city"], row["temperature"]) for row in rows), sorted(map(tuple, ours)))


class KillTest(unittest.TestCase):
    """kill -9 at random moments: nothing acknowledged is missing, nothing is twice, the averages are DuckDB's."""

    def test_exactly_once(self):
        kills = int(os.environ.get("FLOE_TEST_KILLS", "4"))
        rng = random.Random(int(os.environ.get("FLOE_TEST_SEED", "7")))
        node = Node()
        try:
            node.start()
            script = SCRIPT.replace("SET 'pipeline.name'", "SET 'execution.checkpointing.interval' = '100 ms'; SET 'pipeline.name'")
            node.submit(script, "weather")
            sent = 0
            for _ in range(kills):
                for _ in range(rng.randrange(1, 6)):
                    count = rng.randrange(1, 300)
                    # A unique temperature per record: a duplicate shows.
                    produce(node, [json.dumps({"city": CITIES[i % 10], "temperature": f"{i / 100:.2f}", "ts": "t"}) for i in range(sent, sent + count)])
                    sent += count
                node.kill()
                node.start()
            job = node.api("GET", "/api/v1/jobs")["jobs"][0]["id"]
            wait_for("all records committed", lambda: node.query("SELECT COUNT(*) FROM iceberg.`default`.weather")[0][0] >= sent)
            node.api("POST", f"/api/v1/jobs/{job}/stop", {"drain": True})
            temperatures = [row[0] for row in node.query("SELECT temperature FROM iceberg.`default`.weather")]
            self.assertEqual(sorted(temperatures, key=float), [f"{i / 100:.2f}" for i in range(sent)])
            expected = node.query(
                "SELECT city, AVG(CAST(temperature AS DOUBLE)), window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE weather_events, "
                "DESCRIPTOR(event_time), INTERVAL '5' SECOND)) GROUP BY city, window_start, window_end")
            live = node.query("SELECT city, avg_temperature, window_start, record_count FROM weather")
            key = lambda row: (row[0], row[2])
            expected, live = sorted(expected, key=key), sorted(live, key=key)
            self.assertEqual([(r[0], r[2], r[3]) for r in live], [(r[0], r[2], r[3]) for r in expected])
            for ours, oracle in zip(live, expected):
                self.assertAlmostEqual(ours[1], oracle[1], places=6)
            self.assertEqual(node.job(job)["late"], 0)
        finally:
            if node.process.poll() is None:
                node.stop()
            floe("check", "--data", str(node.directory))
            node.close()


if __name__ == "__main__":
    unittest.main()
