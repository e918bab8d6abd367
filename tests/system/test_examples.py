# SPDX-License-Identifier: Apache-2.0
"""examples/weather as it is written: the requirement's tables, requests and questions, names and ports included."""
import ctypes
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

from floe_node import ROOT, Node, floe, wait_for

EXAMPLES = ROOT / "examples/weather"
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def enter_own_network():
    """A network namespace for this process and its children, where the default ports are free whatever else runs."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        now = struct.unpack("16sH14s", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", now | IFF_UP, b""))
    return True


class ExamplesTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="floe-examples-"))
        shutil.copytree(EXAMPLES, self.directory / "weather")
        if enter_own_network():
            # As a user starts it: default ports.
            self.node = Node(ports=())
            self.node.start()
        else:
            self.node = Node().start()
            script = self.directory / "weather/requests.sh"
            text = script.read_text()
            for port, service in (("9998", "ingest"), ("9092", "kafka"), ("3000", "console")):
                text = text.replace(f"localhost:{port}", self.node.addresses[service])
            script.write_text(text)
        self.data = ["--data", str(self.node.directory)]

    def tearDown(self):
        self.node.close()
        shutil.rmtree(self.directory)

    def example(self, name):
        return str(self.directory / "weather" / name)

    def test_the_requirement_line_by_line(self):
        floe("sql", *self.data, "-f", self.example("init-tables.sql"))
        floe("job", "submit", self.example("weather.sql"), *self.data)
        answers = subprocess.run(["bash", self.example("requests.sh")], check=True, capture_output=True, text=True).stdout.splitlines()
        self.assertIn('"city":"TestCity","temperature":"75.5"', answers[0])
        self.assertEqual(answers[1:], ['{"status":"healthy"}', '{"status":"healthy"}'])
        wait_for("501 rows in Iceberg", lambda: self.node.query("SELECT COUNT(*) FROM iceberg.default.weather")[0][0] == 501)
        # Later events close the first window.
        wait_for("a window", lambda: self.node.log_event("TestCity", "80.5") and self.node.query("SELECT COUNT(*) FROM weather")[0][0] >= 11)
        answers = floe("sql", *self.data, "--format", "csv", "-f", self.example("queries.sql"))
        self.assertIn("default_catalog\niceberg\n", answers)
        self.assertIn("city,avg_temp\n", answers)
        self.assertIn("city,overall_avg,total_records\n", answers)
        self.assertIn("TestCity,75.5,", answers)


if __name__ == "__main__":
    unittest.main()
