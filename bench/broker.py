# SPDX-License-Identifier: Apache-2.0
"""Produce and fetch: wall time and broker CPU per GB, librdkafka and the Java client, against Apache Kafka in the same run.
python bench/broker.py [MEGABYTES] [ROUNDS] [--no-peer]
Both brokers run at once and take turns, the first one changing with each round: a shared machine's slow minutes meet both. Medians."""
import collections
import contextlib
import os
import re
import statistics
import subprocess
import sys
import time

from confluent_kafka import Consumer, Producer

from peers import PEERS, Kafka, cpu_seconds, table
import floe_node


def create(address, topic):
    from confluent_kafka.admin import AdminClient, NewTopic
    admin = AdminClient({"bootstrap.servers": address})  # its futures end with it
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()


def delete(address, topics):
    from confluent_kafka.admin import AdminClient
    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.delete_topics(topics, operation_timeout=20).values():
        future.result()


def fill(address, topic, count, payload, batch):
    producer = Producer({"bootstrap.servers": address, "acks": "all", "linger.ms": 20, "batch.size": batch, "queue.buffering.max.messages": 2_000_000,
                         "queue.buffering.max.kbytes": 1_000_000})
    for _ in range(count):
        while True:
            try:
                producer.produce(topic, payload)
                break
            except BufferError:
                producer.poll(0.01)
    producer.flush()


class Meter:
    """Wall and broker CPU seconds of what runs inside."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        self.cpu, self.wall = cpu_seconds(self.pid), time.monotonic()
        return self

    def __exit__(self, *_):
        self.cpu, self.wall = cpu_seconds(self.pid) - self.cpu, time.monotonic() - self.wall


def tool(name, address, topic, count, *arguments):
    """One of Apache Kafka's own perf tools; its output."""
    return subprocess.run(["bash", str(PEERS / "kafka.sh"), "tool", name, "--topic", topic, "--num-records", str(count), *arguments], check=True,
                          capture_output=True, text=True).stdout


def rdkafka_produce(address, pid, topic, megabytes, size):
    create(address, topic)
    payload = (bytes(range(256)) * (size // 256 + 1))[:size]
    with Meter(pid) as meter:
        fill(address, topic, megabytes * 1_000_000 // size, payload, 1_000_000)
    return meter.wall, meter.cpu


def rdkafka_fetch(address, pid, topic, megabytes, size):
    # By default the client pauses for a second whenever 100,000 records wait in it: that, and no broker, would be measured.
    consumer = Consumer({"bootstrap.servers": address, "group.id": "bench", "auto.offset.reset": "earliest", "fetch.message.max.bytes": 10_000_000,
                         "enable.auto.commit": False, "fetch.queue.backoff.ms": 1, "queued.min.messages": 10_000_000, "queued.max.messages.kbytes": 1_000_000})
    consumer.subscribe([topic])
    count, got = megabytes * 1_000_000 // size, 0
    with Meter(pid) as meter:
        while got < count:
            messages = consumer.consume(min(10_000, count - got), 5)  # it waits for as many
            assert messages, f"{got} of {count}"
            got += len(messages)
    consumer.close()
    return meter.wall, meter.cpu


def java_produce(address, pid, topic, megabytes, size):
    create(address, topic)
    with Meter(pid) as meter:
        out = tool("producer-perf", address, topic, megabytes * 1_000_000 // size, "--record-size", str(size), "--throughput", "-1", "--producer-props",
                   f"bootstrap.servers={address}", "acks=all")
    return megabytes / (float(re.findall(r"\(([\d.]+) MB/sec\)", out)[-1]) * 1.048576), meter.cpu


def java_fetch(address, pid, topic, megabytes, size):
    count = megabytes * 1_000_000 // size
    with Meter(pid) as meter:
        out = tool("consumer-perf", address, topic, count, "--bootstrap-server", address, "--timeout", "60000")
    # start, end, MB consumed, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
    fields = out.strip().splitlines()[-1].split(", ")
    assert int(fields[4]) >= count, out
    return megabytes / (float(fields[8]) * 1.048576), meter.cpu


def round_of(brokers, megabytes, number):
    """One turn of every measurement for every broker: {what: {broker: (wall, CPU) per GB}}."""
    results = collections.defaultdict(dict)
    order = sorted(brokers, reverse=number % 2 == 1)

    def each(what, size, topic, measure, amount=megabytes):
        for name in order:
            os.sync()  # Kafka leaves what it took unsynced: writing it back would meet whoever reads next
            wall, cpu = measure(*brokers[name], topic, amount, size)
            results[what][name] = (wall / amount * 1000, cpu / amount * 1000)

    for size in (1024, 100):
        each(f"librdkafka produce {size} B", size, f"rdkafka-{size}", rdkafka_produce)
        each(f"librdkafka fetch {size} B", size, f"rdkafka-{size}", rdkafka_fetch)
    each("Java produce 1024 B", 1024, "java", java_produce)
    # A JVM needs a second: never from a short topic. The client's own batches, 16 KiB, are made by librdkafka in less time.
    long = max(megabytes, 1000)
    for address, _ in brokers.values():
        create(address, "java-fetch")
        fill(address, "java-fetch", long * 1_000_000 // 1024, bytes(1024), 16_384)
    each("Java fetch 1024 B", 1024, "java-fetch", java_fetch, long)
    for address, _ in brokers.values():
        delete(address, ["rdkafka-1024", "rdkafka-100", "java", "java-fetch"])
    for client, size in (("librdkafka", 1024), ("librdkafka", 100), ("Java", 1024)):
        for name in brokers:
            parts = [results[f"{client} {verb} {size} B"][name] for verb in ("produce", "fetch")]
            results[f"{client} both {size} B"][name] = tuple(map(sum, zip(*parts)))
    return results


def measure(brokers, megabytes, rounds):
    if len(brokers) > 1:
        round_of({"kafka": brokers["kafka"]}, min(megabytes, 100), 0)  # warms its JVM: only the next rounds count
    taken = [round_of(brokers, megabytes, number) for number in range(rounds)]
    rows = []
    for what in taken[0]:
        for index, unit in enumerate(("s/GB", "broker CPU-s/GB")):
            median = {name: statistics.median(r[what][name][index] for r in taken) for name in brokers}
            rows.append((f"{what}, {unit}", median["floe"], median.get("kafka"), "", False))
    return rows


def main():
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    megabytes, rounds = (numbers + [300, 3][len(numbers):])[:2]
    with contextlib.ExitStack() as running:
        brokers = {}
        if "--no-peer" not in sys.argv:
            kafka = running.enter_context(Kafka())
            brokers["kafka"] = (kafka.address, kafka.pid)
        node = running.enter_context(floe_node.Node(arguments=["--log-level", "warn"]))
        brokers["floe"] = (node.addresses["kafka"], node.process.pid)
        rows = measure(brokers, megabytes, rounds)
    table(f"{megabytes} MB each, acks=all (Floe: fdatasync before the answer; Kafka: page cache), medians of {rounds} rounds in turn: Floe | Kafka 4.3 warm | ratio", rows)


if __name__ == "__main__":
    main()
