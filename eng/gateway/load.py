"""The client's side: filling a gateway, loading it with wrk, scraping it."""

import os
import selectors
import socket
import statistics
import subprocess
import time

from servers import BenchError

HERE = os.path.dirname(os.path.abspath(__file__))
BODY_FILE = os.path.join(HERE, "push.txt")
with open(BODY_FILE, "rb") as body_file:
    BODY = body_file.read()


def path(group):
    return f"/metrics/job/bench-{group}/app/app{group}/kind/Deployment/namespace/bench/stash_config/daily"


def fill(server, groups, connections=64, batch=16):
    """Pushes a session to each group once, pipelined."""
    head = f"Host: 127.0.0.1:{server.port}\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY

    class Connection:
        def __init__(self, first):
            self.next = first
            self.socket = socket.create_connection(("127.0.0.1", server.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send(self):
            numbers = range(self.next, min(groups, self.next + batch * connections), connections)
            self.next += batch * connections
            self.due = len(numbers)
            self.answers = b""
            self.socket.sendall(b"".join(b"PUT %s HTTP/1.1\r\n%s" % (path(n).encode(), head) for n in numbers))
            return self.due > 0

        def receive(self):
            data = self.socket.recv(1 << 16)
            self.answers += data
            if not data or b"HTTP/1.1 4" in self.answers or b"HTTP/1.1 5" in self.answers:
                raise BenchError(f"A push to {server.name} failed while the groups were made: {self.answers[:400]!r}")
            return self.answers.count(b"HTTP/1.1 2") == self.due and self.answers.endswith(b"\r\n\r\n")

    with selectors.DefaultSelector() as selector:
        open_connections = 0
        for n in range(min(connections, groups)):
            connection = Connection(n)
            connection.send()
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            open_connections += 1
        while open_connections:
            for key, _ in selector.select():
                connection = key.data
                if connection.receive() and (connection.next >= groups or not connection.send()):
                    selector.unregister(connection.socket)
                    connection.socket.close()
                    open_connections -= 1


def wrk(server, groups, seconds, connections, cheap=False):
    """Runs wrk and gives what it saw and what both sides' processors did meanwhile."""
    threads = 2
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", os.path.join(HERE, "push.lua"),
               server.url, "--", str(groups), str(threads), BODY_FILE, *(["cheap"] if cheap else [])]
    user, system = server.cpu()
    client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    out = client.stdout.read()
    _, status, usage = os.wait4(client.pid, 0)
    client.returncode = os.waitstatus_to_exitcode(status)
    user_after, system_after = server.cpu()
    line = next((line.split() for line in out.splitlines() if line.startswith("RESULT")), None)
    if line is None:
        raise BenchError(f"wrk gave no result: {out}")
    requests, failed, duration, p50, p99 = (float(x) for x in line[1:])
    good = max(1, requests - failed)
    return {
        "requests": requests,
        "failed": failed,
        "rate": (requests - failed) / duration,
        "p50": p50 / 1e3,
        "p99": p99 / 1e3,
        "user": (user_after - user) / good * 1e6,
        "system": (system_after - system) / good * 1e6,
        "client": (usage.ru_utime + usage.ru_stime) / good * 1e6,
        "client_busy": (usage.ru_utime + usage.ru_stime) / duration,
        "server_busy": (user_after + system_after - user - system) / duration,
    }


def scrape(server, times):
    """Plain text scrapes one after the other: the median of the seconds, and the bytes."""
    seconds, size = [], 0
    for _ in range(times):
        out = subprocess.run(["curl", "-sf", "-o", "/dev/null", "-w", "%{time_total} %{size_download}", server.url + "/metrics"], capture_output=True, text=True)
        if out.returncode:
            raise BenchError(f"The scrape of {server.name} failed.")
        took, got = out.stdout.split()
        seconds.append(float(took))
        size = int(got)
    return statistics.median(seconds), size


def caught_up(server, position, seconds):
    """Waits until the journal has followed to a position: the seconds it took, None where it is not there in time."""
    started = time.perf_counter()
    while server.followed() < position:
        if time.perf_counter() - started > seconds:
            return None
        time.sleep(0.02)
    return time.perf_counter() - started
