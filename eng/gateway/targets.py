"""What the gateway must reach, and whether it does."""


class Target:
    """One figure: what it is, what it must be, what it was."""

    def __init__(self, what, must, value, reached):
        self.what, self.must, self.value, self.reached = what, must, value, reached


def find(setups, which, groups, connections=64):
    return next((s for s in setups if s.which == which and s.groups == groups and s.connections == connections), None)


def ratio(a, b):
    return a / b if a is not None and b else None


def targets(setups):
    """The targets that this run can tell of."""
    def ours(groups, name):
        return (s := find(setups, "ours", groups)) and s[name]

    def theirs(groups, name):
        return (s := find(setups, "theirs", groups)) and s[name]

    def target(what, must, value, least=None, most=None):
        reached = value is not None and (least is None or value >= least) and (most is None or value <= most)
        return Target(what, must, None if value is None else f"{value:,.2f} ×" if value < 100 else f"{value:,.0f} ×", reached)

    return [
        target("pushes/s against Pushgateway at 3,000 groups", "≥ 100 ×", ratio(ours(3_000, "rate"), theirs(3_000, "rate")), least=100),
        target("pushes/s at 100,000 groups against ours at 100", "≥ 0.8 ×", ratio(ours(100_000, "rate"), ours(100, "rate")), least=0.8),
        target("pushes/s against Pushgateway without its check and without durability, 10,000 groups", "≥ 1 ×, aim 1.5 ×", ratio(ours(10_000, "rate"), theirs(10_000, "rate")), least=1),
        target("99th percentile of a push at 100,000 groups against our median", "≤ 20 ×", ratio(ours(100_000, "p99"), ours(100_000, "p50")), most=20),
        target("scrape of 10,000 groups: Pushgateway's time against ours", "≥ 5 ×", ratio(theirs(10_000, "scrape"), ours(10_000, "scrape")), least=5),
        target("resident memory at 100,000 groups against Pushgateway's", "≤ 0.33 ×", ratio(ours(100_000, "loaded"), theirs(100_000, "loaded")), most=1 / 3),
        target("start with 100,000 groups until ready: Pushgateway's time against ours", "> 1 ×", ratio(theirs(100_000, "ready"), ours(100_000, "ready")), least=1),
    ]
