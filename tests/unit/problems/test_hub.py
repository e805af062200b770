"""Hub data sets: pinned by commit; a data set that cannot be had is one line."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from stages.core.exceptions import ParamsError, SourceError
from stages.problems import hub
from stages.problems.reading import read_rows
from tests.unit.problems.specs import spec

COLUMNS = "question=question solution=answer"
COMMIT = "740312add88f781978c0658806c59bc2815b9866"


def of_hub(name="nobody/nothing", **fields):
    return spec("mine", COLUMNS, path=None, id=name, revision=COMMIT, **fields)


@pytest.mark.parametrize("revision", ["main", "v1.0", COMMIT[:7], COMMIT.upper(), COMMIT + "\n", ""])
def test_revision_that_is_no_commit_is_refused(revision):
    with pytest.raises(ParamsError, match=r"`revision`: the 40 hex digits of a commit are needed; branches and"):
        spec("mine", COLUMNS, id="openai/gsm8k", revision=revision)


def test_data_set_that_is_not_in_the_cache_is_one_line_when_offline(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    with pytest.raises(SourceError, match=r"^data set nobody/nothing at 740312ad: .+") as caught:
        list(hub.rows(of_hub(), COMMIT))
    assert "\n" not in str(caught.value)


def test_rows_of_a_split_become_problems_and_a_split_that_does_not_exist_is_one_line(tmp_path):
    (tmp_path / "train.jsonl").write_text('{"question": "1 + 1?", "answer": "1 + 1 = 2\\n#### 2"}\n')
    # `load_dataset` takes a folder where it takes an id.
    here = of_hub(str(tmp_path))
    (problem,) = read_rows(hub.rows(here, COMMIT), here).problems
    assert (problem.question, problem.answer) == ("1 + 1?", "2")
    with pytest.raises(SourceError, match=r'Unknown split "tset"'):
        list(hub.rows(of_hub(str(tmp_path), split="tset"), COMMIT))


@contextmanager
def hub_with(commits):
    """Serve the newest commit of data sets, taken from a list by turns."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.partition("/api/datasets/")[2]
            body = json.dumps({"id": name, "sha": commits.pop(0), "siblings": []}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_commit_is_the_given_one():
    assert hub.commit_of(of_hub()) == COMMIT


def test_newest_commit_is_taken_once_and_said(monkeypatch, caplog):
    import huggingface_hub

    caplog.set_level("INFO")
    unpinned = spec("mine", COLUMNS, path=None, id="some/set")
    with hub_with(["a" * 40, "b" * 40]) as url:
        api = huggingface_hub.HfApi(endpoint=url)
        monkeypatch.setattr(huggingface_hub, "HfApi", lambda: api)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        assert [hub.commit_of(unpinned) for _ in range(2)] == ["a" * 40] * 2
    assert f"mine: no commit is pinned; took the newest, `revision: {'a' * 40}`" in caplog.text


@pytest.mark.parametrize("offline", [True, False])
def test_commit_that_cannot_be_had_is_one_line(monkeypatch, offline):
    import huggingface_hub

    api = huggingface_hub.HfApi(endpoint="http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: api)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", offline)
    with pytest.raises(SourceError, match=r"^data set some/set: its newest commit cannot be had: .+") as caught:
        hub.commit_of(spec("mine", COLUMNS, path=None, id="some/set"))
    assert "\n" not in str(caught.value)
