"""A real etcd and kube-apiserver on loopback, as the tests have them, and a client of it."""

import base64
import http.client
import json
import os
import ssl
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Cluster:
    def __init__(self, folder, free_port, error):
        self.folder, self.error = folder, error
        self.etcd_port, self.peer_port, self.port = free_port(), free_port(), free_port()
        self.processes = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        self.certificates()
        server = self.output(os.path.join(ROOT, "eng", "kube")).splitlines()[-1]
        client, peer = (f"http://127.0.0.1:{p}" for p in (self.etcd_port, self.peer_port))
        self.run("etcd", "etcd", f"--data-dir={self.path('etcd')}", f"--listen-client-urls={client}", f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}",
                 f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}")
        self.run("server", server, f"--etcd-servers={client}", "--bind-address=127.0.0.1", f"--secure-port={self.port}", f"--cert-dir={self.path('made')}",
                 f"--tls-cert-file={self.path('server.crt')}", f"--tls-private-key-file={self.path('server.key')}", f"--client-ca-file={self.path('ca.crt')}",
                 f"--requestheader-client-ca-file={self.path('ca.crt')}", "--requestheader-allowed-names=front-proxy-client", "--requestheader-username-headers=X-Remote-User",
                 "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={self.path('tokens.key')}", f"--service-account-signing-key-file={self.path('tokens.key')}",
                 "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none")
        self.kubeconfig("admin", f"client-certificate: {self.path('admin.crt')}, client-key: {self.path('admin.key')}", "default")
        self.wait("kube-apiserver is ready", lambda: self.ask("GET", "/readyz", check=False)[0] == 200)

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def run(self, name, *command):
        with open(self.path(f"{name}.log"), "wb") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))

    def output(self, *command, **options):
        done = subprocess.run(command, capture_output=True, text=True, **options)
        if done.returncode:
            raise self.error(f"{os.path.basename(command[0])} failed: {done.stderr.strip()[-500:]}")
        return done.stdout

    def certificates(self):
        def openssl(*arguments):
            self.output("openssl", *arguments)

        def key(name):
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.path(f"{name}.key"))

        key("ca")
        openssl("req", "-x509", "-key", self.path("ca.key"), "-subj", "/CN=bench", "-days", "2", "-out", self.path("ca.crt"))
        for name, subject, extension in (("server", "/CN=kubernetes", "subjectAltName=IP:127.0.0.1,DNS:kubernetes"), ("admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth")):
            key(name)
            with open(self.path(f"{name}.ext"), "w") as f:
                f.write(extension + "\n")
            openssl("req", "-new", "-key", self.path(f"{name}.key"), "-subj", subject, "-out", self.path(f"{name}.csr"))
            openssl("x509", "-req", "-in", self.path(f"{name}.csr"), "-CA", self.path("ca.crt"), "-CAkey", self.path("ca.key"), "-CAcreateserial", "-days", "1", "-extfile", self.path(f"{name}.ext"), "-out", self.path(f"{name}.crt"))
        openssl("genrsa", "-out", self.path("tokens.key"), "2048")

    def kubeconfig(self, name, user, namespace):
        with open(self.path("ca.crt"), "rb") as f:
            authority = base64.b64encode(f.read()).decode()
        with open(self.path(name), "w") as f:
            f.write(f"""apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: here, user: {name}, namespace: {namespace}}}}}]
clusters: [{{name: here, cluster: {{server: "https://127.0.0.1:{self.port}", certificate-authority-data: {authority}}}}}]
users: [{{name: {name}, user: {{{user}}}}}]
""")
        return self.path(name)

    def kubectl(self, *arguments, **options):
        return self.output("kubectl", f"--kubeconfig={self.path('admin')}", *arguments, **options)

    def connection(self, timeout=30):
        context = ssl.create_default_context(cafile=self.path("ca.crt"))
        context.load_cert_chain(self.path("admin.crt"), self.path("admin.key"))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)

    def ask(self, method, path, body=None, kind="application/merge-patch+json", check=True):
        """Gives the status and the answer's object."""
        try:
            self.kept = getattr(self, "kept", None) or self.connection()
            self.kept.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": kind if method == "PATCH" else "application/json"})
            answer = self.kept.getresponse()
            text = answer.read()
        except OSError:
            self.kept = None
            if check:
                raise
            return 0, None
        if check and answer.status >= 300:
            raise self.error(f"{method} {path} is answered {answer.status}: {text[:300]!r}")
        return answer.status, json.loads(text) if text[:1] == b"{" else None

    def wait(self, what, done, seconds=60, pause=0.005):
        end = time.perf_counter() + seconds
        while not done():
            if time.perf_counter() > end:
                raise self.error(f"After {seconds} s still not: {what}.")
            time.sleep(pause)


class Watch(threading.Thread):
    """Follows the objects of a path: knows the last of each name, and when it came."""

    def __init__(self, cluster, path):
        super().__init__(daemon=True)
        self.objects, self.changed = {}, threading.Condition()
        connection = cluster.connection(timeout=600)
        connection.request("GET", f"{path}?watch=true")
        self.answer = connection.getresponse()
        self.start()

    def run(self):
        for line in self.answer:
            event = json.loads(line)
            with self.changed:
                self.objects[event["object"]["metadata"]["name"]] = None if event["type"] == "DELETED" else event["object"]
                self.changed.notify_all()

    def until(self, name, good, seconds=30):
        """Waits; gives the time."""
        with self.changed:
            if not self.changed.wait_for(lambda: good(self.objects.get(name)), seconds):
                raise TimeoutError(f"{name} did not become what is waited for")
            return time.perf_counter()
