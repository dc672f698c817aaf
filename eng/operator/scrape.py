"""A scraper: one connection over TLS that is kept, requests one after the other. It does as little as it can, so that what it takes itself is small."""

import re
import socket
import ssl
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Scraper:
    """accept: the header's value; token: None for none."""

    def __init__(self, port, authority, token=None, accept="text/plain;version=0.0.4", gzip=False):
        context = ssl.create_default_context(cafile=authority)
        context.check_hostname = True
        plain = socket.create_connection(("127.0.0.1", port), 30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        lines = ["GET /metrics HTTP/1.1", f"Host: 127.0.0.1:{port}", "User-Agent: Prometheus/2.42.0", f"Accept: {accept}"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        lines += ["Accept-Encoding: gzip"] if gzip else []
        self.request = ("\r\n".join(lines) + "\r\n\r\n").encode()

    def scrape(self):
        """Gives the seconds until the last byte, and the answer's bytes. An answer that is no 200 ends the run."""
        started = time.perf_counter()
        self.socket.sendall(self.request)
        answer = self.socket.recv(1 << 18)
        while not self.is_whole(answer):
            more = self.socket.recv(1 << 18)
            if not more:
                raise ConnectionError(f"the connection ended within an answer: {answer[:200]!r}")
            answer += more
        took = time.perf_counter() - started
        if not answer.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"no metrics: {answer[:400]!r}")
        return took, answer

    @staticmethod
    def is_whole(answer):
        head = answer.find(b"\r\n\r\n")
        if head < 0:
            return False
        length = LENGTH.search(answer, 0, head)
        return len(answer) >= head + 4 + int(length[1]) if length else answer.endswith(b"\r\n0\r\n\r\n")

    def text(self):
        """The lines of one scrape without the marks of chunks; for plain text alone."""
        _, answer = self.scrape()
        body = answer.partition(b"\r\n\r\n")[2]
        if LENGTH.search(answer, 0, len(answer) - len(body)):
            return body.decode()
        text = b""
        while body:
            size, _, body = body.partition(b"\r\n")
            text, body = text + body[:int(size, 16)], body[int(size, 16) + 2:]
        return text.decode()

    def close(self):
        self.socket.close()
