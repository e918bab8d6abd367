# SPDX-License-Identifier: Apache-2.0
# kafka-python.
"$FLOE_PYTHON" -c 'import kafka' 2> /dev/null || { echo "kafka-python is not installed"; exit 77; }
exec "$FLOE_PYTHON" "$(dirname "$0")/kafka_python.py"
