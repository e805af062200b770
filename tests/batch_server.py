"""The chat server with OpenAI's `/files` and `/batches`; a batch is worked on when it is looked at."""

import json
import re
import time
from typing import NamedTuple

from tests.chat_server import Answer, ChatServer, error


class Ending(NamedTuple):
    """How a batch ends: its status, how many of its requests are answered, and the errors of the batch itself."""

    status: str = "completed"
    answered: int | None = None
    errors: tuple[tuple[str, str], ...] = ()


class BatchServer(ChatServer):
    """`answer` takes a request's body, as in `ChatServer`; `endings` are those of the first batches.

    Attributes:
        batches: the batch objects by id.
        uploads: number of files that clients sent.
        polls_until_done: how often a batch is looked at in vain before it ends.
    """

    def __init__(self, answer, endings=(), polls_until_done=1):
        super().__init__(answer)
        self._endings = list(endings)
        self._files = {}
        self.batches = {}
        self.uploads = 0
        self.polls_until_done = polls_until_done

    def route(self, method, path, raw):
        path = path.removeprefix("/v1").partition("?")[0]
        if (method, path) == ("POST", "/files"):
            return self._upload(raw)
        if (method, path) == ("POST", "/batches"):
            return self._create(json.loads(raw))
        if (method, path) == ("GET", "/batches"):
            newest_first = list(self.batches.values())[::-1]
            return Answer(200, {"object": "list", "data": newest_first, "has_more": False})
        if found := re.fullmatch(r"/batches/(\w+)", path):
            return self._look(found[1])
        if found := re.fullmatch(r"/files/(\w+)/content", path):
            return Answer(200, self._files[found[1]])
        return super().route(method, f"/v1{path}", raw)

    def _upload(self, raw):
        # The part of the multipart form that names a file, between its empty line and the next boundary.
        content = re.search(rb'filename="[^"]+".*?\r\n\r\n(.*?)\r\n--', raw, re.DOTALL)[1]
        self.uploads += 1
        return Answer(200, {"id": self._store(content), "object": "file", "purpose": "batch"})

    def _store(self, content):
        name = f"file{len(self._files)}"
        self._files[name] = content
        return name

    def _create(self, body):
        name = f"batch{len(self.batches)}"
        self.batches[name] = {
            "id": name, "object": "batch", "status": "in_progress", "created_at": int(time.time()), "polls": 0, **body,
        }  # fmt: skip
        return Answer(200, self.batches[name])

    def _look(self, name):
        if name not in self.batches:
            return error(404, "not_found", f"No batch {name}")
        batch = self.batches[name]
        if batch["status"] == "in_progress":
            batch["polls"] += 1
            if batch["polls"] > self.polls_until_done:
                batch["status"] = "finalizing"  # the clients that look meanwhile do not start it again
                self._finish(batch)
        return Answer(200, batch)

    def _finish(self, batch):
        ending = self._endings.pop(0) if self._endings else Ending()
        lines = [json.loads(line) for line in self._files[batch["input_file_id"]].splitlines()]
        answered = lines if ending.answered is None else lines[: ending.answered]
        output = [
            _line(line, super(BatchServer, self).route("POST", "/v1/chat/completions", json.dumps(line["body"])))
            for line in answered
        ]
        missed = [_missed(line, ending.status) for line in lines[len(answered) :]]
        right = [line for line in output if line["response"]["status_code"] == 200]
        wrong = [line for line in output if line["response"]["status_code"] != 200]
        if ending.status != "failed":
            batch["output_file_id"] = self._store(_jsonl(right)) if right else None
            batch["error_file_id"] = self._store(_jsonl([*wrong, *missed])) if wrong or missed else None
        batch["errors"] = {"object": "list", "data": [{"code": code, "message": said} for code, said in ending.errors]}
        batch["request_counts"] = {"total": len(lines), "completed": len(right), "failed": len(lines) - len(right)}
        batch["status"] = ending.status


def _line(line, answer):
    response = {"status_code": answer.status, "request_id": "r", "body": answer.body}
    return {"id": "b", "custom_id": line["custom_id"], "response": response, "error": None}


def _missed(line, status):
    reason = {"code": f"batch_{status}", "message": f"This request was not executed: batch {status}."}
    return {"id": "b", "custom_id": line["custom_id"], "response": None, "error": reason}


def _jsonl(lines):
    return "".join(json.dumps(line) + "\n" for line in lines).encode()
