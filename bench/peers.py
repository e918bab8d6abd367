# SPDX-License-Identifier: Apache-2.0
"""What the benches share: a release node, CPU and memory of a process, the real Kafka as a peer, figures side by side."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
os.environ.setdefault("FLOE_TEST_PROGRAM", str(ROOT / "build/release/floe"))
sys.path.insert(0, str(ROOT / "tests/system"))
PEERS = pathlib.Path(os.environ.get("FLOE_TEST_PEERS", ROOT.parent / "shared/peers"))
CITIES = ["San Francisco", "New York", "Los Angeles", "Chicago", "Houston", "Phoenix", "Seattle", "Denver", "Miami", "Boston"]


def cpu_seconds(pid):
    """User and system time of a process, all threads: its CPU clock (clock_getcpuclockid), since /proc counts in hundredths."""
    return time.clock_gettime(~pid << 3 | 2)


def pss_mb(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1)) / 1024


def weather_lines(count, seed=1):
    """The requirement's records, 63 bytes or so, seeded."""
    import random
    rng = random.Random(seed)
    for _ in range(count):
        yield f'{{"city":"{rng.choice(CITIES)}","temperature":"{rng.randrange(12001) / 100:.2f}","ts":"2026-01-08-14"}}'


class Kafka:
    """Apache Kafka from shared/peers, on a free port."""

    def __init__(self):
        import socket
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.directory = tempfile.mkdtemp(prefix="floe-kafka-")

    def __enter__(self):
        self._run("install")
        out = self._run("start", "--port", str(self.port), "--fresh")
        self.start = dict(re.findall(r"(\w+)=([\d.]+)", out))
        self.pid = int(self.start["pid"])
        self.address = f"127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_):
        self._run("stop", "--port", str(self.port))
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, *arguments):
        environment = {**os.environ, "FLOE_PEERS_RUN": self.directory}
        return subprocess.run(["bash", str(PEERS / "kafka.sh"), *arguments], check=True, capture_output=True, text=True, env=environment).stdout


def table(title, rows):
    """rows: (what, floe, peer or None, unit, higher is better)."""
    print(f"\n{title}")
    for what, floe, peer, unit, higher in rows:
        ratio = ""
        if peer:
            factor = floe / peer if higher else peer / floe
            ratio = f"   {factor:6.2f}x"
        print(f"  {what:<44} {floe:>12.3f} {'' if peer is None else f'{peer:>12.3f}':>12} {unit}{ratio}")


def timed(function):
    begin = time.monotonic()
    value = function()
    return value, time.monotonic() - begin
