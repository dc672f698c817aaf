"""Turns what was measured of the controller into text."""

import os
import time
from dataclasses import dataclass

BEGINS = "# Benchmarks of the controller"
KEPT = "## What bounds the controller"


@dataclass
class Figures:
    """Times are seconds."""

    starts: list
    changes: list
    drifts: list
    peace: dict
    peace_seconds: int


def quantile(times, q):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * q))]


def table(figures):
    others = figures.peace["read"] + figures.peace["change"]
    rows = [
        ("change of the settings to the ServiceMonitor on the API server, 95th percentile", "< 1 s", f"{quantile(figures.changes, 0.95) * 1e3:.0f} ms", quantile(figures.changes, 0.95) < 1),
        ("the same, median", "", f"{quantile(figures.changes, 0.5) * 1e3:.0f} ms", None),
        (f"drift repaired, longest of {len(figures.drifts)}", "< 3 s", f"{max(figures.drifts) * 1e3:.0f} ms", max(figures.drifts) < 3),
        ("requests an hour in peace, beside watches, Lease and reviews", "< 60", f"{others:.0f}", others < 60),
        (f"start of the process to its first reconcile, longest of {len(figures.starts)}", "< 5 s", f"{max(figures.starts):.2f} s", max(figures.starts) < 5),
        ("the same, median", "", f"{quantile(figures.starts, 0.5):.2f} s", None),
    ]
    lines = ["| target | must be | is | |", "|---|---|---:|---|"]
    lines += [f"| {what} | {must} | {value} | {'' if reached is None else 'reached' if reached else '**not reached**'} |" for what, must, value, reached in rows]
    lines += ["", f"In those {figures.peace_seconds} s of peace, an hour of it: {', '.join(f'{kind} {count:.0f}' for kind, count in sorted(figures.peace.items()))}."]
    return "\n".join(lines)


def write(path, figures, facts, took, load):
    """Replaces the section of these figures, and keeps what others wrote before it and what a person wrote at its end."""
    before = kept = ""
    if os.path.exists(path):
        with open(path) as f:
            before, _, own = f.read().partition(BEGINS)
            kept = KEPT + own.partition(KEPT)[2] if KEPT in own else ""
    lines = [
        BEGINS,
        "",
        f"Written by `eng/bench controller` on {time.strftime('%Y-%m-%d')}, in {took:.0f} seconds.",
        "",
        *[f"- {fact}" for fact in facts],
        "- kube-apiserver 1.20.2 with etcd on the same machine",
        f"- load average before the run: {load:.1f}",
        "",
        table(figures),
        "",
        "## How the controller is measured",
        "",
        f"- The operator is `stash run` as shipped, under the chart's rights alone. A change is a patch of a label in the `Monitoring`, {len(figures.changes)} one after the other, until a watch tells of the ServiceMonitor with that label: the request of whoever changes it is in the figure.",
        "- Drift is, in turn: the ServiceMonitor deleted, its endpoints taken away, the Secret deleted, the ClusterRole emptied, its binding deleted; until a GET shows it as it is to be.",
        "- A start has the Lease free, and the ServiceMonitor to be made; until a GET shows it.",
        "- Requests are the operator's own count (`stash_kubernetes_api_requests_total`), made known by reading its metrics twice, which costs the reviews. A watch is begun anew every 5 to 10 minutes, so that there are 6 to 12 of it an hour for each of 11 resources.",
        "",
    ]
    with open(path, "w") as f:
        f.write((before.rstrip("\n") + "\n\n" if before.strip() else "") + "\n".join(lines) + ("\n" + kept if kept else ""))
