#!/usr/bin/env bash
# The requirement's requests to a node on its default ports (floe serve), and a file of events piped through kcat.
set -euo pipefail
cd "$(dirname "$0")"

# Send a test weather record
curl -fsS "http://localhost:9998/log?city=TestCity&temperature=75.5"
echo

# Check health
curl -fsS http://localhost:9998/health
echo

# 500 events, one JSON object a line
kcat -b localhost:9092 -t weather -P < events.ndjson

# The dashboard's API
curl -fsS http://localhost:3000/api/weather > /dev/null
curl -fsS "http://localhost:3000/api/weather/latest?since=2026-01-08T14:30:00.000Z" > /dev/null
curl -fsS http://localhost:3000/health
echo
