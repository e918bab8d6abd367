# SPDX-License-Identifier: Apache-2.0
"""Produced to committed in Iceberg at 10,000 rows/s: p50, p99 and the CPU it costs, the broker's part measured before the job starts.
python bench/freshness.py [SECONDS] [CHECKPOINT_MS]"""
import json
import sys
import time

import pyarrow.parquet
from confluent_kafka import Producer
from pyiceberg.table import StaticTable

from peers import CITIES, cpu_seconds, table
import floe_node

RATE = 10_000
SCRIPT = """SET 'execution.checkpointing.interval' = '{} ms';
CREATE TABLE events (city STRING, temperature STRING, at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp') WITH ('connector' = 'kafka', 'topic' = 'weather', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');
CREATE DATABASE IF NOT EXISTS iceberg.bench;
CREATE TABLE iceberg.bench.fresh (city STRING, temperature STRING, at TIMESTAMP_LTZ(3));
INSERT INTO iceberg.bench.fresh SELECT city, temperature, at FROM events;
"""


def produce(node, topic, seconds):
    """Rows sent, and CPU seconds of the node per second."""
    producer = Producer({"bootstrap.servers": node.addresses["kafka"], "acks": "all", "linger.ms": 20})
    begin = time.time()
    before = cpu_seconds(node.process.pid)
    sent = 0
    while time.time() - begin < seconds:
        due = int((time.time() - begin) * RATE)
        for i in range(sent, due):
            producer.produce(topic, f'{{"city":"{CITIES[i % 10]}","temperature":"{i % 120}.50"}}', key=CITIES[i % 10], timestamp=int(time.time() * 1000))
        sent = max(sent, due)
        producer.poll(0)
        time.sleep(0.001)
    producer.flush()
    return sent, (cpu_seconds(node.process.pid) - before) / seconds


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    interval = int(sys.argv[2]) if len(sys.argv) > 2 else 75
    with floe_node.Node() as node:
        _, broker = produce(node, "only-the-broker", seconds / 2)
        node.submit(SCRIPT.format(interval), "fresh")
        sent, cpu = produce(node, "weather", seconds)
        floe_node.wait_for("all committed", lambda: node.query("SELECT COUNT(*) FROM iceberg.bench.fresh")[0][0] == sent)
        location = json.loads(floe_node.floe("table", "show", "bench.fresh", "--json", "--data", str(node.directory)))["metadata-location"]
        table_ = StaticTable.from_metadata(location)
        committed = {s.snapshot_id: s.timestamp_ms for s in table_.metadata.snapshots}
        latencies = []
        for entry in table_.inspect.entries().to_pylist():
            at = committed.get(entry["snapshot_id"])
            if at is None:
                continue
            path = entry["data_file"]["file_path"].removeprefix("file://")
            for value in pyarrow.parquet.read_table(path, columns=["at"])["at"].to_pylist():
                latencies.append(at - value.timestamp() * 1000)
        latencies.sort()
        # Old snapshots are thinned out, so these are the rows of the last 60 commits.
        assert len(latencies) > RATE, (len(latencies), sent)
        table(f"freshness at {RATE} rows/s, checkpoint every {interval} ms: Floe | Flink, 1 s checkpoints (recorded) | ratio", [
            ("produced to committed, p50", latencies[len(latencies) // 2], 650, "ms", False),
            ("produced to committed, p99", latencies[len(latencies) * 99 // 100], 1600, "ms", False),
            ("CPU seconds per second, the job (Flink: without its Kafka)", cpu - broker, 0.21, "", False)])
        print(f"  broker {broker:.3f}, broker and job {cpu:.3f} CPU seconds per second")


if __name__ == "__main__":
    main()
