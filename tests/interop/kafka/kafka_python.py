# SPDX-License-Identifier: Apache-2.0
"""kafka-python: version guess, admin, producer with every codec, consumer group."""
import os

import kafka
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.structs import TopicPartition

BOOTSTRAP = os.environ["FLOE_BOOTSTRAP"]
admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
print("kafka-python", kafka.__version__)
admin.create_topics([NewTopic("kp", num_partitions=2, replication_factor=1)])
assert "kp" in admin.list_topics()
count = 0
for codec in (None, "gzip", "snappy", "lz4", "zstd"):
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, compression_type=codec, acks="all")
    futures = [producer.send("kp", key=str(i).encode(), value=f"{codec} {i}".encode() * 5, headers=[("codec", str(codec).encode())])
               for i in range(500)]
    for future in futures:
        future.get(30)
    producer.close()
    count += len(futures)
consumer = KafkaConsumer("kp", bootstrap_servers=BOOTSTRAP, group_id="kp-group", auto_offset_reset="earliest",
                         enable_auto_commit=False, consumer_timeout_ms=5000)
seen = 0
for record in consumer:
    assert record.headers and record.value.startswith(record.headers[0][1]), record
    seen += 1
    if seen == count:
        break
assert seen == count, seen
consumer.commit()
committed = sum(consumer.committed(TopicPartition("kp", p)) for p in (0, 1))
assert committed == count, committed
ends = consumer.end_offsets([TopicPartition("kp", 0), TopicPartition("kp", 1)])
print("consumed", seen, "committed", committed, "ends", sorted(ends.values()))
consumer.close()
again = KafkaConsumer("kp", bootstrap_servers=BOOTSTRAP, group_id="kp-group", auto_offset_reset="earliest", consumer_timeout_ms=2000)
assert not list(again)
again.close()
admin.delete_topics(["kp"])
admin.close()
print("done")
