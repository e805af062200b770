"""A stand-in for vLLM's server: it takes the options and the key, and starts a process of its own, as vLLM does.

Every reply is REPLY. VLLM_STAND_IN_LOG names the file of its events, VLLM_STAND_IN_DELAY the seconds that a reply
takes, VLLM_STAND_IN_FAULT a text to print in place of serving, VLLM_STAND_IN_LIFE the replies before it exits,
VLLM_STAND_IN_REFUSAL a text with which it refuses all requests.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from vllm import _log

REPLY = '{"first_mistake": "It adds.", "step": 1, "keyphrase": "adds instead of multiplying"}'
_GRACE = 0.5  # seconds in which a reply reaches its reader before the server exits
_requests = itertools.count(1)
_replied = threading.Semaphore(0)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):  # the library's name
        self.answer({"object": "list", "data": [{"id": self.server.model}]})

    def do_POST(self):  # the library's name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        _log(event="asked", body=body, key=self.headers["Authorization"].removeprefix("Bearer "))
        if refusal := os.environ.get("VLLM_STAND_IN_REFUSAL"):
            self.answer({"error": {"message": refusal}}, 400)
            return
        life = int(os.environ.get("VLLM_STAND_IN_LIFE", "1000000"))
        if next(_requests) > life:
            for _ in range(life):
                _replied.acquire()
            time.sleep(_GRACE)
            os.write(2, b"ValueError: it had enough\n")
            os._exit(1)
        time.sleep(float(os.environ.get("VLLM_STAND_IN_DELAY", "0")))
        message = {"role": "assistant", "content": REPLY}
        usage = {"prompt_tokens": 7, "completion_tokens": 5}
        self.answer(
            {"model": body["model"], "choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
        )
        _replied.release()

    def answer(self, body, status=200):
        is_known = self.headers["Authorization"] == f"Bearer {os.environ['VLLM_API_KEY']}"
        data = json.dumps(body).encode()
        self.send_response(status if is_known else 401)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("model", "served-model-name", "host", "max-model-len", "generation-config", "kv-cache-memory-bytes"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("revision", "tokenizer-revision", "block-size", "dtype"):
        parser.add_argument(f"--{name}")
    for name in ("enforce-eager", "disable-uvicorn-access-log"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    if fault := os.environ.get("VLLM_STAND_IN_FAULT"):
        sys.exit(fault)
    core = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    environment = {name: value for name, value in os.environ.items() if "KEY" in name or "THREADS" in name}
    _log(event="serving", pid=os.getpid(), core=core.pid, options=vars(options), environment=environment)
    server = ThreadingHTTPServer((options.host, options.port), Handler)
    server.daemon_threads = True
    server.model = options.served_model_name
    server.serve_forever(0.02)


if __name__ == "__main__":
    main()
