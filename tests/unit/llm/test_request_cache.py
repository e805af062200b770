"""What hits and what misses, what is kept, and what the command does with it."""

import json
import sqlite3
from dataclasses import replace

import pytest

from stages.core.metrics import Usage
from stages.llm import completions
from stages.llm.batch_ledger import BatchLedger, OpenBatch
from stages.llm.chat import Schema
from stages.llm.completions import Answer
from stages.llm.pending import KeyedRequest, PendingRequest
from stages.llm.request_cache import PaidReply, RequestCache
from stages.llm.settings import Price
from stages.llm.spending import Budget
from tests.chat_server import ChatServer, completion, refusal
from tests.unit.llm.conftest import make_params, question
from tools import request_cache

ANSWER = Answer("four", None, refused=False, truncated=False, model="m-1", input_tokens=10, output_tokens=5)
CUT = replace(ANSWER, text="fo", truncated=True)
EMPTY = replace(ANSWER, text="", failure="empty reply")


def keep(cache, key="k", answer=ANSWER, max_tokens=100, dollars=0.5, asked="m"):
    cache.keep([PaidReply(KeyedRequest(key, '{"a": 1}', asked, 10, max_tokens), answer, dollars)])


SCHEMA = Schema("s", '{"type": "object", "properties": {"a": {"type": "string"}}}')
BASE = question("2+2?", schema=SCHEMA)
DIFFERENT = {
    "system": (replace(BASE, system="Be long."), {}),
    "prompt": (replace(BASE, prompt="2+3?"), {}),
    "schema": (replace(BASE, schema=Schema("s", '{"type": "object"}')), {}),
    "no schema": (replace(BASE, schema=None), {}),
    "sample": (replace(BASE, sample=1), {}),
    "seed": (replace(BASE, seed=1), {}),
    "model": (BASE, {"model": "other"}),
    "base URL": (BASE, {"base_url": "http://other/v1"}),
    "temperature": (BASE, {"temperature": 0.6}),
    "no temperature": (BASE, {"temperature": None}),
    "structured": (BASE, {"structured": "text"}),
}
EQUAL = {
    "key order": (replace(BASE, schema=Schema("s", '{"properties":{"a":{"type":"string"}},"type":"object"}')), {}),
    "slash": (BASE, {"base_url": "http://here/v1/"}),
    "max_tokens": (BASE, {"max_tokens": 7}),
    "name of the limit": (BASE, {"max_tokens_field": "max_tokens"}),
}


def key_of(request, changes):
    return completions.key_of(completions.identity(request, make_params("http://here/v1", **changes)))


@pytest.mark.parametrize(("request_", "changes"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_can_change_the_reply_misses(request_, changes):
    assert key_of(request_, changes) != key_of(BASE, {})


@pytest.mark.parametrize(("request_", "changes"), EQUAL.values(), ids=EQUAL.keys())
def test_what_cannot_change_the_reply_hits(request_, changes):
    assert key_of(request_, changes) == key_of(BASE, {})


LOOKUPS = [
    pytest.param(ANSWER, 100, True, id="complete, same limit"),
    pytest.param(ANSWER, 200, True, id="complete, larger limit"),
    pytest.param(ANSWER, 50, True, id="complete, smaller limit"),
    pytest.param(CUT, 100, True, id="cut, same limit"),
    pytest.param(CUT, 50, True, id="cut, smaller limit"),
    pytest.param(CUT, 101, False, id="cut, larger limit"),
    pytest.param(EMPTY, 100, False, id="empty"),
    pytest.param(replace(ANSWER, failure="refused by the model", refused=True), 100, True, id="refused"),
]


@pytest.mark.parametrize(("answer", "limit", "hit"), LOOKUPS)
def test_lookup_by_limit(cache, answer, limit, hit):
    keep(cache, answer=answer)
    assert (cache.get("k", limit) is not None) == hit


def test_longer_reply_replaces_a_cut_one_and_nothing_replaces_a_complete_one(cache):
    keep(cache, answer=CUT, max_tokens=100)
    keep(cache, answer=replace(ANSWER, text="the whole"), max_tokens=200)
    keep(cache, answer=replace(ANSWER, text="again"), max_tokens=300)
    assert cache.get("k", 300).text == "the whole"
    assert cache.spent() == 1.5


def test_raising_max_tokens_asks_only_what_was_cut_again(ask):
    def answer(body):
        cut = body["messages"][-1]["content"] == "long" and body["max_tokens"] < 200
        return completion("cut" if cut else "whole", "length" if cut else "stop")

    with ChatServer(answer) as server:
        assert [r.truncated for r in ask(server, ["long", "short"])] == [True, False]
        assert [r.truncated for r in ask(server, ["long", "short"])] == [True, False]
        assert len(server.requests) == 2
        assert [r.text for r in ask(server, ["long", "short"], {"max_tokens": 200})] == ["whole", "whole"]
        assert [body["messages"][-1]["content"] for body in server.requests[2:]] == ["long"]
        assert [r.text for r in ask(server, ["long", "short"], {"max_tokens": 50})] == ["whole", "whole"]
        assert len(server.requests) == 3


def test_empty_reply_is_paid_and_asked_again_and_a_refusal_is_not(ask, cache):
    answers = {"empty": completion("", tokens=(10, 0)), "no": refusal()}
    prices = {"teacher": Price(1.0, 1.0)}
    with ChatServer(lambda body: answers[body["messages"][-1]["content"]]) as server:
        for _ in range(2):
            ask(server, ["empty", "no"], prices=prices)
        assert [body["messages"][-1]["content"] for body in server.requests] == ["empty", "no", "empty"]
    assert cache.spent() == pytest.approx((10 + 2 + 10) / 1e6)


PRICES = {"m": Price(1000.0, 1000.0)}


def pending(key):
    """Return a request that costs at worst $0.6."""
    return PendingRequest(key, "{}", "m", 500, 100, {})


def test_batch_reserves_its_worst_case_until_it_is_closed(tmp_path):
    budget = Budget("m", PRICES, 1.0, 1.0)
    with RequestCache(tmp_path / "r.sqlite") as submitting:
        token, added = BatchLedger(submitting, "http://here/v1").add([pending("a"), pending("b")], budget)
    assert [request.key for request in added] == ["a"]
    with RequestCache(tmp_path / "r.sqlite") as cache:
        assert cache.reserved() == pytest.approx(0.6)
        ledger = BatchLedger(cache, "http://here/v1")
        assert ledger.requests(token) == [KeyedRequest("a", "{}", "m", 500, 100)]
        assert ledger.add([pending("b")], budget)[1] == []
        assert [batch.token for batch in ledger.open()] == [token]
        reply = PaidReply(pending("a"), ANSWER, 0.1)
        for _ in range(2):  # the second time as another process that has waited for it, too
            ledger.close(token, [reply])
        assert (cache.reserved(), cache.spent()) == (0.0, 0.1)
        assert [request.key for request in ledger.add([pending("b")], budget)[1]] == ["b"]


def test_batch_is_written_down_with_all_its_requests_or_not_at_all(cache):
    ledger = BatchLedger(cache, "http://here/v1")
    cache.connection.execute("CREATE TRIGGER broken INSERT ON batches BEGIN SELECT RAISE(ABORT, 'power cut'); END")
    with pytest.raises(sqlite3.IntegrityError, match="power cut"):
        ledger.add([pending("a")], Budget("m", PRICES, 1.0, None))
    assert ledger.holding(["a"]) == {}
    assert cache.reserved() == 0.0


SECOND_VERSION = """
    CREATE TABLE replies (
        key TEXT PRIMARY KEY, request TEXT NOT NULL, asked_model TEXT NOT NULL, text TEXT NOT NULL, failure TEXT,
        refused INTEGER NOT NULL, truncated INTEGER NOT NULL, max_tokens INTEGER NOT NULL, model TEXT NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, dollars REAL, created REAL NOT NULL);
    CREATE TABLE payments (key TEXT NOT NULL, dollars REAL, created REAL NOT NULL);
    CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, dollars REAL NOT NULL);
    CREATE TABLE batches (token TEXT PRIMARY KEY, id TEXT, base_url TEXT NOT NULL, created REAL NOT NULL);
    CREATE TABLE batch_requests (
        token TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, asked_model TEXT NOT NULL,
        max_tokens INTEGER NOT NULL, input_tokens INTEGER NOT NULL, PRIMARY KEY (token, key));
    PRAGMA user_version = 2;
    INSERT INTO replies VALUES ('k', '{"a": 1}', 'm', 'four', NULL, 0, 0, 100, 'm-1', 10, 5, 0.5, 1.0);
    INSERT INTO payments VALUES ('k', 0.5, 1.0);
    INSERT INTO payments VALUES ('empty', 0.25, 2.0);
    INSERT INTO claims VALUES ('a', 't', 0.125);
    INSERT INTO claims VALUES ('b', 't', 0.25);
    INSERT INTO claims VALUES ('c', 'a process that was killed', 64.0);
    INSERT INTO batches VALUES ('t', 'batch0', 'http://here/v1', 3.0);
    INSERT INTO batch_requests VALUES ('t', 'a', '{"a": 2}', 'm', 100, 10);
    INSERT INTO batch_requests VALUES ('t', 'b', '{"a": 3}', 'm', 200, 20);
"""


def test_file_of_the_second_version_keeps_replies_payments_and_open_batches(tmp_path):
    connection = sqlite3.connect(tmp_path / "r.sqlite")
    connection.executescript(SECOND_VERSION)
    connection.close()
    for _ in range(2):
        with RequestCache(tmp_path / "r.sqlite") as cache:
            ledger = BatchLedger(cache, "http://here/v1")
            assert (cache.get("k", 100), cache.spent(), cache.reserved()) == (ANSWER, 0.75, 0.375)
            assert ledger.open() == [OpenBatch("t", "batch0", "m", 3.0)]
            assert ledger.requests("t") == [
                KeyedRequest("a", '{"a": 2}', "m", 10, 100),
                KeyedRequest("b", '{"a": 3}', "m", 20, 200),
            ]
    with RequestCache(tmp_path / "r.sqlite") as cache:
        ledger = BatchLedger(cache, "http://here/v1")
        ledger.add([pending("d")], Budget("m", PRICES, 1.0, None))
        assert cache.reserved() == pytest.approx(0.375 + 0.6)
        ledger.close("t", [PaidReply(KeyedRequest("a", '{"a": 2}', "m", 10, 100), ANSWER, 0.1)])
        assert cache.get("a", 100) == ANSWER
        assert (cache.spent(), cache.reserved()) == (0.85, pytest.approx(0.6))


def test_usage_counts_each_used_reply_once_whoever_paid(tmp_path):
    with RequestCache(tmp_path / "r.sqlite") as paying:
        keep(paying, "a")
        keep(paying, "b", dollars=0.25)
        keep(paying, "c")
        for key in "aab":
            paying.use(key)
        account = paying.usage()
    assert account == Usage(2, 20, 10, 0.75)
    with RequestCache(tmp_path / "r.sqlite") as later:
        for key in "ab":
            later.use(key)
        assert later.usage() == account


@pytest.fixture
def filled(cache):
    keep(cache, "a", dollars=0.5)
    keep(cache, "b", answer=CUT, dollars=0.25)
    keep(cache, "c", dollars=None, asked="local", answer=replace(ANSWER, failure="refused by the model", refused=True))
    return cache


def command(*arguments):
    request_cache.main(arguments)


def test_list_counts_by_model(filled, capsys):
    command("list")
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert table[1:3] == [["local", "1", "0", "1", "10", "5", "-"], ["m", "2", "1", "0", "20", "10", "0.7500"]]
    assert table[3][:4] == ["paid", "in", "all", "$0.7500,"]
    assert filled.spent() == 0.75


PRUNED = {
    "model": (["--model", "m"], ["c"]),
    "truncated": (["--truncated"], ["a", "c"]),
    "refused": (["--refused"], ["a", "b"]),
    "model and truncated": (["--model", "local", "--truncated"], ["a", "b", "c"]),
    "older than a day": (["--older-than", "1"], ["a", "b", "c"]),
    "older than nothing": (["--older-than", "-1"], []),
}


@pytest.mark.parametrize(("filters", "left"), PRUNED.values(), ids=PRUNED.keys())
def test_prune_deletes_what_meets_all_filters_and_keeps_the_account(filled, filters, left):
    command("prune", *filters)
    assert [key for key in "abc" if filled.get(key, 1)] == left
    assert filled.spent() == 0.75


def test_export_writes_a_line_for_each_reply(filled, tmp_path, capsys):
    command("export", str(tmp_path / "replies.jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "replies.jsonl").read_text().splitlines()]
    assert [(line["key"], line["text"], line["truncated"]) for line in lines] == [
        ("a", "four", False),
        ("b", "fo", True),
        ("c", "four", False),
    ]
    assert lines[0]["request"] == {"a": 1}
    command("export")
    assert capsys.readouterr().out == (tmp_path / "replies.jsonl").read_text()
    assert filled.get("a", 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prune"], "prune: give --older-than, --model"),
        (["--cache", "nowhere.sqlite", "list"], "nowhere.sqlite: no request cache"),
    ],
)
@pytest.mark.usefixtures("filled")
def test_command_that_cannot_run_is_one_line(arguments, message):
    with pytest.raises(SystemExit, match=f"^error: request_cache: {message}[^\n]*$"):
        command(*arguments)
