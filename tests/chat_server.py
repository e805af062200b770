"""A real HTTP server with OpenAI's chat completions protocol, which remembers each request and can be made to fail.

    with ChatServer(lambda body: completion("4")) as server:
        ...  # point a client at server.url
    assert len(server.requests) == 1

`answer` gets the body of each request, in a thread of its own, and returns an `Answer`; `completion`, `refusal` and
`error` build the usual ones, `Answer._replace` adds faults to them: headers, a delay in seconds, or one of `FAULTS`.
"""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

FAULTS = ("drop", "slow_body", "garbage")
_SLICE = 0.05


class Answer(NamedTuple):
    """What the server does with one request.

    `fault`: `drop` closes the connection without an answer, `slow_body` sends the headers at once and the body one
    byte every 0.05 s, `garbage` sends a body that is no JSON.
    """

    status: int
    body: Any
    headers: dict[str, str] = {}  # noqa: RUF012  (never changed)
    delay: float = 0.0
    fault: str | None = None


def completion(text, finish_reason="stop", refusal=None, tokens=(1, 1), model="served-model"):
    """Return a completed reply; `tokens` are those of the prompt and of the reply."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    body = {"id": "c", "object": "chat.completion", "created": 0, "model": model, "choices": [choice], "usage": usage}
    return Answer(200, body)


def refusal(text="I will not"):
    """Return a reply in which the model refuses."""
    return completion(None, refusal=text)


def error(status, code, message="no", **headers):
    """Return an error as OpenAI writes it; `retry_after=1` becomes the header `Retry-After: 1`."""
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return Answer(status, {"error": {"message": message, "type": code, "code": code, "param": None}}, named)


class ChatServer:
    """The server, a context manager.

    Attributes:
        url: for `base_url`.
        requests: the bodies of the chat requests, in order of arrival.
        keys: the Authorization header of every request.
        peak: the most chat requests that were in flight at once.
    """

    def __init__(self, answer):
        self._answer = answer
        self._lock = threading.Lock()
        self._in_flight = 0
        self.requests = []
        self.keys = []
        self.peak = 0
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def answer_with(self, answer):
        """Answer differently from now on."""
        self._answer = answer

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def route(self, method, path, raw):
        """Return the answer to any request; a server with more endpoints extends this."""
        if (method, path) != ("POST", "/v1/chat/completions"):
            return error(404, "not_found", f"{method} {path}")
        body = json.loads(raw)
        with self._lock:
            self.requests.append(body)
            self._in_flight += 1
            self.peak = max(self.peak, self._in_flight)
        try:
            answer = self._answer(body)
            time.sleep(answer.delay)
            return answer
        finally:
            with self._lock:
                self._in_flight -= 1


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_):
        """Clients of these tests hang up and are killed: that is no news."""


def _handler(owner):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):  # the library's name
            self.serve("GET")

        def do_POST(self):  # the library's name
            self.serve("POST")

        def serve(self, method):
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            owner.keys.append(self.headers.get("Authorization", ""))
            self.send(owner.route(method, self.path, raw))

        def send(self, answer):
            if answer.fault == "drop":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            if answer.fault == "garbage":
                data = data[:20]
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            for piece in _pieces(data, answer.fault):
                self.wfile.write(piece)

        def log_message(self, *_):
            pass

    return Handler


def _pieces(data, fault):
    if fault != "slow_body":
        yield data
        return
    for i in range(len(data)):
        time.sleep(_SLICE)
        yield data[i : i + 1]
