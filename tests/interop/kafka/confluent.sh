# SPDX-License-Identifier: Apache-2.0
# confluent-kafka (librdkafka, Python).
"$FLOE_PYTHON" -c 'import confluent_kafka' 2> /dev/null || { echo "confluent-kafka is not installed"; exit 77; }
exec "$FLOE_PYTHON" "$(dirname "$0")/confluent.py"
