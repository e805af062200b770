"""A model hub on loopback with one model, in as much of its protocol as `huggingface_hub` asks for.

with hub("org/tiny", {"config.json": b"{}"}) as server:   # HF_ENDPOINT=server.url
    ...
server.fetched                                            # the names of the files that were downloaded
server.pushed["datasets/org/new"]                         # what was created, with the files that were committed

To push needs the token `TOKEN` and a repository that was created. Weights and tables go through Git LFS, as
`huggingface_hub` sends them with HF_HUB_DISABLE_XET=1.

With a token, the model's files are gated: a request without it is answered as the hub does.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REVISIONS = ("main", COMMIT)
TOKEN = "hf_of_the_tests"
_LARGE = (".safetensors", ".parquet")


@dataclass
class Repository:
    """What was created and pushed: files by name, and the names of those that came through Git LFS."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    large: set[str] = field(default_factory=set)


class HubServer(ThreadingHTTPServer):
    """What the handler needs to know, and what it saw."""

    def __init__(self, model: str, files: dict[str, bytes], token: str | None) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model, self.files, self.token = model, files, token
        self.fetched: set[str] = set()
        self.pushed: dict[str, Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubServer

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        for revision in REVISIONS:
            if path == f"/api/models/{self.server.model}/revision/{revision}":
                return self._answer(self._info())
            if path.startswith(f"/api/models/{self.server.model}/tree/{revision}"):
                return self._answer(self._tree())
            name = path.removeprefix(f"/{self.server.model}/resolve/{revision}/")
            if name in self.server.files:
                return self._send_file(name)
            if name != path:
                return self._send(b"{}", 404, {"X-Error-Code": "EntryNotFound"})
        created = path.removeprefix("/api/")
        if created in self.server.pushed:
            found = {"id": created.partition("/")[2], "private": self.server.pushed[created].private}
            return self._answer(found)
        if not path.startswith((f"/api/models/{self.server.model}/", f"/{self.server.model}/")):
            return self._send(b"{}", 404, {"X-Error-Code": "RepoNotFound"})
        return self._send(b"{}", 404, {"X-Error-Code": "RevisionNotFound"})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self._body()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(b'{"error": "Invalid username or password."}', 401)
        path = unquote(urlsplit(self.path).path)
        if path == "/api/validate-yaml":
            return self._send(b'{"errors": [], "warnings": []}')
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path.endswith(".git/info/lfs/objects/batch"):
            return self._answer({"objects": [self._upload_of(one) for one in json.loads(body)["objects"]]})
        name, _, action = path.removeprefix("/api/").removesuffix("/main").rpartition("/")
        if name not in self.server.pushed:
            return self._send(b"{}", 404, {"X-Error-Code": "RepoNotFound"})
        if action == "preupload":
            return self._answer({"files": [_mode(file) for file in json.loads(body)["files"]]})
        return self._commit(self.server.pushed[name], body)

    def do_PUT(self) -> None:
        self.server.objects[self.path.rpartition("/")[2]] = self._body()
        self._send(b"")

    def _create(self, asked: dict[str, str]) -> None:
        name = f"{asked['type']}s/{asked['organization']}/{asked['name']}"
        exists = name in self.server.pushed
        self.server.pushed.setdefault(name, Repository(private=asked["visibility"] == "private"))
        self._answer({"url": f"{self.server.url}/{name.removeprefix('models/')}"}, 409 if exists else 200)

    def _upload_of(self, asked: dict[str, str]) -> dict[str, object]:
        return {**asked, "actions": {"upload": {"href": f"{self.server.url}/objects/{asked['oid']}"}}}

    def _commit(self, repository: Repository, body: bytes) -> None:
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                repository.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                repository.files[value["path"]] = self.server.objects[value["oid"]]
                repository.large.add(value["path"])
        self._answer({"commitUrl": f"{self.server.url}/org/name/commit/{COMMIT}", "commitOid": COMMIT})

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

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, value: object, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), status)

    def _send(self, data: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _oid(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _mode(file: dict[str, object]) -> dict[str, object]:
    large = str(file["path"]).endswith(_LARGE)
    return {"path": file["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}


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
