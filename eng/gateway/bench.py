"""Measures the push gateway beside Prometheus' own. Run by eng/bench, which builds first; see --help."""

import argparse
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time

from load import caught_up, fill, scrape, wrk
from machine import facts
from report import one, table, write
from servers import BenchError, Ours, Theirs
from targets import targets

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CATCH_UP_SECONDS = 60


class Setup:
    """One row: a gateway, a number of groups, a number of connections."""

    def __init__(self, which, groups, connections, unchecked=False):
        self.which, self.groups, self.connections, self.unchecked = which, groups, connections, unchecked
        self.results = {}

    def __str__(self):
        name = "stash" if self.which == "ours" else "Pushgateway, check disabled" if self.unchecked else "Pushgateway"
        return f"{name}, {self.groups:,} groups, {self.connections} connections"

    def add(self, **values):
        for name, value in values.items():
            if value is not None:
                self.results.setdefault(name, []).append(value)

    def __getitem__(self, name):
        """The median, None where it was not measured."""
        values = self.results.get(name)
        return statistics.median(values) if values else None


class Run:
    def __init__(self, args):
        self.args = args
        self.folder = tempfile.mkdtemp(prefix="run-", dir=args.folder)
        self.servers = {}

    def say(self, text):
        print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)

    def server(self, setup):
        """The gateway with that many groups in its saved state, stopped. The reference is filled without its check, which takes its time with every group."""
        key = (setup.which, setup.groups)
        if key not in self.servers:
            folder = os.path.join(self.folder, f"{setup.which}-{setup.groups}")
            server = Ours(folder, self.args.stash) if setup.which == "ours" else Theirs(folder, self.args.pushgateway)
            server.unchecked = True
            server.killed = False
            self.servers[key] = server
            server.start()
            started = time.perf_counter()
            fill(server, setup.groups)
            self.say(f"{server.name}: {setup.groups:,} groups filled in {time.perf_counter() - started:.1f} s")
            if setup.which == "ours":
                server.position = setup.groups
                if caught_up(server, server.position, CATCH_UP_SECONDS) is None:
                    self.say(f"the journal has not followed the first {setup.groups:,} pushes within {CATCH_UP_SECONDS} s")
            server.stop()
        return self.servers[key]

    def measure(self, setup, seconds, scrapes):
        server = self.server(setup)
        server.unchecked = setup.unchecked
        killed, ready = server.killed, server.start()
        try:
            at_start, _ = server.memory()
            if self.args.pid:
                self.say(f"{server.name} has pid {server.pid}")
            # With its check on, the reference is at work for seconds on what a warm-up leaves behind; it compiles nothing that would need one.
            slow = setup.which == "theirs" and not setup.unchecked and setup.groups >= 1_000
            seconds = max(seconds, 10) if slow else seconds
            warm = wrk(server, setup.groups, self.args.warm_up, setup.connections) if self.args.warm_up and not slow else {"requests": 0}
            load = wrk(server, setup.groups, seconds, setup.connections)
            loaded, _ = server.memory()
            behind = journal = None
            if setup.which == "ours":
                sent = int(warm["requests"] + load["requests"])
                server.position += sent
                behind = max(0, server.position - server.followed())
                setup.add(followed=max(0, sent - behind) / (seconds + self.args.warm_up))
                before = server.cpu()
                journal = caught_up(server, server.position, CATCH_UP_SECONDS)
                server.position = max(server.position, server.followed())
                setup.add(journal_cpu=(sum(server.cpu()) - sum(before)) / sent * 1e6)
            server.settle()
            took, size = scrape(server, scrapes) if scrapes else (None, None)
            scraped, peak = server.memory()
            setup.add(ready=ready, ready_killed=ready if killed else None, at_start=at_start, loaded=loaded, scraped=scraped, peak=peak, behind=behind, journal=journal, scrape=took, size=size, **load)
        finally:
            # Ours is killed every other time: a start after a crash is a start as any other.
            crash = setup.which == "ours" and len(setup.results.get("ready", [])) % 2 == 1
            stopped = server.stop(signal.SIGKILL if crash else signal.SIGTERM)
            server.killed = crash
            setup.add(stopped=None if crash else stopped)
        self.say(f"{setup}: " + one(setup, latest=True))

    def ceiling(self, seconds):
        """How many answers a second the same client takes from our cheapest endpoint."""
        setup = Setup("ours", 100, 64)
        server = self.server(setup)
        server.start()
        try:
            return wrk(server, 100, seconds, 64, cheap=True)
        finally:
            server.stop()

    def close(self):
        for server in self.servers.values():
            if server.process is not None:
                server.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


def plan(args):
    if args.only:
        return [Setup(args.only, groups, connections, args.unchecked) for groups in args.groups or [10_000] for connections in args.connections or [64]]
    sizes = args.groups or ([100, 3_000, 10_000] if args.quick else [100, 1_000, 3_000, 10_000, 100_000])
    setups = []
    for connections in args.connections or [64]:
        for groups in sizes:
            setups.append(Setup("ours", groups, connections))
            setups.append(Setup("theirs", groups, connections, unchecked=args.unchecked or groups > 3_000))
    if not args.quick and not args.connections and not args.groups:
        setups += [Setup("ours", 10_000, 32), Setup("theirs", 10_000, 32, unchecked=True)]
    return setups


def main():
    parser = argparse.ArgumentParser(prog="eng/bench gateway", description="Measures the push gateway beside Debian's prometheus-pushgateway: same client, same pushes, one after the other.")
    parser.add_argument("--quick", action="store_true", help="a look of one to two minutes; docs/benchmarks.md stays as it is")
    parser.add_argument("--only", choices=["ours", "theirs"], help="one gateway alone, 10,000 groups unless told otherwise; docs/benchmarks.md stays as it is")
    parser.add_argument("--groups", type=int, nargs="+", metavar="N", help="numbers of groups")
    parser.add_argument("--connections", type=int, nargs="+", metavar="N", help="connections of the client (default 64)")
    parser.add_argument("--seconds", type=int, metavar="N", help="seconds of each load (default 5; 2 with --quick)")
    parser.add_argument("--warm-up", type=int, metavar="N", help="seconds of the same load before each (default 5, in which a program that is compiled while it runs gets to its speed; 1 with --quick)")
    parser.add_argument("--repeats", type=int, metavar="N", help="times each row is measured, in turn (default 3; 1 with --quick or --only)")
    parser.add_argument("--minutes", type=float, default=12, metavar="N", help="no further repeat is begun that would end later (default 12)")
    parser.add_argument("--unchecked", action="store_true", help="the reference with its consistency check disabled at every size (it always is above 3,000 groups)")
    parser.add_argument("--pid", action="store_true", help="say the process id before each load, for a profiler")
    parser.add_argument("--stash", default=os.path.join(ROOT, "artifacts", "bench", "stash", "stash"), help=argparse.SUPPRESS)
    parser.add_argument("--pushgateway", default="prometheus-pushgateway", help=argparse.SUPPRESS)
    parser.add_argument("--folder", default=os.path.join(ROOT, "artifacts", "bench"), help="where the gateways keep their data meanwhile (default artifacts/bench)")
    args = parser.parse_args()
    short = args.quick or args.only
    seconds = args.seconds or (2 if args.quick else 5)
    args.warm_up = args.warm_up if args.warm_up is not None else 1 if args.quick else 5
    repeats = args.repeats or (1 if short else 3)

    started = time.perf_counter()
    load = os.getloadavg()[0]
    about = facts(args.folder, args.stash, args.pushgateway)
    run = Run(args)
    setups = plan(args)
    try:
        for repeat in range(repeats):
            passed = time.perf_counter() - started
            if repeat and passed * (repeat + 1) / repeat > args.minutes * 60:
                run.say(f"{repeat} of {repeats} runs: another would take longer than {args.minutes} minutes in all")
                repeats = repeat
                break
            for setup in setups:
                run.measure(setup, seconds, 3 if short else 5)
        client = None if args.only else run.ceiling(seconds)
    finally:
        run.close()
    if args.only:
        for setup in setups:
            print(f"{setup}: {one(setup)}")
        return
    found = targets(setups)
    print(table(setups, client, found))
    took = time.perf_counter() - started
    if not args.quick and not args.groups and not args.connections:
        write(os.path.join(ROOT, "docs", "benchmarks.md"), setups, client, found, about, seconds, args.warm_up, repeats, took, load)
        print("docs/benchmarks.md is written.")
    print(f"Took {took / 60:.1f} minutes.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except BenchError as e:
        sys.exit(f"eng/bench: {e}")
    except KeyboardInterrupt:
        sys.exit(130)
