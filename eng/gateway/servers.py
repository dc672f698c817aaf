"""Starts and stops the two gateways, and reads what a process costs."""

import os
import signal
import socket
import sqlite3
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 120


class BenchError(Exception):
    """Ends the run with one line."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One gateway with its state in a folder of its own; it can be stopped and started again with that state."""

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.port = 0
        os.makedirs(folder, exist_ok=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        """Gives the seconds until GET /-/ready is 200."""
        self.port = free_port()
        log = os.path.join(self.folder, "log")
        with open(log, "wb") as out:
            started = time.perf_counter()
            self.process = subprocess.Popen(self.command(), stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        while time.perf_counter() - started < START_SECONDS:
            if self.process.poll() is not None:
                break
            if self.answers_ready():
                return time.perf_counter() - started
            time.sleep(0.002)
        with open(log, errors="replace") as out:
            raise BenchError(f"{self.name} did not become ready: {out.read()[-2000:]}")

    def answers_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 60) as s:
                s.sendall(b"GET /-/ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                return b" 200 " in s.recv(64)
        except OSError:
            return False

    def stop(self, how=signal.SIGTERM):
        """Ends it, orderly or by SIGKILL. Gives the seconds it took."""
        if self.process is None:
            return 0.0
        asked = time.perf_counter()
        self.process.send_signal(how)
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise BenchError(f"{self.name} did not end within 120 s of SIGTERM.") from None
        finally:
            self.process = None
        return time.perf_counter() - asked

    def cpu(self):
        """Seconds of user and of system time so far."""
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        return int(fields[11]) / TICKS, int(fields[12]) / TICKS

    def settle(self, seconds=15):
        """Waits until it is idle: what clients that left had asked for is done."""
        until, last = time.perf_counter() + seconds, -1.0
        while time.perf_counter() < until:
            now = sum(self.cpu())
            if now - last < 0.02:
                return
            last = now
            time.sleep(0.2)

    def memory(self):
        """Bytes resident now, and at most so far."""
        values = {}
        with open(f"/proc/{self.pid}/status") as f:
            for line in f:
                name, _, value = line.partition(":")
                if name in ("VmRSS", "VmHWM"):
                    values[name] = int(value.split()[0]) * 1024
        return values["VmRSS"], values["VmHWM"]


class Ours(Server):
    """stash run, all settings as shipped: durable, consistency check on, the journal following."""

    name = "stash"

    def __init__(self, folder, program):
        super().__init__(folder)
        self.program = program
        self.api_port = 0

    def command(self):
        return [self.program, "run", "--data-dir", os.path.join(self.folder, "data"), "--gateway-address", f"127.0.0.1:{self.port}", "--api-address", f"127.0.0.1:{self.api_port}"]

    def followed(self):
        """The log position that the session journal has taken in: one for each accepted push."""
        path = os.path.join(self.folder, "data", "journal.db")
        try:
            journal = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
            try:
                row = journal.execute("select max(Position) from followed").fetchone()
                return (row and row[0]) or 0
            finally:
                journal.close()
        except sqlite3.OperationalError:
            return 0


class Theirs(Server):
    """Debian's prometheus-pushgateway, saving every 5 minutes, the default, and when it is stopped."""

    name = "Pushgateway"

    def __init__(self, folder, program="prometheus-pushgateway"):
        super().__init__(folder)
        self.program = program
        self.unchecked = False

    def command(self):
        flags = ["--push.disable-consistency-check"] if self.unchecked else []
        return [self.program, f"--web.listen-address=127.0.0.1:{self.port}", f"--persistence.file={os.path.join(self.folder, 'groups')}", *flags]
