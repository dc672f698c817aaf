"""Reads two expositions of the same process, text and OpenMetrics, with the parsers of the Python client, the second of which is strict. Prints the series that only one has."""
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics


def series(families):
    return {(s.name, tuple(sorted(s.labels.items()))) for f in families for s in f.samples}


with open(sys.argv[1], encoding="utf-8") as text, open(sys.argv[2], encoding="utf-8") as other:
    # This parser gives a counter the name that OpenMetrics would.
    a = series(parser.text_string_to_metric_families(text.read().replace(" counter\n", " untyped\n")))
    b = series(openmetrics.text_string_to_metric_families(other.read()))
for key in sorted(a ^ b, key=str):
    print("text" if key in a else "OpenMetrics", key)
print(len(a), "series")
