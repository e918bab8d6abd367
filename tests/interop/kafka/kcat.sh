# SPDX-License-Identifier: Apache-2.0
# kcat: list, produce with every codec and headers, consume by offsets, query offsets, a consumer group.
set -euo pipefail
command -v kcat > /dev/null || { echo "kcat is not installed"; exit 77; }
b=$FLOE_BOOTSTRAP
expect() { # what, expected, got
  [ "$2" = "$3" ] || { echo "$1: expected '$2', got '$3'"; exit 1; }
  echo "$1: ok"
}
records() { # with keys when an argument is given
  awk -v key="${1:-}" 'BEGIN { for (i = 1; i <= 500; i++) print (key == "" ? "" : key i ":") "value-" i "-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }'
}
kcat -b "$b" -L > "$FLOE_WORK/metadata"
head -3 "$FLOE_WORK/metadata"
for codec in none gzip snappy lz4 zstd; do
  topic=kcat-$codec
  records k | kcat -b "$b" -P -t "$topic" -K: -z "$codec" -H source=kcat -H n=1 -X acks=all
  expect "$codec count" 500 "$(kcat -b "$b" -C -t "$topic" -o beginning -e -q | wc -l)"
  expect "$codec sum" "$(records | md5sum)" "$(kcat -b "$b" -C -t "$topic" -o beginning -e -q | md5sum)"
  expect "$codec record" "499 k500 source=kcat,n=1" "$(kcat -b "$b" -C -t "$topic" -o -1 -e -q -f '%o %k %h\n')"
done
expect "from an offset" "k11" "$(kcat -b "$b" -C -t kcat-lz4 -o 10 -c 1 -q -f '%k\n')"
expect "tombstone" "NULL" "$(printf 'gone:' | kcat -b "$b" -P -t kcat-null -K: -Z && kcat -b "$b" -C -t kcat-null -e -q -Z -f '%s\n')"
expect "query end" "kcat-gzip [0] offset 500" "$(kcat -b "$b" -Q -t kcat-gzip:0:-1)"
expect "query start" "kcat-gzip [0] offset 0" "$(kcat -b "$b" -Q -t kcat-gzip:0:-2)"
expect "query by time" "kcat-gzip [0] offset 0" "$(kcat -b "$b" -Q -t kcat-gzip:0:1000)"
for acks in 0 1 all; do echo "acks $acks" | kcat -b "$b" -P -t kcat-acks -X acks=$acks; done
expect "acks" 3 "$(kcat -b "$b" -C -t kcat-acks -e -q | wc -l)"
echo once | kcat -b "$b" -P -t kcat-idempotent -X enable.idempotence=true
expect "idempotent" once "$(kcat -b "$b" -C -t kcat-idempotent -e -q)"
# A group reads everything once, and nothing the second time.
timeout 60 kcat -b "$b" -G kcat-group -q -c 500 -X auto.offset.reset=earliest kcat-snappy > "$FLOE_WORK/group.txt"
expect "group" 500 "$(wc -l < "$FLOE_WORK/group.txt")"
echo more | kcat -b "$b" -P -t kcat-snappy
expect "group goes on" more "$(timeout 60 kcat -b "$b" -G kcat-group -q -c 1 -X auto.offset.reset=earliest kcat-snappy)"
head -c 675000 /dev/urandom | base64 -w0 > "$FLOE_WORK/big"
kcat -b "$b" -P -t kcat-big "$FLOE_WORK/big"
expect "900 kB" "$(md5sum < "$FLOE_WORK/big")" "$(kcat -b "$b" -C -t kcat-big -e -q -f '%s' | md5sum)"
