"""Turns what was measured into text."""

import os
import time

KEPT = "## What bounds it"


def number(value, digits=0, unit=""):
    return "" if value is None else f"{value:,.{digits}f}{unit}"


def mb(value):
    return number(None if value is None else value / 1e6)


def ms(value, digits=0):
    return number(None if value is None else value * 1e3, digits)


def name(setup):
    return "stash" if setup.which == "ours" else "Pushgateway, no check" if setup.unchecked else "Pushgateway"


def one(setup, latest=False):
    """One line; of the last measurement, or of the medians."""
    get = (lambda key: setup.results.get(key, [None])[-1]) if latest else setup.__getitem__
    text = (f"{get('rate'):,.0f} pushes/s, p50 {get('p50'):.2f} ms, p99 {get('p99'):.2f} ms, CPU {get('user') + get('system'):.1f} us a push"
            f" ({get('user'):.1f} user, {get('system'):.1f} system; server {get('server_busy'):.2f} cores, client {get('client_busy'):.2f} cores),"
            f" RSS {mb(get('at_start'))} MB at start, {mb(get('loaded'))} loaded, {mb(get('scraped'))} scraped, {mb(get('peak'))} peak,"
            f" ready in {ms(get('ready'))} ms, stopped in {get('stopped') or 0:.2f} s")
    if get("scrape") is not None:
        text += f", scrape {ms(get('scrape'), 1)} ms of {get('size') / 1e6:.2f} MB"
    if get("behind") is not None:
        text += f", journal {get('behind'):,.0f} behind, " + (f"caught up in {get('journal'):.1f} s" if get("journal") is not None else "not caught up in time")
    if get("failed"):
        text += f", {get('failed'):.0f} FAILED"
    return text


def pushes(setups):
    lines = ["| groups | connections | gateway | pushes/s | ratio | p50 ms | p99 ms | CPU µs a push (user + system) | cores: gateway, client | failed |",
             "|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|"]
    for s in setups:
        other = next((o for o in setups if o.which == "theirs" and o.groups == s.groups and o.connections == s.connections), None)
        ratio = s["rate"] / other["rate"] if s.which == "ours" and other and other["rate"] else None
        lines.append(f"| {s.groups:,} | {s.connections} | {name(s)} | {number(s['rate'])} | {number(ratio, 2 if ratio and ratio < 100 else 0, ' ×')} | {number(s['p50'], 2)} | {number(s['p99'], 2)}"
                     f" | {number(s['user'], 1)} + {number(s['system'], 1)} | {number(s['server_busy'], 2)}, {number(s['client_busy'], 2)} | {number(sum(s.results['failed']))} |")
    return lines


def states(setups):
    lines = ["| groups | gateway | scrape ms | scrape MB | memory MB: started, loaded, scraped, peak | ready ms | ready ms after kill -9 | stop s |",
             "|---:|---|---:|---:|---:|---:|---:|---:|"]
    for s in (s for s in setups if s.connections == 64):
        lines.append(f"| {s.groups:,} | {name(s)} | {ms(s['scrape'], 1)} | {number(s['size'] / 1e6, 2)} | {mb(s['at_start'])}, {mb(s['loaded'])}, {mb(s['scraped'])}, {mb(s['peak'])}"
                     f" | {ms(s['ready'])} | {ms(s['ready_killed'])} | {number(s['stopped'], 2)} |")
    return lines


def journal(setups):
    lines = ["| groups | connections | pushes followed a second while loaded | behind at the end of the load | seconds until caught up | CPU µs a push for it afterwards |",
             "|---:|---:|---:|---:|---:|---:|"]
    for s in (s for s in setups if s.which == "ours"):
        lines.append(f"| {s.groups:,} | {s.connections} | {number(s['followed'])} | {number(s['behind'])} | {number(s['journal'], 1) or 'not in time'} | {number(s['journal_cpu'], 1)} |")
    return lines


def judged(found):
    lines = ["| target | must be | is | |", "|---|---|---:|---|"]
    lines += [f"| {t.what} | {t.must} | {t.value or 'not measured'} | {'' if t.value is None else 'reached' if t.reached else '**not reached**'} |" for t in found]
    return lines


def table(setups, client, found):
    lines = [*judged(found), "", *pushes(setups), "", *states(setups), "", *journal(setups)]
    if client:
        lines += ["", f"The client alone, from our cheapest answer: {client['rate']:,.0f}/s."]
    return "\n".join(lines)


def write(path, setups, client, found, facts, seconds, warm_up, repeats, took, load):
    kept = ""
    if os.path.exists(path):
        with open(path) as f:
            _, mark, rest = f.read().partition(KEPT)
            kept = mark + rest
    wrk_cpu = sorted(s["client"] for s in setups if s["rate"] and s["rate"] > 1000)
    text = [
        "# Benchmarks of the push gateway",
        "",
        f"Written by `eng/bench gateway` on {time.strftime('%Y-%m-%d')}, in {took / 60:.0f} minutes. {'All figures are medians of ' + str(repeats) + ' runs, each' if repeats > 1 else 'All figures are of one run'} of a gateway that was started anew with its saved state.",
        "",
        *[f"- {fact}" for fact in facts],
        f"- load average before the run: {load:.1f}; what else ran on the machine is in the figures, and not in all of them alike",
        "",
        "## Against the targets",
        "",
        *judged(found),
        "| acknowledged pushes lost over 50 kill -9 at random moments under load | 0 | | `eng/kill` |",
        "",
        "## Pushes",
        "",
        *pushes(setups),
        "",
        f"The client is not the limit: it takes {number(wrk_cpu[0], 1)} to {number(wrk_cpu[-1], 1)} µs of a processor for a push, and has two threads."
        + (f" From our cheapest answer (`GET /-/healthy`) the same client with the same connections takes {client['rate']:,.0f} a second at {number(client['client_busy'], 2)} cores;"
           f" what a server of HTTP alone costs here is {number(client['user'] + client['system'], 1)} µs a request." if client else ""),
        "",
        "## Scrapes, memory, starts",
        "",
        *states(setups),
        "",
        "Ready means that `GET /-/ready` is answered with 200, counted from the start of the process. Every second stop of ours is a `kill -9`.",
        "",
        "## The session journal behind the pushes",
        "",
        *journal(setups),
        "",
        "Every push of the benchmark is a session of its own to the journal, far more than any fleet has. No push waits for it.",
        "",
        "## How it is measured",
        "",
        "- Ours is `stash run` as shipped: every answered push is on the disk, the consistency check is on, the session journal follows, the API listens. Pushgateway runs with `--persistence.file`"
        " and its default interval of five minutes: nothing is on the disk when it answers. At 10,000 groups and more it runs with `--push.disable-consistency-check`, since with it a push takes longer there than a load lasts.",
        "- One after the other on the same machine, over loopback, the load on the same processors as the gateway.",
        "- Every group holds one session in the form that Stash 0.8.3 pushes (`eng/gateway/push.txt`: six samples in four families) before anything is measured. Then it is stopped in good order, and started"
        " for each run with what it saved.",
        f"- The load is `PUT` of such a session to all groups in turn by wrk over connections that are kept, two threads with groups of their own (`eng/gateway/push.lua`); requests are made before, not during"
        f" the load. {warm_up} s of the same load come first (not where Pushgateway with its check would be at work on it for longer), then {seconds} s are measured (10 s for Pushgateway with its check at 1,000 groups and more).",
        "- Processor time is the process's own, over the measured load, the journal's share included; memory is VmRSS, at most VmHWM. Scrapes are plain text by curl, one after the other, once the gateway is idle; the median of five.",
        "- Percentiles are wrk's, of all requests.",
        "",
    ]
    with open(path, "w") as f:
        f.write("\n".join(text) + ("\n" + kept if kept else ""))
