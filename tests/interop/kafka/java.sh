# SPDX-License-Identifier: Apache-2.0
# Apache Kafka's own command line tools. FLOE_KAFKA_TOOL runs one of them: "bash .../kafka.sh tool".
set -euo pipefail
tool=${FLOE_KAFKA_TOOL:-bash /work/shared/peers/kafka.sh tool}
command -v java > /dev/null && $tool help > /dev/null 2>&1 || { echo "Apache Kafka's tools are not installed"; exit 77; }
b="--bootstrap-server $FLOE_BOOTSTRAP"
expect() { # what, pattern, text
  grep -qE "$2" <<< "$3" || { echo "$1: expected /$2/ in:"; echo "$3"; exit 1; }
  echo "$1: ok"
}
$tool broker-api-versions $b > "$FLOE_WORK/versions"
head -3 "$FLOE_WORK/versions"
expect create "Created topic jv" "$($tool topics $b --create --topic jv --partitions 3 --config retention.ms=3600000)"
expect describe "PartitionCount: 3.*retention.ms=3600000" "$($tool topics $b --describe --topic jv)"
expect list "^jv$" "$($tool topics $b --list)"
expect alter "Completed updating config" "$($tool configs $b --alter --topic jv --add-config max.message.bytes=2000000)"
expect configs "max.message.bytes=2000000" "$($tool configs $b --describe --topic jv --all)"
expect "broker configs" "num.partitions=1" "$($tool configs $b --describe --entity-type brokers --entity-name 1 --all)"
$tool topics $b --alter --topic jv --partitions 4
expect partitions "PartitionCount: 4" "$($tool topics $b --describe --topic jv)"
awk 'BEGIN { for (i = 1; i <= 1000; i++) print "k" i ":line-" i }' | $tool console-producer $b --topic jv --property parse.key=true --property key.separator=: --producer-property compression.type=lz4
read_all=$($tool console-consumer $b --topic jv --from-beginning --max-messages 1000 --group jv-group --timeout-ms 20000 2> /dev/null | sort -u | wc -l)
expect "console consumer" "^1000$" "$read_all"
expect groups "jv-group" "$($tool consumer-groups $b --list)"
expect "group lag" "jv-group +jv +[0-3] +[0-9]+ +[0-9]+ +0" "$($tool consumer-groups $b --describe --group jv-group 2>&1)"
expect "group state" "Empty" "$($tool consumer-groups $b --describe --group jv-group --state 2>&1)"
expect "reset" "jv-group +jv +[0-3] +0" "$($tool consumer-groups $b --group jv-group --topic jv --reset-offsets --to-earliest --execute 2>&1)"
expect "end offsets" "jv:[0-3]:[0-9]+" "$($tool get-offsets $b --topic jv)"
expect "delete offsets" "jv +0 +Successful" "$($tool consumer-groups $b --group jv-group --topic jv --delete-offsets 2>&1)"
expect "delete group" "was successful" "$($tool consumer-groups $b --group jv-group --delete 2>&1)"
expect "log dirs" '"partition":"jv-0"' "$($tool log-dirs $b --describe --topic-list jv)"
expect cluster "Cluster ID: " "$($tool cluster cluster-id $b)"
$tool producer-perf --topic jp --num-records 200000 --record-size 1000 --throughput -1 --producer-props bootstrap.servers="$FLOE_BOOTSTRAP" acks=all | tail -1
$tool producer-perf --topic jp --num-records 50000 --record-size 1000 --throughput -1 --producer-props bootstrap.servers="$FLOE_BOOTSTRAP" acks=all compression.type=zstd batch.size=200000 linger.ms=10 | tail -1
$tool consumer-perf $b --topic jp --messages 250000 --timeout 30000 2> /dev/null | tail -1
expect verifiable '"name":"tool_data".*"sent":1000,' "$($tool verifiable-producer $b --topic jvp --max-messages 1000 2> /dev/null | tail -1)"
$tool topics $b --delete --topic jv
if $tool topics $b --describe --topic jv > /dev/null 2>&1; then echo "jv is still there"; exit 1; fi
echo done
