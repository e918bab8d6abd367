# SPDX-License-Identifier: Apache-2.0
# franz-go (Go).
set -euo pipefail
command -v go > /dev/null || { echo "go is not installed"; exit 77; }
cd "$(dirname "$0")/franz-go"
exec go run .
