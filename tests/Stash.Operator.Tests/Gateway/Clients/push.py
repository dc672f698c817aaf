"""Pushes with the real Python client: push.py HOST:PORT."""
import sys

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, delete_from_gateway, push_to_gateway, pushadd_to_gateway

gateway = sys.argv[1]
registry = CollectorRegistry()
Gauge("restic_session_success", "Indicates if session was successfully completed", registry=registry).set(1)
Histogram("sizes_bytes", "Sizes.", buckets=(1, 10), registry=registry).observe(5)
more = CollectorRegistry()
Counter("runs", "Runs.", registry=more).inc(3)
key = {"app": "web", "path": "/var/lib", "empty": ""}
push_to_gateway(gateway, job="demo-daily", registry=registry, grouping_key=key)
pushadd_to_gateway(gateway, job="demo-daily", registry=more, grouping_key=key)
push_to_gateway(gateway, job="gone", registry=registry)
delete_from_gateway(gateway, job="gone")
