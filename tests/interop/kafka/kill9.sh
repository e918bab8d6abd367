# SPDX-License-Identifier: Apache-2.0
# kill -9 under load: what was acknowledged is there, once; committed offsets are there.
"$FLOE_PYTHON" -c 'import confluent_kafka' 2> /dev/null || { echo "confluent-kafka is not installed"; exit 77; }
[ -n "${FLOE_BROKER:-}" ] || { echo "needs a broker of its own (FLOE_BROKER)"; exit 77; }
exec "$FLOE_PYTHON" "$(dirname "$0")/kill9.py"
