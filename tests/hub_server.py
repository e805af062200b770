"""A model hub on loopback with one model, in as much of its protocol as `huggingface_hub` asks for.

with hub("org/tiny", {"config.json": b"{}"}) as server:   # HF_ENDPOINT=server.url
    ...
server.fetched                                            # the names of the files that were downloaded

With a token, its files are gated: a request without it is answered as the hub does.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REVISIONS = ("main", COMMIT)


class HubServer(ThreadingHTTPServer):
    """What the handler needs to know, and what it saw."""

    def __init__(self, model: str, files: dict[str, bytes], token: str | None) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model, self.files, self.token = model, files, token
        self.fetched: set[str] = set()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubServer

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        for revision in REVISIONS:
            if path == f"/api/models/{self.server.model}/revision/{revision}":
                return self._send(json.dumps(self._info()).encode())
            if path.startswith(f"/api/models/{self.server.model}/tree/{revision}"):
                return self._send(json.dumps(self._tree()).encode())
            name = path.removeprefix(f"/{self.server.model}/resolve/{revision}/")
            if name in self.server.files:
                return self._send_file(name)
        if not path.startswith((f"/api/models/{self.server.model}/", f"/{self.server.model}/")):
            return self._send(b"{}", 404, {"X-Error-Code": "RepoNotFound"})
        return self._send(b"{}", 404, {"X-Error-Code": "RevisionNotFound"})

    def do_HEAD(self) -> None:
        self.do_GET()

    def _info(self) -> dict[str, object]:
        siblings = [{"rfilename": name} for name in self.server.files]
        return {"id": self.server.model, "sha": COMMIT, "siblings": siblings}

    def _tree(self) -> list[dict[str, object]]:
        files = self.server.files.items()
        return [{"type": "file", "path": name, "size": len(data), "oid": _oid(data)} for name, data in files]

    def _send_file(self, name: str) -> None:
        data = self.server.files[name]
        if self.server.token and self.headers["Authorization"] != f"Bearer {self.server.token}":
            return self._send(b"", 401, {"X-Error-Code": "GatedRepo"})
        if self.command == "GET":
            self.server.fetched.add(name)
        return self._send(data, 200, {"ETag": f'"{_oid(data)}"', "X-Repo-Commit": COMMIT})

    def _send(self, data: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _oid(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


@contextmanager
def hub(model: str, files: dict[str, bytes], token: str | None = None) -> Iterator[HubServer]:
    """Serve the files of one model until the block ends."""
    with HubServer(model, files, token) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
