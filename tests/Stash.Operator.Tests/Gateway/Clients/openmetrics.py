"""Reads two expositions, text and OpenMetrics, with the parsers of the Python client, the second of which is strict. Prints what differs."""
import math
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

# Differ between two scrapes.
OWN = ("process_", "promhttp_", "pushgateway_", "stash_")


def series(families):
    return {
        (s.name, tuple(sorted(s.labels.items()))): "NaN" if math.isnan(s.value) else float(s.value)
        for f in families for s in f.samples if not s.name.startswith(OWN)
    }


with open(sys.argv[1], encoding="utf-8") as text, open(sys.argv[2], encoding="utf-8") as other:
    # This parser gives a counter the name that OpenMetrics would.
    a = series(parser.text_string_to_metric_families(text.read().replace(" counter\n", " untyped\n")))
    b = series(openmetrics.text_string_to_metric_families(other.read()))
for key in sorted(set(a) | set(b), key=str):
    if a.get(key) != b.get(key):
        print(key, a.get(key), b.get(key))
print(len(a), "series")
