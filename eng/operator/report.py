"""Turns what was measured of scrapes into text."""

import os
import statistics
import time
from dataclasses import dataclass

BEGINS = "# Benchmarks of the operator's endpoint"
KEPT = "## What bounds the scrape"
TARGET = 3


@dataclass
class Row:
    """Of one server in one run. Times are seconds."""

    name: str
    p50: float
    p99: float
    longest: float
    size: int
    cpu: float
    memory: int
    series: int = 0


@dataclass
class Target:
    what: str
    value: str
    reached: bool


def medians(runs):
    """A row for each server: the medians over the runs."""
    return [Row(rows[0].name, *(statistics.median(getattr(row, name) for row in rows) for name in ("p50", "p99", "longest", "size", "cpu", "memory", "series"))) for rows in zip(*runs)]


def ratio(runs, name, other):
    """Ours against another's, of each run; the median."""
    return statistics.median(getattr(rows[0], name) / getattr(rows[other], name) for rows in runs)


def targets(runs):
    """The first is the one that has to be reached."""
    return [Target(what, f"{ratio(runs, 'p99', other):.2f} ×", ratio(runs, "p99", other) <= TARGET)
            for what, other in (("99th percentile of a warm scrape against a bare prometheus-net endpoint", 1), ("the same against one with as many plain counters and nothing else", 2))]


def rows(runs):
    lines = ["| endpoint | series | answer kB | p50 ms | p99 ms | longest ms | CPU ms a scrape | memory MB | p50, p99 of the operator against it |", "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for n, row in enumerate(medians(runs)):
        against = f"{ratio(runs, 'p50', n):.2f} ×, {ratio(runs, 'p99', n):.2f} ×" if n else ""
        lines.append(f"| {row.name} | {row.series:.0f} | {row.size / 1e3:.1f} | {row.p50 * 1e3:.2f} | {row.p99 * 1e3:.2f} | {row.longest * 1e3:.1f} | {row.cpu * 1e3:.2f} | {row.memory / 1e6:.0f} | {against} |")
    return lines


def judged(text):
    lines = ["| target | must be | is | |", "|---|---|---:|---|"]
    lines += [f"| {t.what} | {'≤ ' + str(TARGET) + ' ×' if not n else ''} | {t.value} | {'' if n else 'reached' if t.reached else '**not reached**'} |" for n, t in enumerate(targets(text))]
    return lines


def table(text, prometheus):
    return "\n".join([*judged(text), "", "Plain text:", "", *rows(text), "", "As Prometheus asks (OpenMetrics, gzip):", "", *rows(prometheus)])


def write(path, text, prometheus, facts, args, took, load):
    """Replaces the section of these figures, and keeps what others wrote before it and what a person wrote at its end."""
    before = kept = ""
    if os.path.exists(path):
        with open(path) as f:
            before, _, own = f.read().partition(BEGINS)
            kept = KEPT + own.partition(KEPT)[2] if KEPT in own else ""
    lines = [
        BEGINS,
        "",
        f"Written by `eng/bench operator` on {time.strftime('%Y-%m-%d')}, in {took:.0f} seconds. All figures are medians of {len(text)} runs.",
        "",
        *[f"- {fact}" for fact in facts],
        f"- load average before the run: {load:.1f}; what else ran on the machine is in the figures of all endpoints alike, since they are scraped in turn",
        "",
        *judged(text),
        "",
        "Plain text:",
        "",
        *rows(text),
        "",
        "As Prometheus asks, with OpenMetrics and gzip, which the bare endpoint does not compress:",
        "",
        *rows(prometheus),
        "",
        "## How the scrapes are measured",
        "",
        f"- The operator is `stash run` as shipped, with sessions of {args.apps} apps, and after requests to each part of its API. The bare endpoint is `eng/operator/bare`: Kestrel with HTTPS, prometheus-net's `MapMetrics` and its default"
        " metrics (the runtime's event counters and meters among them), no authentication; once as it is, once with as many plain counters as the operator has series and no other metrics. All have the same certificate.",
        f"- One client for all (`eng/operator/scrape.py`): a connection over TLS for each that is kept, and scrapes one after the other, of each endpoint in turn; {args.warm_up:,} of each come before the first run, then {args.scrapes:,} of each are measured in each run, from the request"
        " to the last byte. Ratios are of each run, then their median.",
        "- Processor time is the server's own meanwhile; memory is VmRSS.",
        "",
    ]
    with open(path, "w") as f:
        f.write((before.rstrip("\n") + "\n\n" if before.strip() else "") + "\n".join(lines) + ("\n" + kept if kept else ""))
