"""The product as a slow net shows it: a page comes tag by tag, so that a browser may paint between any two of them."""

from __future__ import annotations

import re
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAUSE = 0.012  # seconds: somewhat less than a frame


@contextmanager
def dripping(url: str, *, without: bytes = b"") -> Iterator[str]:
    """Serve what ``url`` serves, its pages in drops; ``without`` is left out of each page."""

    class Drop(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            with urllib.request.urlopen(url + self.path, timeout=30) as answer:
                body, kind = answer.read(), answer.headers["Content-Type"]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            if not kind.startswith("text/html"):
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            head, _, rest = body.replace(without, b"").partition(b"<body")
            for piece in (head, *re.findall(rb"<[^>]*>|[^<]+", b"<body" + rest), b""):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.flush()
                time.sleep(PAUSE)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Drop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
