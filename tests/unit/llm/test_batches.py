"""Batches against a server with the Batch API, over real HTTP."""

import json
import sqlite3

import pytest

from stages.core.exceptions import SourceError
from stages.llm.batch_lines import split
from stages.llm.settings import Price
from tests.batch_server import BatchServer, Ending
from tests.chat_server import ChatServer, completion, error, refusal
from tools import request_cache

PRICES = {"teacher": Price(10.0, 10.0)}


def echo(body):
    return completion(body["messages"][-1]["content"].upper(), tokens=(1000, 1000))


@pytest.fixture
def batch(ask):
    def batch(server, questions, **settings):
        return ask(server, questions, mode="batch", **settings)

    return batch


def test_replies_of_a_batch_come_in_the_order_of_the_requests(batch):
    with BatchServer(echo, polls_until_done=3) as server:
        replies = batch(server, ["a", "b", "c"])
        assert [reply.text for reply in replies] == ["A", "B", "C"]
        assert len(server.batches) == 1
        assert [reply.text for reply in batch(server, ["c", "a"])] == ["C", "A"]
        assert len(server.batches) == 1


def test_batch_costs_half(batch, cache):
    with BatchServer(echo) as server:
        batch(server, ["a", "b"], prices=PRICES)
    assert cache.spent() == pytest.approx(2 * 0.01)  # 2,000 tokens at $10 a million are $0.02 online
    assert cache.usage().dollars == pytest.approx(0.02)


CUT_SHORT = {"expired": Ending("expired", 2), "cancelled": Ending("cancelled", 1), "failed": Ending("failed", 0)}


@pytest.mark.parametrize("ending", CUT_SHORT.values(), ids=CUT_SHORT.keys())
def test_batch_that_ends_early_keeps_what_succeeded_and_resubmits_the_rest(batch, ending):
    with BatchServer(echo, [ending]) as server:
        replies = batch(server, ["a", "b", "c"])
    assert [reply.text for reply in replies] == ["A", "B", "C"]
    assert len(server.batches) == 2
    assert len(server.requests) == 3


def test_batches_that_never_end_well_are_failures_after_the_attempts(batch):
    with BatchServer(echo, [Ending("expired", 1)] + [Ending("expired", 0)] * 5) as server:
        replies = batch(server, ["a", "b"], attempts=3)
    assert [reply.text for reply in replies] == ["A", ""]
    assert replies[1].failure == "request failed: This request was not executed: batch expired."
    assert len(server.batches) == 3


def test_error_of_one_request_is_its_failure_or_is_submitted_again(batch):
    busy = [error(429, "rate_limit_exceeded")]

    def answer(body):
        text = body["messages"][-1]["content"]
        if text == "bad":
            return error(400, "bad", "too odd")
        return busy.pop() if text == "busy" and busy else echo(body)

    with BatchServer(answer) as server:
        bad, busy_reply, no = batch(server, ["bad", "busy", "ok"])
    assert bad.failure == "request refused: HTTP 400: too odd"
    assert (busy_reply.text, no.text) == ("BUSY", "OK")
    assert len(server.batches) == 2


def test_refusals_and_cut_replies_come_through(batch):
    answers = {"r": refusal("no"), "c": completion("par", "length"), "e": completion("")}
    with BatchServer(lambda body: answers[body["messages"][-1]["content"]]) as server:
        refused, cut, empty = batch(server, ["r", "c", "e"])
    assert refused.failure == "refused by the model"
    assert (cut.text, cut.truncated) == ("par", True)
    assert empty.failure == "empty reply"
    assert len(server.batches) == 1


def test_batch_that_is_refused_for_good_stops_the_run(batch):
    with (
        BatchServer(echo, [Ending("failed", 0, (("model_not_found", "No model teacher"),))]) as server,
        pytest.raises(SourceError, match=r"batch batch0: No model teacher$"),
    ):
        batch(server, ["a", "b"])
    assert len(server.batches) == 1


def test_server_without_batches_stops_the_run_after_one_call(batch):
    with ChatServer(echo) as server, pytest.raises(SourceError, match="HTTP 404: POST /v1/files"):
        batch(server, ["a", "b"])
    assert len(server.keys) == 1


class DroppingServer(BatchServer):
    """Creates the first batch and hangs up before it says so."""

    def route(self, method, path, raw):
        answer = super().route(method, path, raw)
        created = (method, path) == ("POST", "/v1/batches") and len(self.batches) == 1
        return answer._replace(fault="drop") if created else answer


def test_batch_whose_creation_was_not_confirmed_is_found_and_not_created_again(batch):
    with DroppingServer(echo) as server:
        assert [reply.text for reply in batch(server, ["a"])] == ["A"]
        assert len(server.batches) == 1


def test_batch_that_a_kill_left_without_an_id_is_found_by_its_token(batch, cache):
    with DroppingServer(echo) as server:
        with pytest.raises(SourceError, match="no connection"):
            batch(server, ["a"], attempts=1)
        assert [reply.text for reply in batch(server, ["a"])] == ["A"]
        assert len(server.batches) == 1
    assert cache.reserved() == 0.0


def test_batch_that_was_never_created_is_forgotten_and_submitted(batch):
    failing = [error(500, "server_error")]

    class Server(BatchServer):
        def route(self, method, path, raw):
            return failing.pop() if method == "POST" and failing else super().route(method, path, raw)

    with Server(echo) as server:
        with pytest.raises(SourceError, match="HTTP 500"):
            batch(server, ["a"], attempts=1)
        assert [reply.text for reply in batch(server, ["a"])] == ["A"]
        assert len(server.batches) == 1


def test_requests_in_an_open_batch_are_not_asked_online(ask, batch):
    with DroppingServer(echo) as server:
        with pytest.raises(SourceError, match="no connection"):
            batch(server, ["a"], attempts=1)
        with pytest.raises(SourceError, match="1 of these requests are in batches"):
            ask(server, ["a", "b"])
        assert server.requests == []


class OddServer(BatchServer):
    """Writes result files as other servers may: unescaped, with lines of no use, and an error in plain words."""

    def route(self, method, path, raw):
        answer = super().route(method, path, raw)
        if method != "GET" or not path.endswith("/content"):
            return answer
        lines = [json.loads(line) for line in answer.body.decode().split("\n") if line]
        for line in lines:
            if line["response"] and line["response"]["status_code"] != 200:
                line["response"]["body"] = {"error": "no such luck"}
        text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        return answer._replace(body=f'{text}\n{{"custom_id": "cut\n[]\n{{"response": 3}}\n\n'.encode())


def test_result_files_of_odd_lines_are_read(batch):
    def answer(body):
        text = body["messages"][-1]["content"]
        return error(400, "bad") if text == "bad" else completion(f"{text}\u2028{text}\x85{text}")

    with OddServer(answer) as server:
        good, bad = batch(server, ["good", "bad"])
    assert good.text == "good\u2028good\x85good"
    assert bad.failure == "request refused: HTTP 400: no such luck"
    assert len(server.batches) == 1


PAGE = b"<html><title>Gateway</title></html>"
UNREADABLE = {"page": PAGE, "error": b'{"error": {"message": "try later"}}', "half": None, "nothing": b""}


class BrokenServer(BatchServer):
    """Answers in a broken way to the first so many requests for a path."""

    def __init__(self, part, body, times, method="GET"):
        super().__init__(echo)
        self.broken = (method, part, body)
        self.times = times

    def route(self, method, path, raw):
        answer = super().route(method, path, raw)
        wanted, part, body = self.broken
        if method != wanted or part not in path or not self.times:
            return answer
        self.times -= 1
        return answer._replace(body=answer.body[: len(answer.body) // 2] if body is None else body)


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_file_of_replies_that_cannot_be_read_is_fetched_again_and_nothing_is_paid_twice(batch, cache, body):
    with BrokenServer("/content", body, times=1) as server:
        replies = batch(server, "abc", budget_usd=1.0, prices=PRICES)
        assert [reply.text for reply in replies] == ["A", "B", "C"]
        assert (len(server.batches), len(server.requests)) == (1, 3)
        assert cache.spent() == pytest.approx(3 * 2000 * 10e-6 / 2)


def test_batch_whose_file_stays_unreadable_is_kept_for_the_next_run(batch):
    with BrokenServer("/content", PAGE, times=3) as server:
        with pytest.raises(SourceError, match=r"batch batch0: 0 of 2 replies can be read in its files$"):
            batch(server, "ab", attempts=3)
        assert [reply.text for reply in batch(server, "ab")] == ["A", "B"]
        assert (len(server.batches), len(server.requests)) == (1, 2)


ODD = {"page": PAGE, "cut": b'{"id": "ba', "error": b'{"error": {"message": "try later"}}'}
CALLS = {"looking": ("/batches/", "GET"), "creation": ("/batches", "POST"), "upload": ("/files", "POST")}


@pytest.mark.parametrize(("path", "method"), CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_answer_about_a_batch_that_is_none_is_asked_for_again(batch, path, method, body):
    with BrokenServer(path, body, times=1, method=method) as server:
        assert [reply.text for reply in batch(server, "ab")] == ["A", "B"]
        assert len(server.requests) == 2


def test_request_that_all_would_share_the_refusal_of_stops_the_run(batch):
    with (
        BatchServer(lambda _: error(400, "bad", "Unknown field")) as server,
        pytest.raises(SourceError, match=r"model teacher: HTTP 400: Unknown field$"),
    ):
        batch(server, ["a", "b"])
    assert len(server.batches) == 1


class UntriedServer(BatchServer):
    """Tries no request for which there is no credit: its line has an error and no response."""

    def route(self, method, path, raw):
        answer = super().route(method, path, raw)
        if method != "GET" or not path.endswith("/content"):
            return answer
        lines = [json.loads(line) for line in answer.body.splitlines()]
        for line in lines:
            if line["response"]["status_code"] != 200:
                line |= {"response": None, "error": line["response"]["body"]["error"]}
        return answer._replace(body="".join(f"{json.dumps(line)}\n" for line in lines).encode())


def test_request_that_was_not_tried_for_want_of_credit_stops_the_run_and_keeps_replies(batch, ask):
    def answer(body):
        asked = body["messages"][-1]["content"]
        return error(429, "insufficient_quota", "You exceeded your quota") if asked == "b" else echo(body)

    with UntriedServer(answer) as server:
        with pytest.raises(SourceError, match="model teacher: You exceeded your quota"):
            batch(server, ["a", "b"])
        assert len(server.batches) == 1
        tried = len(server.requests)
        assert [reply.text for reply in ask(server, ["a"])] == ["A"]
        assert len(server.requests) == tried


def leave_open(batch, server, question, **settings):
    """Submit a batch and break off while it is waited for."""
    with pytest.raises(SourceError, match="HTTP 503: look later"):
        batch(server, [question], attempts=1, **settings)


class AwayServer(BatchServer):
    """Does not tell how a batch goes as long as `away` is set."""

    away = error(503, "overloaded", "look later")

    def route(self, method, path, raw):
        looked_at = method == "GET" and "/batches/" in path
        return self.away if self.away and looked_at else super().route(method, path, raw)


def test_batch_of_another_model_is_paid_at_the_price_of_that_model(batch, cache):
    prices = {"teacher": Price(10.0, 10.0), "other": Price(1.0, 1.0)}
    with AwayServer(echo, polls_until_done=0) as server:
        leave_open(batch, server, "a", prices=prices)
        server.away = None
        batch(server, ["b"], params={"model": "other"}, prices=prices)
    paid = cache.connection.execute("SELECT asked_model, dollars FROM replies ORDER BY asked_model").fetchall()
    assert paid == [("other", pytest.approx(0.001)), ("teacher", pytest.approx(0.01))]


def test_batch_that_is_gone_stops_the_run_with_what_to_do(batch):
    with AwayServer(echo) as server:
        leave_open(batch, server, "a")
        server.away = error(404, "not_found", "No batch found")
        told = r"HTTP 404: No batch found; batch batch0 was submitted earlier and is gone, or belongs to another key: "
        with pytest.raises(SourceError, match=rf"{told}.* forget all batches with `python .* prune --batches`$"):
            batch(server, ["b"])
        request_cache.main(["prune", "--batches"])
        server.away = None
        assert [reply.text for reply in batch(server, ["b"])] == ["B"]


class UncertainServer(BatchServer):
    """Creates no batch as long as `broken` is set, and says nothing of it."""

    broken = True

    def route(self, method, path, raw):
        breaks_off = self.broken and (method, path) == ("POST", "/v1/batches")
        return error(500, "server_error") if breaks_off else super().route(method, path, raw)


def test_batch_of_another_model_that_may_yet_be_created_is_not_forgotten_and_holds_its_budget(batch, cache):
    # A request costs at worst $0.00061: see below.
    budget = {"prices": {"teacher": Price(10.0, 10.0), "other": Price(10.0, 10.0)}, "budget_usd": 0.001}
    with UncertainServer(echo) as server:
        with pytest.raises(SourceError, match="HTTP 500"):
            batch(server, ["a"], attempts=1, **budget)
        server.broken = False
        with pytest.raises(SourceError, match=r"of another server or model hold \$0\.0006 of instructor\.budget_usd"):
            batch(server, ["b"], params={"model": "other"}, **budget)
        assert cache.reserved() == pytest.approx(0.00061)
        assert [reply.text for reply in batch(server, ["a"], **budget | {"budget_usd": 0.1})] == ["A"]
    assert cache.reserved() == 0.0


def test_budget_that_a_batch_on_another_server_holds_stops_the_run(batch):
    # A request costs at worst $0.00061: see below.
    budget = {"prices": PRICES, "budget_usd": 0.001}
    with AwayServer(echo) as first, BatchServer(echo) as second:
        leave_open(batch, first, "a", **budget)
        with pytest.raises(
            SourceError, match=r"another server or model hold \$0\.0006 of instructor\.budget_usd, \$0\.0010: run"
        ):
            batch(second, ["b"], **budget)
    assert second.keys == []


def test_wait_that_a_server_asks_for_is_bounded(batch):
    with AwayServer(echo) as server:
        server.away = error(429, "rate_limit_exceeded", retry_after=3600)
        with pytest.raises(SourceError, match=r"model teacher: the server asks to wait 3600 seconds; run again later$"):
            batch(server, ["a"])


def test_budget_makes_batches_small_and_then_stops(batch, cache):
    # A request costs at worst half of 16 + 6 + 100 tokens at $10 a million, $0.00061, and in the end half of 70 tokens,
    # $0.00035. Of $0.003, 4 fit; after them 0.0014 + 2 * 0.00061 fits; after 6, one more; after 7, none.
    with (
        BatchServer(lambda _: completion("x", tokens=(20, 50))) as server,
        pytest.raises(SourceError, match=r"budget_usd is \$0\.0030: \$0\.0024 is spent and the next .* \$0\.0006; all"),
    ):
        batch(server, range(10), prices=PRICES, budget_usd=0.003)
    assert len(server.batches) == 3
    assert len(server.requests) == 7
    assert cache.spent() == pytest.approx(7 * 0.00035)


@pytest.mark.parametrize(
    ("most", "most_bytes", "sizes"),
    [(10, 100, [3]), (2, 100, [2, 1]), (10, 7, [1, 1, 1]), (10, 8, [2, 1]), (10, 1, [1, 1, 1])],
)
def test_split_keeps_to_both_limits(most, most_bytes, sizes):
    parts = list(split([(i, b"1234") for i in range(3)], most, most_bytes))
    assert [len(part) for part in parts] == sizes
    assert [item for part in parts for item, _ in part] == [0, 1, 2]


def test_nothing_is_left_open_after_a_run(batch, cache):
    with BatchServer(echo) as server:
        batch(server, ["a"])
    with sqlite3.connect(cache.path) as connection:
        for table in ("batches", "batch_requests"):
            assert connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)
    connection.close()
