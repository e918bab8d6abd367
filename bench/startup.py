# SPDX-License-Identifier: Apache-2.0
"""Ready after exec, idle memory and CPU; with --peer beside Apache Kafka.   python bench/startup.py [--peer]"""
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from peers import Kafka, cpu_seconds, pss_mb, table
import floe_node


def ready_ms(directory):
    begin = time.monotonic()
    process = subprocess.Popen([floe_node.FLOE, "serve", "--data", directory, "--ports", "auto", "--log-level", "off"])
    node = floe_node.Node(directory)
    while not (node.directory / "addresses.json").exists():
        time.sleep(0.0005)
    elapsed = (time.monotonic() - begin) * 1000
    import json
    node.addresses = json.loads((node.directory / "addresses.json").read_text())
    with urllib.request.urlopen(f"http://{node.addresses['console']}/ready") as answer:
        assert answer.status == 200
    return process, elapsed


def main():
    times = []
    with tempfile.TemporaryDirectory() as directory:
        for i in range(10):
            process, elapsed = ready_ms(directory)
            times.append(elapsed)
            if i == 9:
                before = cpu_seconds(process.pid)
                time.sleep(10)
                idle_cpu = (cpu_seconds(process.pid) - before) / 10
                memory = pss_mb(process.pid)
                start_cpu = before
            process.terminate()
            assert process.wait() == 0
    rows = [("ready after exec, median of 10", statistics.median(times), None, "ms", False),
            ("CPU until ready", start_cpu, None, "s", False),
            ("idle PSS", memory, None, "MB", False), ("idle CPU", idle_cpu * 100, None, "% of a core", False)]
    if "--peer" in sys.argv:
        with Kafka() as kafka:
            peer = [float(kafka.start["startup_ms"]), float(kafka.start["cpu_s"]), float(kafka.start["pss_kb"]) / 1024, None]
        rows = [(what, ours, theirs, unit, higher) for (what, ours, _, unit, higher), theirs in zip(rows, peer)]
    table("start and idle: Floe (all services)" + (" | Apache Kafka (broker only) | ratio" if "--peer" in sys.argv else ""), rows)


if __name__ == "__main__":
    main()
