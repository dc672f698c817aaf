"""Measures the controller of the settings on a real API server: how soon a change and a repair are there, the start, and what it asks for in peace. Run by eng/bench, which builds first; see --help."""

import argparse
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(1, os.path.join(ROOT, "eng", "gateway"))

from cluster import Cluster, Watch  # noqa: E402
from machine import machine_facts, program_facts  # noqa: E402
from report import Figures, table, write  # noqa: E402
from servers import BenchError, free_port  # noqa: E402

NAMESPACE, PROMETHEUS = "stash", "monitoring"
SETTINGS = f"/apis/stash.appscode.com/v1alpha1/namespaces/{NAMESPACE}/monitorings"
MONITORS = f"/apis/monitoring.coreos.com/v1/namespaces/{PROMETHEUS}/servicemonitors"
SECRETS = f"/api/v1/namespaces/{PROMETHEUS}/secrets"
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
MONITOR, SECRET, ROLE = "stash-servicemonitor", "stash-apiserver-cert", f"stash-metrics-reader-{NAMESPACE}"


class Run:
    def __init__(self, args):
        self.args = args
        self.folder = tempfile.mkdtemp(prefix="controller-", dir=args.folder)
        self.cluster = Cluster(self.folder, free_port, BenchError)
        self.operator = None
        self.api, self.gateway = free_port(), free_port()

    def say(self, text):
        print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)

    def prepare(self):
        """The kinds, the namespaces, the Service, a Prometheus, and a service account with the chart's rights and no other."""
        cluster = self.cluster
        cluster.start()
        for name in (NAMESPACE, PROMETHEUS):
            cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        for folder in ("deploy/chart/stash/crds", "tests/crds"):
            cluster.kubectl("apply", "--server-side", "--validate=false", "-f", os.path.join(ROOT, folder))
        cluster.wait("the kinds are served", lambda: all(cluster.ask("GET", path, check=False)[0] == 200 for path in (SETTINGS, MONITORS, MONITORS.replace("servicemonitors", "prometheuses"))))
        helm = cluster.output(os.path.join(ROOT, "eng", "helm")).splitlines()[0]
        rights = cluster.output(helm, "template", "stash-operator", os.path.join(ROOT, "deploy", "chart", "stash"), f"--namespace={NAMESPACE}", "--show-only=templates/operator-rbac.yaml",
                                f"--set=names.serviceMonitor={MONITOR},names.certificateSecret={SECRET}")
        cluster.kubectl("apply", "--validate=false", "-f", "-", input=rights)
        cluster.kubectl("create", "serviceaccount", "stash-operator", f"--namespace={NAMESPACE}")
        _, token = cluster.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/stash-operator/token", {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 7200}})
        cluster.kubeconfig("operator", f"token: {token['status']['token']}", NAMESPACE)
        cluster.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/services", {"metadata": {"name": "stash-operator", "labels": {"app": "stash"}}, "spec": {"ports": [{"name": "api", "port": 443}, {"name": "pushgateway", "port": 56789}]}})
        cluster.ask("POST", MONITORS.replace("servicemonitors", "prometheuses"), {"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": {"name": "k8s"}, "spec": {"serviceAccountName": "prometheus", "serviceMonitorSelector": {}, "secrets": [SECRET]}})
        cluster.ask("POST", SETTINGS, {"apiVersion": "stash.appscode.com/v1alpha1", "kind": "Monitoring", "metadata": {"name": "stash"}, "spec": {"agent": "coreos-operator", "backup": True, "operator": True, "prometheus": {"namespace": PROMETHEUS}}})

    def start_operator(self):
        log = open(os.path.join(self.folder, "operator.log"), "ab")
        self.operator = subprocess.Popen(
            [self.args.stash, "run", "--data-dir", os.path.join(self.folder, "data"), "--gateway-address", f"127.0.0.1:{self.gateway}", "--api-address", f"127.0.0.1:{self.api}",
             "--kubeconfig", self.cluster.path("operator"), "--namespace", NAMESPACE], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def stop_operator(self):
        if self.operator is not None:
            self.operator.send_signal(signal.SIGTERM)
            self.operator.wait(60)
            self.operator = None

    def there(self, path, name, good=lambda o: True):
        status, found = self.cluster.ask("GET", f"{path}/{name}", check=False)
        return status == 200 and good(found)

    def settle(self):
        self.cluster.wait("the status tells that all is there", lambda: self.there(SETTINGS, "stash", lambda o: any(c["type"] == "Scraped" and c["status"] == "True" for c in o.get("status", {}).get("conditions", [])) and o["status"]["observedGeneration"] == o["metadata"]["generation"]))

    def starts(self):
        """Seconds from the process' start to its first reconcile: the ServiceMonitor is there again."""
        took = []
        for _ in range(self.args.starts):
            self.stop_operator()
            self.cluster.ask("DELETE", f"{MONITORS}/{MONITOR}", check=False)
            began = time.perf_counter()
            self.start_operator()
            self.cluster.wait("the first reconcile is done", lambda: self.there(MONITORS, MONITOR))
            took.append(time.perf_counter() - began)
            self.settle()
        return took

    def changes(self):
        """Seconds from the patch of the settings to the event of a watch on ServiceMonitors."""
        watch, took = Watch(self.cluster, MONITORS), []
        for i in range(self.args.changes):
            value = f"n{i}"
            began = time.perf_counter()
            self.cluster.ask("PATCH", f"{SETTINGS}/stash", {"spec": {"serviceMonitor": {"labels": {"bench": value}}}})
            took.append(watch.until(MONITOR, lambda o: o is not None and o["metadata"]["labels"].get("bench") == value) - began)
            # As far apart as those of somebody who clicks fast.
            time.sleep(0.2)
        self.settle()
        return took

    def drifts(self):
        """Seconds until what was deleted or changed is as it is to be."""
        def endpoints(o):
            return len(o["spec"]["endpoints"]) == 2

        kinds = [
            lambda: (self.cluster.ask("DELETE", f"{MONITORS}/{MONITOR}"), lambda: self.there(MONITORS, MONITOR))[1],
            lambda: (self.cluster.ask("PATCH", f"{MONITORS}/{MONITOR}", {"spec": {"endpoints": []}}), lambda: self.there(MONITORS, MONITOR, endpoints))[1],
            lambda: (self.cluster.ask("DELETE", f"{SECRETS}/{SECRET}"), lambda: self.there(SECRETS, SECRET))[1],
            lambda: (self.cluster.ask("PATCH", f"{ROLES}/{ROLE}", {"rules": []}), lambda: self.there(ROLES, ROLE, lambda o: bool(o["rules"])))[1],
            lambda: (self.cluster.ask("DELETE", f"{BINDINGS}/{ROLE}"), lambda: self.there(BINDINGS, ROLE))[1],
        ]
        took = []
        for i in range(self.args.drifts):
            began = time.perf_counter()
            self.cluster.wait("the drift is repaired", kinds[i % len(kinds)]())
            took.append(time.perf_counter() - began)
            time.sleep(0.2)
        self.settle()
        return took

    def requests(self):
        """The operator's own count of its requests to the API server, by kind."""
        context = ssl.create_default_context(cafile=os.path.join(self.folder, "data", "ca.crt"))
        context.load_cert_chain(self.cluster.path("admin.crt"), self.cluster.path("admin.key"))
        with urllib.request.urlopen(f"https://127.0.0.1:{self.api}/metrics", timeout=30, context=context) as answer:
            text = answer.read().decode()
        return {kind: int(count) for kind, count in re.findall(r'^stash_kubernetes_api_requests_total\{kind="([a-z]+)"\} (\d+)$', text, re.M)}

    def peace(self):
        """Requests an hour, by kind, while nothing changes."""
        self.requests()
        time.sleep(1)
        before, began = self.requests(), time.perf_counter()
        time.sleep(self.args.peace)
        after, hours = self.requests(), (time.perf_counter() - began) / 3600
        return {kind: (after[kind] - before[kind]) / hours for kind in after}

    def close(self):
        if self.operator is not None:
            self.operator.kill()
            self.operator.wait()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(prog="eng/bench controller", description="Measures the controller of the settings on a real API server, under the chart's rights.")
    parser.add_argument("--quick", action="store_true", help="a look of half a minute; docs/benchmarks.md stays as it is")
    parser.add_argument("--stash", default=os.path.join(ROOT, "artifacts", "bench", "stash", "stash"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", default=os.path.join(ROOT, "artifacts", "bench"), help="where cluster and operator keep their data meanwhile (default artifacts/bench)")
    args = parser.parse_args()
    args.changes, args.drifts, args.starts, args.peace = (10, 5, 1, 10) if args.quick else (50, 20, 5, 60)
    os.makedirs(args.folder, exist_ok=True)

    started, load = time.perf_counter(), os.getloadavg()[0]
    facts = [*machine_facts(args.folder), program_facts(args.stash)]
    run = Run(args)
    try:
        run.prepare()
        run.say("the cluster is up")
        figures = Figures(starts=run.starts(), changes=run.changes(), drifts=run.drifts(), peace=run.peace(), peace_seconds=args.peace)
    except BaseException:
        log = os.path.join(run.folder, "operator.log")
        if os.path.exists(log):
            with open(log, errors="replace") as f:
                run.say("the operator's log ends with:\n" + f.read()[-2000:])
        raise
    finally:
        run.close()
    print(table(figures))
    took = time.perf_counter() - started
    if not args.quick:
        write(os.path.join(ROOT, "docs", "benchmarks.md"), figures, facts, took, load)
        print("docs/benchmarks.md is written.")
    print(f"Took {took / 60:.1f} minutes.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (BenchError, ConnectionError, TimeoutError) as e:
        sys.exit(f"eng/bench: {e}")
    except KeyboardInterrupt:
        sys.exit(130)
