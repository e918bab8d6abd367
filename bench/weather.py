# SPDX-License-Identifier: Apache-2.0
"""63-byte weather JSON from the log: rows into Iceberg and one-minute averages, per CPU second, answers checked.
The peer's figures (warm Flink 2.1, two such cores) are those of shared/design.md.   python bench/weather.py [ROWS]"""
import pathlib
import resource
import subprocess
import sys
import tempfile

from peers import table, weather_lines
import floe_node

SOURCE = """CREATE TABLE IF NOT EXISTS events (city STRING, temperature STRING, ts STRING, at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', WATERMARK FOR at AS at)
WITH ('connector' = 'kafka', 'topic' = 'weather', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
"""
ICEBERG = SOURCE + """CREATE DATABASE IF NOT EXISTS iceberg.bench;
CREATE TABLE iceberg.bench.weather (city STRING, temperature STRING, ts STRING);
SET 'execution.checkpointing.interval' = '1 s';
INSERT INTO iceberg.bench.weather SELECT city, temperature, ts FROM events;
"""
WINDOW = SOURCE + """CREATE TABLE averages (city STRING, window_start TIMESTAMP(3), average DOUBLE, n BIGINT, PRIMARY KEY (city, window_start) NOT ENFORCED) WITH ('connector' = 'realtime');
INSERT INTO averages SELECT city, window_start, AVG(CAST(temperature AS DOUBLE)), COUNT(*) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(at), INTERVAL '1' MINUTE))
GROUP BY city, window_start, window_end;
"""
DECODE = SOURCE + """CREATE TABLE nowhere (city STRING, temperature STRING, ts STRING) WITH ('connector' = 'blackhole');
INSERT INTO nowhere SELECT city, temperature, ts FROM events;
"""


def run(directory, name, script):
    """CPU seconds of a `floe run` of the script."""
    file = pathlib.Path(directory, f"{name}.sql")
    file.write_text(script)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(floe_node.floe("run", str(file), "--data", f"{directory}/data").strip().splitlines()[0])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    with tempfile.TemporaryDirectory() as directory:
        data = f"{directory}/data"
        with floe_node.Node(data) as node:
            lines = pathlib.Path(directory, "weather.ndjson")
            with open(lines, "w") as out:
                out.writelines(line + "\n" for line in weather_lines(rows))
            subprocess.run(["kcat", "-b", node.addresses["kafka"], "-t", "weather", "-P", "-l", str(lines), "-X", "batch.size=1000000", "-X", "linger.ms=50"], check=True)
            assert node.stop() == 0
        decode = run(directory, "decode", DECODE)
        iceberg = run(directory, "iceberg", ICEBERG)
        count = floe_node.floe("sql", "--data", data, "--format", "csv", "-e", "SELECT COUNT(*) AS n, COUNT(DISTINCT city) AS c FROM iceberg.bench.weather")
        assert count == f"n,c\n{rows},10\n", count
        window = run(directory, "window", WINDOW)
        total = floe_node.floe("sql", "--data", data, "--format", "csv", "-e", "SELECT SUM(n) AS n FROM averages")
        assert total == f"n\n{rows}\n", total
    table(f"{rows} rows of weather JSON, thousands per CPU second (process start included): Floe | warm Flink 2.1 (recorded) | ratio", [
        ("decode only", rows / decode / 1000, 848, "k/CPU-s", True),
        ("into Iceberg, 1 s checkpoints", rows / iceberg / 1000, 549, "k/CPU-s", True),
        ("one-minute average per city", rows / window / 1000, 585, "k/CPU-s", True)])


if __name__ == "__main__":
    main()
