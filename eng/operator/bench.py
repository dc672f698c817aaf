"""Measures scrapes of the operator's /metrics beside those of a bare prometheus-net endpoint. Run by eng/bench, which builds first; see --help."""

import argparse
import json
import os
import shutil
import signal
import ssl
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(1, os.path.join(ROOT, "eng", "gateway"))

from load import BODY, path  # noqa: E402
from machine import machine_facts, program_facts  # noqa: E402
from report import Row, table, targets, write  # noqa: E402
from scrape import Scraper  # noqa: E402
from servers import BenchError, Ours, Server, free_port  # noqa: E402

AS_PROMETHEUS = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
API = "/apis/monitoring.stash.appscode.com/v1alpha1/"


class Bare(Server):
    """prometheus-net's endpoint alone, with the operator's certificate."""

    def __init__(self, folder, program, data, series=0):
        super().__init__(folder)
        self.program, self.data, self.series = program, data, series
        self.name = "bare, as many plain counters" if series else "bare"

    def command(self):
        made = [str(self.series)] if self.series else []
        return [self.program, str(self.port), os.path.join(self.data, "tls.crt"), os.path.join(self.data, "tls.key"), *made]

    def answers_ready(self):
        try:
            scraper = Scraper(self.port, os.path.join(self.data, "ca.crt"))
            scraper.scrape()
            scraper.close()
            return True
        except OSError:
            return False


class Run:
    def __init__(self, args):
        self.args = args
        self.folder = tempfile.mkdtemp(prefix="operator-", dir=args.folder)
        self.operator = Ours(os.path.join(self.folder, "stash"), args.stash)
        self.operator.api_port = free_port()
        self.data = os.path.join(self.operator.folder, "data")
        self.servers = []

    def say(self, text):
        print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)

    def token(self):
        with open(os.path.join(self.data, "api-token")) as f:
            return f.read().strip()

    def start(self):
        """The operator with sessions of some apps and requests of all kinds behind it; then the bare ones, one with as many plain counters."""
        self.start_one(self.operator)
        for group in range(self.args.apps):
            request = urllib.request.Request(self.operator.url + path(group), BODY, method="PUT")
            urllib.request.urlopen(request, timeout=30).close()
        context = ssl.create_default_context(cafile=os.path.join(self.data, "ca.crt"))

        def ask(what, body=None, method="GET"):
            request = urllib.request.Request(f"https://127.0.0.1:{self.operator.api_port}{what}", body, {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json", "User-Agent": "bench/1"}, method=method)
            try:
                with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                    return answer.read()
            except urllib.error.HTTPError as e:
                return e.read()

        for _ in range(3):
            for what in ("sessions", "sessions/none", "aggregates", "apps", "running", "groups"):
                ask(API + what)
            settings = ask(API + "settings")
            ask(API + "settings/preview", settings, "POST")
            ask(API + "settings", settings, "PUT")
            for what in ("/healthz", "/livez", "/readyz", "/openapi/v1.json", "/nothing"):
                ask(what)
        json.loads(settings)
        self.start_one(Bare(os.path.join(self.folder, "bare"), self.args.bare, self.data))
        self.start_one(Bare(os.path.join(self.folder, "bare-counters"), self.args.bare, self.data, self.series(self.scraper(self.operator))))

    def start_one(self, server):
        self.servers.append(server)
        server.start()

    def scraper(self, server, **how):
        ours = server is self.operator
        return Scraper(server.api_port if ours else server.port, os.path.join(self.data, "ca.crt"), self.token() if ours else None, **how)

    @staticmethod
    def series(scraper):
        count = sum(1 for line in scraper.text().splitlines() if line and not line.startswith("#"))
        scraper.close()
        return count

    def measure(self, warm_up, **how):
        """Scrapes of all in turn, so that what else goes on meets all alike. Gives a row for each."""
        scrapers = [self.scraper(s, **how) for s in self.servers]
        for _ in range(warm_up):
            for scraper in scrapers:
                scraper.scrape()
        cpu = [-sum(server.cpu()) for server in self.servers]
        times = [[] for _ in scrapers]
        sizes = [0 for _ in scrapers]
        for i in range(self.args.scrapes):
            for j in range(len(scrapers)):
                n = (i + j) % len(scrapers)
                took, answer = scrapers[n].scrape()
                times[n].append(took)
                sizes[n] = len(answer)
        rows = []
        for server, scraper, took, size, before in zip(self.servers, scrapers, times, sizes, cpu):
            used = before + sum(server.cpu())
            took.sort()
            scraper.close()
            rows.append(Row(server.name, took[len(took) // 2], took[int(len(took) * 0.99)], took[-1], size, used / len(took), server.memory()[0], self.series(self.scraper(server))))
        return rows

    def close(self):
        for server in self.servers:
            if server.process is not None:
                server.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(prog="eng/bench operator", description="Measures scrapes of the operator's /metrics beside those of a bare prometheus-net endpoint: same certificate, same client, in turn.")
    parser.add_argument("--quick", action="store_true", help="a look of half a minute; docs/benchmarks.md stays as it is")
    parser.add_argument("--scrapes", type=int, metavar="N", help="scrapes of each in a run (default 1000; 500 with --quick); with this or one of the next two docs/benchmarks.md stays as it is")
    parser.add_argument("--warm-up", type=int, metavar="N", help="scrapes of each before (default 600; 300 with --quick)")
    parser.add_argument("--repeats", type=int, metavar="N", help="runs, of which the medians count (default 3; 1 with --quick)")
    parser.add_argument("--apps", type=int, default=20, metavar="N", help="apps with a session in the journal (default 20)")
    parser.add_argument("--pid", action="store_true", help="say the process ids before the load, for a profiler")
    parser.add_argument("--stash", default=os.path.join(ROOT, "artifacts", "bench", "stash", "stash"), help=argparse.SUPPRESS)
    parser.add_argument("--bare", default=os.path.join(ROOT, "artifacts", "bench", "bare", "bare"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", default=os.path.join(ROOT, "artifacts", "bench"), help="where the operator keeps its data meanwhile (default artifacts/bench)")
    args = parser.parse_args()
    short = args.quick or args.scrapes or args.warm_up is not None or args.repeats
    args.scrapes = args.scrapes or (500 if args.quick else 1000)
    args.warm_up = args.warm_up if args.warm_up is not None else 300 if args.quick else 600
    repeats = args.repeats or (1 if args.quick else 3)

    started = time.perf_counter()
    load = os.getloadavg()[0]
    facts = [*machine_facts(args.folder), program_facts(args.stash)]
    run = Run(args)
    text, prometheus = [], []
    try:
        run.start()
        if args.pid:
            run.say(", ".join(f"{s.name} has pid {s.pid}" for s in run.servers))
        for repeat in range(repeats):
            # They stay warm; only a new connection has to get going.
            warm_up = args.warm_up if repeat == 0 else min(args.warm_up, 50)
            text.append(run.measure(warm_up))
            prometheus.append(run.measure(warm_up, accept=AS_PROMETHEUS, gzip=True))
            run.say(f"run {repeat + 1} of {repeats}: p99 {targets(text[-1:])[0].value}; as Prometheus asks {targets(prometheus[-1:])[0].value}")
    finally:
        run.close()
    print(table(text, prometheus))
    took = time.perf_counter() - started
    if not short:
        write(os.path.join(ROOT, "docs", "benchmarks.md"), text, prometheus, facts, args, took, load)
        print("docs/benchmarks.md is written.")
    print(f"Took {took / 60:.1f} minutes.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (BenchError, ConnectionError) as e:
        sys.exit(f"eng/bench: {e}")
    except KeyboardInterrupt:
        sys.exit(130)
