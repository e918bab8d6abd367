# SPDX-License-Identifier: Apache-2.0
"""Kills the broker at random moments while an idempotent producer writes and a group commits, then counts."""
import os
import random
import subprocess
import threading
import time

import confluent_kafka as ck

KILLS = int(os.environ.get("FLOE_TEST_KILLS", "10"))
DATA = os.path.join(os.environ["FLOE_WORK"], "kill9")


def start(port):
    process = subprocess.Popen([os.environ["FLOE_BROKER"], "--data", DATA, "--port", str(port)], stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip()
    assert address, "the broker did not start"
    return process, address


broker, address = start(0)
port = int(address.rsplit(":", 1)[1])
quiet = {"bootstrap.servers": address, "log_level": 0, "reconnect.backoff.max.ms": 100, "error_cb": lambda error: None}
producer = ck.Producer({**quiet, "enable.idempotence": True, "linger.ms": 2, "message.timeout.ms": 60000})
acked, failed = set(), []
committed = -1
stop = threading.Event()


def produce():
    n = 0
    while not stop.is_set():
        try:
            producer.produce("kill", str(n), on_delivery=lambda e, m: failed.append(e) if e else acked.add(m.value()))
            n += 1
        except BufferError:
            pass
        producer.poll(0.0005)


def consume():
    global committed
    consumer = ck.Consumer({**quiet, "group.id": "kill-group", "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe(["kill"])
    while not stop.is_set():
        message = consumer.poll(0.1)
        if message is None or message.error():
            continue
        try:
            committed = max(committed, consumer.commit(message, asynchronous=False)[0].offset)
        except ck.KafkaException:
            pass  # the broker is away; what counts is what it confirmed
    consumer.close()


threads = [threading.Thread(target=produce), threading.Thread(target=consume)]
for thread in threads:
    thread.start()
for _ in range(KILLS):
    time.sleep(random.uniform(0.2, 1.2))
    broker.kill()
    broker.wait()
    broker, _ = start(port)
time.sleep(2)
stop.set()
for thread in threads:
    thread.join()
assert producer.flush(60) == 0
assert not failed, failed[:3]
broker.kill()
broker.wait()
broker, _ = start(port)
reader = ck.Consumer({**quiet, "group.id": "kill-reader", "enable.partition.eof": True})
reader.assign([ck.TopicPartition("kill", 0, 0)])
seen = []
while True:
    message = reader.poll(10)
    assert message is not None, "the reader stalled"
    if message.error():
        assert message.error().code() == ck.KafkaError._PARTITION_EOF, message.error()
        break
    seen.append(message.value())
stored = ck.Consumer({**quiet, "group.id": "kill-group"}).committed([ck.TopicPartition("kill", 0)], timeout=10)[0].offset
reader.close()
broker.terminate()
assert broker.wait(10) == 0, "no clean end"
print(f"kills {KILLS + 1}, acknowledged {len(acked)}, read {len(seen)}, twice {len(seen) - len(set(seen))}, "
      f"missing {len(acked - set(seen))}, commit confirmed {committed}, stored {stored}")
assert not acked - set(seen) and len(seen) == len(set(seen)) and stored >= committed >= 0
in_order = [int(value) for value in seen]
assert in_order == sorted(in_order), "order was lost"
