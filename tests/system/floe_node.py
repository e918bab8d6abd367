# SPDX-License-Identifier: Apache-2.0
"""A real floe node for tests: free ports, its own directory, stopped by pid."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

FLOE = os.environ["FLOE_TEST_PROGRAM"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE = 60.0


def wait_for(what, condition, seconds=DEADLINE):
    """Until `condition()` is truthy; the deadline only ends a test that would hang."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Node:
    def __init__(self, directory=None, arguments=(), environment=None, ports=("--ports", "auto")):
        self.own = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="floe-test-"))
        self.arguments = [*ports, *arguments]
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.log = None

    def start(self):
        (self.directory / "addresses.json").unlink(missing_ok=True)
        self.log = open(f"{self.directory}.log", "ab")
        command = [FLOE, "serve", "--data", str(self.directory), *self.arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=self.environment)
        wait_for("addresses.json", lambda: self._addresses_or_exit())
        self.addresses = json.loads((self.directory / "addresses.json").read_text())
        return self

    def _addresses_or_exit(self):
        if self.process.poll() is not None:
            raise AssertionError(f"floe serve ended with {self.process.returncode}:\n{self.read_log()}")
        return (self.directory / "addresses.json").exists()

    def read_log(self):
        return pathlib.Path(f"{self.directory}.log").read_text(errors="replace")[-8000:]

    def kill(self):
        """What a power cut of the process looks like."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=DEADLINE)

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        if self.log:
            self.log.close()
        if self.own:
            shutil.rmtree(self.directory, ignore_errors=True)
            pathlib.Path(f"{self.directory}.log").unlink(missing_ok=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind is not None:
            sys.stderr.write(f"--- log of the node\n{self.read_log()}\n")
        self.close()

    # HTTP
    def http(self, service, path, method="GET", body=None, headers=None):
        """(status, body bytes); no exception for 4xx and 5xx."""
        request = urllib.request.Request(f"http://{self.addresses[service]}{path}", data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def api(self, method, path, body=None):
        status, answer = self.http("console", path, method, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"})
        parsed = json.loads(answer) if answer.strip() else {}
        if status >= 400:
            raise AssertionError(f"{method} {path}: {status} {parsed}")
        return parsed

    def query(self, sql):
        return self.api("POST", "/api/v1/query", {"statement": sql})["rows"]

    def log_event(self, city, temperature):
        return self.http("ingest", "/log?" + urllib.parse.urlencode({"city": city, "temperature": temperature}))

    def submit(self, script, name="test"):
        return self.api("POST", "/api/v1/jobs", {"script": script, "name": name})["jobs"][0]["id"]

    def job(self, job):
        return self.api("GET", f"/api/v1/jobs/{job}")


def floe(*arguments, stdin=None, expect=0, environment=None):
    """Runs the program; returns its standard output, with the exit code checked."""
    done = subprocess.run([FLOE, *arguments], input=stdin, capture_output=True, text=True, timeout=120, env={**os.environ, **(environment or {})})
    if done.returncode != expect:
        raise AssertionError(f"floe {' '.join(arguments)}: exit code {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}")
    return done.stdout if expect == 0 else done.stdout + done.stderr
