"""The stage script against a server on this machine."""

import itertools
from dataclasses import asdict

from stages import generate_keyphrases
from stages.core import files
from stages.core.metrics import KeyphraseCounts, Usage
from stages.core.records import Keyphrase
from stages.llm.client import ChatClientParams
from tests.chat_server import ChatServer, completion, error
from tests.unit.conftest import instructor_params


def run(folder, cases, instructor):
    files.write_records(folder / "bad.jsonl", cases)
    paths = generate_keyphrases.Paths(folder / "bad.jsonl", folder / "out.jsonl", folder / "counts.json")
    counts = generate_keyphrases.main(paths, generate_keyphrases.Params(instructor))
    return counts, files.read_records(paths.out, Keyphrase), files.read_record(paths.counts, KeyphraseCounts)


def test_each_case_gets_a_keyphrase_in_the_same_order_and_nobody_is_paid(tmp_path, make_case):
    cases = [make_case("c2"), make_case("c1")]
    counts, found, written = run(tmp_path, cases, instructor_params("symbolic"))
    assert [keyphrase.bad_case_id for keyphrase in found] == ["c2", "c1"]
    assert written == KeyphraseCounts(2, {}, None)
    assert counts == {"bad cases": 2, "keyphrases": 2, "distinct": 1}


def test_failed_keyphrases_are_counted_by_kind_whatever_the_details(tmp_path, make_case, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    refused = itertools.count()

    def answer(body):
        if "bad" in body["messages"][-1]["content"]:
            return error(400, "context_length_exceeded", f"too long, request {next(refused)}")
        return completion('{"keyphrase": "slips"}')

    cases = [make_case(name, question=f"{name}?") for name in ("bad-1", "bad-2", "good-1", "good-2")]
    with ChatServer(answer) as server:
        openai = ChatClientParams("teacher", server.url, None, 100, "auto", False, "text")
        counts, _, written = run(tmp_path, cases, instructor_params("openai", openai=asdict(openai)))
    assert counts == {"bad cases": 4, "keyphrases": 2, "distinct": 1, "request refused": 2}
    assert (written.keyphrases, written.failed) == (2, {"request refused": 2})
    assert isinstance(written.usage, Usage)
    assert written.usage.requests == 2
