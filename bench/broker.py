# SPDX-License-Identifier: Apache-2.0
"""Produce and fetch: wall time and broker CPU per GB, librdkafka and the Java client, against Apache Kafka in the same run.
python bench/broker.py [MEGABYTES] [--no-peer]"""
import re
import subprocess
import sys
import time

from confluent_kafka import Consumer, Producer

from peers import PEERS, Kafka, cpu_seconds, table
import floe_node


def create(address, topic):
    from confluent_kafka.admin import AdminClient, NewTopic
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()


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


def rdkafka(address, pid, megabytes, size):
    topic = f"rdkafka-{size}"
    create(address, topic)
    count = megabytes * 1_000_000 // size
    payload = bytes(range(256)) * (size // 256 + 1)
    payload = payload[:size]
    cpu, begin = cpu_seconds(pid), time.monotonic()
    fill(address, topic, count, payload, 1_000_000)
    produced = (time.monotonic() - begin, cpu_seconds(pid) - cpu)
    # By default the client pauses for a second whenever 100,000 records wait in it: that, and no broker, would be measured.
    consumer = Consumer({"bootstrap.servers": address, "group.id": "bench", "auto.offset.reset": "earliest", "fetch.message.max.bytes": 10_000_000,
                         "enable.auto.commit": False, "fetch.queue.backoff.ms": 1, "queued.min.messages": 10_000_000, "queued.max.messages.kbytes": 1_000_000})
    consumer.subscribe([topic])
    got = 0
    cpu, begin = cpu_seconds(pid), time.monotonic()
    while got < count:
        messages = consumer.consume(min(10_000, count - got), 5)  # it waits for as many
        assert messages, f"{got} of {count}"
        got += len(messages)
    fetched = (time.monotonic() - begin, cpu_seconds(pid) - cpu)
    consumer.close()
    return produced, fetched


def java(address, pid, megabytes, size):
    topic = f"java-{size}"
    create(address, topic)
    count = megabytes * 1_000_000 // size
    cpu = cpu_seconds(pid)
    out = subprocess.run(["bash", str(PEERS / "kafka.sh"), "tool", "producer-perf", "--topic", topic, "--num-records", str(count), "--record-size", str(size),
                          "--throughput", "-1", "--producer-props", f"bootstrap.servers={address}", "acks=all"], check=True, capture_output=True, text=True).stdout
    rate = float(re.findall(r"\(([\d.]+) MB/sec\)", out)[-1]) * 1.048576
    return megabytes / rate, cpu_seconds(pid) - cpu


def java_fetch(address, pid, megabytes):
    """From a topic of the Java client's 16 KiB batches; the JVM needs a second, so never from a short one."""
    topic = "java-fetch"
    create(address, topic)
    count = megabytes * 1_000_000 // 1024
    fill(address, topic, count, bytes(1024), 16_384)
    runs = []
    for _ in range(3):  # the first one reads from the disk, and warms the broker
        cpu = cpu_seconds(pid)
        out = subprocess.run(["bash", str(PEERS / "kafka.sh"), "tool", "consumer-perf", "--topic", topic, "--num-records", str(count), "--bootstrap-server", address,
                              "--timeout", "60000"], check=True, capture_output=True, text=True).stdout
        # start, end, MB consumed, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
        fields = out.strip().splitlines()[-1].split(", ")
        assert int(fields[4]) >= count, out
        runs.append((megabytes / (float(fields[8]) * 1.048576), cpu_seconds(pid) - cpu))
    return runs[0], min(runs[1:])


def measure(address, pid, megabytes):
    gigabytes = megabytes / 1000
    results = {}
    for size in (1024, 100):
        produced, fetched = rdkafka(address, pid, megabytes, size)
        results[f"librdkafka produce {size} B, MB/s"] = (megabytes / produced[0], True)
        results[f"librdkafka produce {size} B, broker CPU-s/GB"] = (produced[1] / gigabytes, False)
        results[f"librdkafka fetch {size} B, MB/s"] = (megabytes / fetched[0], True)
        results[f"librdkafka fetch {size} B, broker CPU-s/GB"] = (fetched[1] / gigabytes, False)
    produced = java(address, pid, megabytes, 1024)
    results["Java produce 1024 B, MB/s"] = (megabytes / produced[0], True)
    results["Java produce 1024 B, broker CPU-s/GB"] = (produced[1] / gigabytes, False)
    fetched = max(megabytes, 1000)
    for which, (seconds, cpu) in zip(("first", "again"), java_fetch(address, pid, fetched)):
        results[f"Java fetch 1024 B, {which}, MB/s"] = (fetched / seconds, True)
        results[f"Java fetch 1024 B, {which}, broker CPU-s/GB"] = (cpu / fetched * 1000, False)
    return results


def main():
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    megabytes = numbers[0] if numbers else 300
    peer = {}
    if "--no-peer" not in sys.argv:
        with Kafka() as kafka:
            measure(kafka.address, kafka.pid, min(megabytes, 100))  # warms the JVM: only the second run counts
            from confluent_kafka.admin import AdminClient
            admin = AdminClient({"bootstrap.servers": kafka.address})
            for future in admin.delete_topics(["rdkafka-1024", "rdkafka-100", "java-1024", "java-fetch"], operation_timeout=20).values():
                future.result()
            time.sleep(2)
            peer = measure(kafka.address, kafka.pid, megabytes)
    with floe_node.Node(arguments=["--log-level", "warn"]) as node:
        ours = measure(node.addresses["kafka"], node.process.pid, megabytes)
    table(f"{megabytes} MB each, acks=all (Floe: fdatasync before the answer; Kafka: page cache): Floe | Kafka 4.3 warm | ratio",
          [(name, value, peer.get(name, (None,))[0], "", higher) for name, (value, higher) in ours.items()])


if __name__ == "__main__":
    main()
