# SPDX-License-Identifier: Apache-2.0
"""confluent-kafka: admin, idempotent producer with every codec, consumer groups with rebalances, static members, transactions refused."""
import os
import time

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic

BOOTSTRAP = {"bootstrap.servers": os.environ["FLOE_BOOTSTRAP"]}
print("confluent-kafka", ck.version(), "librdkafka", ck.libversion()[0])
admin = AdminClient(BOOTSTRAP)


def wait(futures):
    return {key: future.result(20) for key, future in futures.items()}


wait(admin.create_topics([NewTopic("cf", num_partitions=4, replication_factor=1, config={"retention.ms": "3600000"})]))
try:
    wait(admin.create_topics([NewTopic("cf", num_partitions=4)]))
    raise SystemExit("a topic was made twice")
except ck.KafkaException as error:
    assert error.args[0].code() == ck.KafkaError.TOPIC_ALREADY_EXISTS, error
try:
    wait(admin.create_topics([NewTopic("cf-bad", num_partitions=1, config={"retention.ms": "soon"})]))
    raise SystemExit("a bad configuration was taken")
except ck.KafkaException as error:
    assert error.args[0].code() == ck.KafkaError.INVALID_CONFIG, error
    print("bad config:", error.args[0].str())
resource = ConfigResource(ConfigResource.Type.TOPIC, "cf")
config = wait(admin.describe_configs([resource]))[resource]
assert config["retention.ms"].value == "3600000" and not config["retention.ms"].is_default, config["retention.ms"]
assert config["cleanup.policy"].is_default and len(config) > 20
resource.add_incremental_config(ConfigEntry("retention.ms", "7200000", incremental_operation=AlterConfigOpType.SET))
wait(admin.incremental_alter_configs([resource]))
assert wait(admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, "cf")])).popitem()[1]["retention.ms"].value == "7200000"
wait(admin.create_partitions([NewPartitions("cf", 6)]))
assert len(admin.list_topics("cf", timeout=20).topics["cf"].partitions) == 6
cluster = admin.describe_cluster().result(20)
print("cluster", cluster.cluster_id, "brokers", len(cluster.nodes))

COUNT = 0
for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
    errors = []
    producer = ck.Producer({**BOOTSTRAP, "enable.idempotence": True, "compression.type": codec, "linger.ms": 5})
    for i in range(2000):
        producer.produce("cf", key=f"{codec}-{i}", value=f"value {i} " * 10, headers={"codec": codec}, timestamp=1700000000000 + i,
                         on_delivery=lambda error, message: errors.append(error) if error else None)
    assert producer.flush(30) == 0 and not errors, errors[:3]
    COUNT += 2000


def consume(group, count, timeout=60, **settings):
    consumer = ck.Consumer({**BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False, **settings})
    consumer.subscribe(["cf"])
    seen = {}
    end = time.monotonic() + timeout
    while len(seen) < count and time.monotonic() < end:
        for message in consumer.consume(1000, 0.5):
            assert message.error() is None, message.error()
            seen[message.key()] = message
    if seen:
        consumer.commit(asynchronous=False)
    return consumer, seen


consumer, seen = consume("cf-group", COUNT)
assert len(seen) == COUNT, len(seen)
sample = seen[b"zstd-7"]
assert sample.headers() == [("codec", b"zstd")] and sample.timestamp() == (ck.TIMESTAMP_CREATE_TIME, 1700000000007)
offsets = consumer.offsets_for_times([ck.TopicPartition("cf", sample.partition(), 1700000000000)], timeout=20)
assert offsets[0].offset == 0, offsets
print("consumed", len(seen), "committed", sum(p.offset for p in consumer.committed([ck.TopicPartition("cf", p) for p in range(6)], timeout=20)))

# A second member takes half of the partitions, and gives them back when it leaves.
other, _ = consume("cf-group", 1, timeout=0.1)
end = time.monotonic() + 40
while time.monotonic() < end and not (len(consumer.assignment()) == 3 and len(other.assignment()) == 3):
    consumer.poll(0.1)
    other.poll(0.1)
assert len(consumer.assignment()) == 3 and len(other.assignment()) == 3, (consumer.assignment(), other.assignment())
group = wait(admin.describe_consumer_groups(["cf-group"]))["cf-group"]
print("group", group.state.name, "members", len(group.members), "protocol", group.partition_assignor)
assert len(group.members) == 2
other.close()
end = time.monotonic() + 40
while time.monotonic() < end and len(consumer.assignment()) != 6:
    consumer.poll(0.1)
assert len(consumer.assignment()) == 6
try:
    wait(admin.delete_consumer_groups(["cf-group"]))
    raise SystemExit("a group with members was deleted")
except ck.KafkaException as error:
    assert error.args[0].code() == ck.KafkaError.NON_EMPTY_GROUP, error
consumer.close()
again, seen = consume("cf-group", 1, timeout=3)
assert not seen, "committed records came again"
again.close()

static, seen = consume("cf-static", COUNT, **{"group.instance.id": "one", "partition.assignment.strategy": "cooperative-sticky"})
assert len(seen) == COUNT
static.close()
back, seen = consume("cf-static", 1, timeout=5, **{"group.instance.id": "one", "partition.assignment.strategy": "cooperative-sticky"})
assert not seen and len(back.assignment()) == 6, back.assignment()
back.close()

groups = {g.group_id: g for g in admin.list_consumer_groups().result(20).valid}
assert {"cf-group", "cf-static"} <= set(groups), groups
wait(admin.delete_consumer_groups(["cf-group"]))

# Beyond max.message.bytes of the broker.
big = ck.Producer({**BOOTSTRAP, "message.max.bytes": 5000000})
result = []
big.produce("cf", b"x" * 2000000, on_delivery=lambda error, message: result.append(error))
big.flush(20)
assert result[0] is not None and result[0].code() == ck.KafkaError.MSG_SIZE_TOO_LARGE, result
transactional = ck.Producer({**BOOTSTRAP, "transactional.id": "tx"})
started = time.monotonic()
try:
    transactional.init_transactions(20)
    raise SystemExit("transactions are not supported, yet they began")
except ck.KafkaException as error:
    print("transactions:", error.args[0].str(), f"({time.monotonic() - started:.1f} s)")
wait(admin.delete_topics(["cf"]))
print("done")
