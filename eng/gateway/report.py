"""Turns what was measured into text."""


def number(value, digits=0, unit=""):
    return "" if value is None else f"{value:,.{digits}f}{unit}"


def mb(value):
    return number(None if value is None else value / 1e6)


def one(setup, latest=False):
    """One line; of the last measurement, or of the medians."""
    get = (lambda name: setup.results.get(name, [None])[-1]) if latest else setup.__getitem__
    text = (f"{get('rate'):,.0f} pushes/s, p50 {get('p50'):.2f} ms, p99 {get('p99'):.2f} ms, CPU {get('user') + get('system'):.1f} us a push"
            f" ({get('user'):.1f} user, {get('system'):.1f} system; server {get('server_busy'):.2f} cores, client {get('client_busy'):.2f} cores),"
            f" RSS {get('at_start') / 1e6:.0f} MB at start, {get('loaded') / 1e6:.0f} loaded, {get('scraped') / 1e6:.0f} scraped, {get('peak') / 1e6:.0f} peak,"
            f" ready in {get('ready') * 1e3:.0f} ms, stopped in {get('stopped') or 0:.2f} s")
    if get("scrape") is not None:
        text += f", scrape {get('scrape') * 1e3:.1f} ms of {get('size') / 1e6:.2f} MB"
    if get("behind") is not None:
        text += f", journal {get('behind'):,.0f} behind, " + (f"caught up in {get('journal'):.1f} s" if get("journal") is not None else "not caught up in time")
    if get("failed"):
        text += f", {get('failed'):.0f} FAILED"
    return text


def table(setups, client):
    lines = ["| groups | conns | gateway | pushes/s | ratio | p50 ms | p99 ms | CPU us/push | scrape ms | MB | RSS MB loaded / peak | ready ms | journal behind / s |",
             "|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for s in setups:
        other = next((o for o in setups if o.which != s.which and o.groups == s.groups and o.connections == s.connections), None)
        ratio = s["rate"] / other["rate"] if s.which == "ours" and other and other["rate"] else None
        name = "stash" if s.which == "ours" else "Pushgw, unchecked" if s.unchecked else "Pushgw"
        journal = "" if s.which != "ours" else f"{number(s['behind'])} / {number(s['journal'], 1)}"
        lines.append(f"| {s.groups:,} | {s.connections} | {name} | {number(s['rate'])} | {number(ratio, 2)} | {number(s['p50'], 2)} | {number(s['p99'], 2)} | {number(s['user'] + s['system'], 1)}"
                     f" | {number(s['scrape'] * 1e3, 1)} | {number(s['size'] / 1e6, 2)} | {mb(s['loaded'])} / {mb(s['peak'])} | {number(s['ready'] * 1e3)} | {journal} |")
    if client:
        lines += ["", f"The client alone, from our cheapest answer: {client['rate']:,.0f}/s."]
    return "\n".join(lines)
