# SPDX-License-Identifier: Apache-2.0
"""Consumer groups of jobs: offsets committed with the checkpoints, read at the start, shown to everybody."""
import json
import unittest

from floe_node import Node, floe, wait_for

SOURCE = """CREATE TABLE IF NOT EXISTS events (n INT) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json',
  'properties.group.id' = 'readers', 'properties.auto.offset.reset' = 'earliest');
"""
SCRIPT = SOURCE + """CREATE TABLE seen_{0} (n INT) WITH ('connector' = 'realtime');
INSERT INTO seen_{0} SELECT n FROM events;
"""


def produce(node, numbers):
    body = "".join(json.dumps({"value": json.dumps({"n": n})}) + "\n" for n in numbers).encode()
    status, answer = node.http("console", "/api/v1/topics/events/records", "POST", body, {"Content-Type": "application/json"})
    if status != 200:
        raise AssertionError(f"{status} {answer}")


def offsets(node):
    groups = [group["group"] for group in node.api("GET", "/api/v1/groups")["groups"]]
    if "readers" not in groups:
        return None
    return [(row["offset"], row["lag"]) for row in node.api("GET", "/api/v1/groups/readers")["offsets"]]


def seen(node, table):
    return sorted(row[0] for row in node.query(f"SELECT n FROM {table}"))


def remove(node, job):
    node.api("POST", f"/api/v1/jobs/{job}/stop", {})
    wait_for("the job's end", lambda: node.job(job)["state"] not in ("running", "stopping"))
    node.api("DELETE", f"/api/v1/jobs/{job}")


class GroupsTest(unittest.TestCase):
    def test_a_job_commits_with_its_checkpoints_and_the_next_one_continues_there(self):
        with Node() as node:
            node.api("POST", "/api/v1/topics", {"name": "events"})
            produce(node, range(10))
            first = node.submit(SCRIPT.format("first"), "first")
            wait_for("the offsets of the first ten", lambda: offsets(node) == [(10, 0)])
            self.assertEqual(seen(node, "seen_first"), list(range(10)))
            shown = json.loads(floe("group", "show", "readers", "--json", "--data", str(node.directory)))
            self.assertEqual(shown["offsets"], [{"topic": "events", "partition": 0, "offset": 10, "end": 10, "lag": 0}])
            remove(node, first)

            produce(node, range(10, 15))
            self.assertEqual(offsets(node), [(10, 5)])
            node.kill()
            node.start()
            self.assertEqual(offsets(node), [(10, 5)], "committed offsets survive kill -9")
            node.submit(SCRIPT.format("second"), "second")
            wait_for("the offsets of all", lambda: offsets(node) == [(15, 0)])
            self.assertEqual(seen(node, "seen_second"), list(range(10, 15)))

    def test_a_bounded_table_ends_where_its_group_is(self):
        with Node() as node:
            node.api("POST", "/api/v1/topics", {"name": "events"})
            produce(node, range(4))
            job = node.submit(SCRIPT.format("all"), "all")
            wait_for("the group's offsets", lambda: offsets(node) == [(4, 0)])
            remove(node, job)
            produce(node, range(4, 9))
            options = "'connector' = 'kafka', 'topic' = 'events', 'format' = 'json', 'properties.group.id' = 'readers'"
            node.query(f"CREATE TABLE old (n INT) WITH ({options}, 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'group-offsets')")
            node.query(f"CREATE TABLE young (n INT) WITH ({options}, 'scan.startup.mode' = 'group-offsets', 'scan.bounded.mode' = 'latest-offset')")
            self.assertEqual(seen(node, "old"), [0, 1, 2, 3])
            self.assertEqual(seen(node, "young"), [4, 5, 6, 7, 8])


if __name__ == "__main__":
    unittest.main()
