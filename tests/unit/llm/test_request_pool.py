"""The client against a server that fails in every way there is, over real HTTP."""

import email.utils
import itertools
import sqlite3
import threading
import time

import pytest

from stages.core import storage
from stages.core.exceptions import SourceError
from stages.core.runtime import scratch
from stages.llm.batch_ledger import BatchLedger
from stages.llm.client import ChatClient
from stages.llm.pending import PendingRequest
from stages.llm.request_cache import RequestCache
from stages.llm.settings import Price
from stages.llm.spending import Budget
from tests.batch_server import BatchServer
from tests.chat_server import ChatServer, completion, error, refusal
from tests.unit.llm.conftest import make_params, make_settings, question


def echo(body):
    return completion(body["messages"][-1]["content"].upper())


def failing(first, times=1):
    """Return a server whose first `times` answers are `first`, and echoes after them."""
    left = [first] * times
    return ChatServer(lambda body: left.pop() if left else echo(body))


def test_replies_come_in_the_order_of_the_requests(ask):
    with ChatServer(echo) as server:
        replies = ask(server, ["a", "b", "c", "d", "e"])
    assert [reply.text for reply in replies] == ["A", "B", "C", "D", "E"]
    assert not any(reply.failure or reply.truncated for reply in replies)


PASSES = {
    "429 without Retry-After": error(429, "rate_limit_exceeded"),
    "429 with Retry-After": error(429, "rate_limit_exceeded", retry_after="0.02"),
    "429 with retry-after-ms": error(429, "rate_limit_exceeded", retry_after_ms=20),
    "500": error(500, "server_error"),
    "503 with a date": error(503, "overloaded", retry_after=email.utils.formatdate(0, usegmt=True)),
    "408": error(408, "timeout"),
    "409": error(409, "conflict"),
    "time-out": completion("late")._replace(delay=1.0),
    "slow body": completion("slow")._replace(fault="slow_body"),
    "dropped connection": completion("dropped")._replace(fault="drop"),
    "invalid JSON": completion("broken")._replace(fault="garbage"),
    "no chat completion": completion("x")._replace(body={"choices": []}),
}


@pytest.mark.parametrize("answer", PASSES.values(), ids=PASSES.keys())
def test_error_that_passes_is_asked_again_once(ask, answer):
    with failing(answer) as server:
        [reply] = ask(server, ["a"], timeout_seconds=0.4)
    assert (reply.text, reply.failure) == ("A", None)
    assert len(server.requests) == 2


STAYS = {
    "500": (error(500, "server_error", "broken"), "request failed: HTTP 500: broken"),
    "time-out": (completion("late")._replace(delay=1.5), "request failed: no reply within"),
    "slow body": (completion("slow")._replace(fault="slow_body"), "request failed: no reply within"),
    "invalid JSON": (completion("broken")._replace(fault="garbage"), "request failed: the server's reply is not JSON"),
    "no chat completion": (completion("x")._replace(body={}), "request failed: the server's reply is no completion"),
}


@pytest.mark.parametrize(("answer", "failure"), STAYS.values(), ids=STAYS.keys())
def test_error_that_stays_is_a_failure_after_the_attempts_and_the_run_goes_on(ask, answer, failure):
    with ChatServer(lambda body: answer if "bad" in body["messages"][-1]["content"] else echo(body)) as server:
        bad, good = ask(server, ["bad", "good"], timeout_seconds=0.8)
    assert bad.failure.startswith(failure)
    assert (good.text, good.failure) == ("GOOD", None)
    assert len(server.requests) == 3 + 1


@pytest.mark.parametrize("mode", ["online", "batch"])
def test_run_whose_requests_mostly_failed_stops_and_keeps_the_others(ask, mode):
    def answer(body):
        return error(500, "server_error", "oops") if body["messages"][-1]["content"] in {"2", "3"} else echo(body)

    with BatchServer(answer) as server:
        first = r"2 of 3 requests failed, the first: HTTP 500: oops; all replies are kept; run again$"
        with pytest.raises(SourceError, match=f"model teacher: {first}"):
            ask(server, [1, 2, 3], mode=mode)
        server.answer_with(echo)
        assert [reply.text for reply in ask(server, [1, 2, 3], mode=mode)] == ["1", "2", "3"]
    assert [body["messages"][-1]["content"] for body in server.requests].count("1") == 1


def test_server_that_answers_nothing_stops_the_run_after_a_bounded_number_of_attempts(ask):
    # The first request alone makes 3 attempts, then each of 4 workers one.
    told = (
        r"7 attempts in a row got no reply within instructor\.limits\.timeout_seconds; all replies that came are kept"
    )
    with ChatServer(lambda body: echo(body)._replace(delay=0.5)) as server:
        with pytest.raises(
            SourceError, match=rf"^http://127\.0\.0\.1:\d+/v1, model teacher: {told}; see .* run again$"
        ):
            ask(server, range(50), timeout_seconds=0.1, attempts=3, concurrency=4)
        assert 7 <= len(server.requests) <= 7 + 3  # a worker may be quicker than another


def test_server_that_goes_silent_stops_the_run_and_what_came_is_kept(ask):
    def answer(body):
        return echo(body)._replace(delay=0.0 if int(body["messages"][-1]["content"]) < 10 else 1.0)

    with ChatServer(answer) as server:
        with pytest.raises(SourceError, match="7 attempts in a row got no reply"):
            ask(server, range(50), timeout_seconds=0.4, attempts=3, concurrency=4)
        asked = len(server.requests)
        server.answer_with(echo)
        ask(server, range(50))
        assert {body["messages"][-1]["content"] for body in server.requests[asked:]} == {str(i) for i in range(10, 50)}


def test_time_outs_between_replies_do_not_stop_the_run(ask):
    def answer(body):
        return echo(body)._replace(delay=1.0 if int(body["messages"][-1]["content"]) % 3 == 0 else 0.0)

    with ChatServer(answer) as server:  # 5 time-outs, and 3 in a row would stop it
        replies = ask(server, range(15), timeout_seconds=0.4, attempts=1, concurrency=2)
    assert [bool(reply.failure) for reply in replies] == [number % 3 == 0 for number in range(15)]


def test_budget_that_an_open_batch_may_use_up_stops_the_run(ask, cache):
    # A prompt is at most 22 tokens and a reply 100: $0.00122 at $10 a million, of which a batch costs half.
    prices = {"teacher": Price(10.0, 10.0)}
    batch = PendingRequest("elsewhere", "{}", "teacher", 22, 100, {})
    with ChatServer(echo) as server:
        BatchLedger(cache, server.url).add([batch], Budget("teacher", prices, 0.5, None))
        told = r"^requests that may use up instructor\.budget_usd are in batches that .* prune --batches`$"
        with pytest.raises(SourceError, match=told):
            ask(server, [0, 1], prices=prices, budget_usd=0.0015)
        assert len(server.requests) == 0
        ask(server, [0, 1], prices=prices, budget_usd=0.0019)
        assert len(server.requests) == 2


def test_disk_that_is_full_in_the_middle_is_told_as_such(ask, cache):
    with ChatServer(echo) as server:
        ask(server, ["a"])
        (pages,) = cache.connection.execute("PRAGMA page_count").fetchone()
        cache.connection.execute(f"PRAGMA max_page_count = {pages}")
        server.answer_with(lambda _: completion("long " * 5000))
        with pytest.raises(ExceptionGroup, match="unhandled errors") as failed:
            ask(server, range(20))
    assert storage.fault(failed.value).startswith("writing a file: no space is left on that disk")


ANSWERS = {
    "refusal": (refusal("I will not"), ("I will not", "refused by the model", False)),
    "content filter": (completion("so f", "content_filter"), ("so f", "cut by the server's content filter", False)),
    "length cut": (completion('[{"a": 1}, {"', "length"), ('[{"a": 1}, {"', None, True)),
    "another schema": (completion('{"other": 1}'), ('{"other": 1}', None, False)),
    "empty": (completion(""), ("", "empty reply", False)),
    "blank": (completion(" \n"), ("", "empty reply", False)),
    "no word": (completion(None, "length"), ("", "empty reply: max_tokens were used up before the first word", False)),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_reply_that_is_none_is_not_asked_again(ask, answer, expected):
    with ChatServer(lambda _: answer) as server:
        [reply] = ask(server, ["a"])
    assert (reply.text, reply.failure, reply.truncated) == expected
    assert len(server.requests) == 1


FATAL = {
    "no quota": (error(429, "insufficient_quota", "You exceeded your quota"), "HTTP 429: You exceeded your quota"),
    "wrong key": (error(401, "invalid_api_key", "Incorrect API key"), "HTTP 401: Incorrect API key"),
    "forbidden": (error(403, "forbidden", "Country"), "HTTP 403: Country"),
    "unknown model": (error(404, "model_not_found", "No such model"), "HTTP 404: No such model"),
    "no credit": (error(402, "payment", "Top up"), "HTTP 402: Top up"),
    "bad request": (error(400, "bad", "Unknown field"), "HTTP 400: Unknown field"),
    "no schemas": (error(400, "bad", "response_format is not supported"), "set instructor.openai.structured: text"),
    "temperature": (error(400, "bad", "temperature is fixed"), "set instructor.openai.temperature: null"),
    "seed": (error(400, "bad", "unknown parameter seed"), "set instructor.openai.send_seed: false"),
    "max_tokens": (error(400, "bad", "use max_completion_tokens"), "max_tokens_field: max_completion_tokens"),
    "long wait": (error(429, "rate_limit_exceeded", retry_after=3600), "asks to wait 3600 seconds; run again later"),
}


@pytest.mark.parametrize(("answer", "message"), FATAL.values(), ids=FATAL.keys())
def test_fatal_error_stops_the_run_after_one_call(ask, answer, message):
    with ChatServer(lambda _: answer) as server, pytest.raises(SourceError, match="model teacher: ") as caught:
        ask(server, range(50), concurrency=16)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(server.requests) == 1


def test_fatal_error_stops_the_run_also_after_one_that_never_got_an_answer(ask):
    def answer(body):
        slow = body["messages"][-1]["content"] == "0"
        return echo(body)._replace(delay=1.0) if slow else error(400, "bad", "Unknown field")

    with ChatServer(answer) as server:
        with pytest.raises(SourceError, match="HTTP 400: Unknown field"):
            ask(server, range(50), timeout_seconds=0.4, attempts=2, concurrency=4)
        assert len(server.requests) <= 2 + 4


def test_quota_that_ends_in_the_middle_stops_the_run_and_keeps_what_came(ask):
    def answer(body):
        return echo(body) if len(server.requests) <= 10 else error(429, "insufficient_quota", "quota")

    with ChatServer(answer) as server:
        with pytest.raises(SourceError, match="quota"):
            ask(server, range(40), concurrency=4)
        assert 11 <= len(server.requests) <= 14
        paid = len(server.requests)
        server.answer_with(echo)
        ask(server, range(40))
        assert len(server.requests) == paid + 30


def test_request_that_is_bad_alone_is_a_failure_once_another_has_passed(ask):
    def answer(body):
        return error(400, "bad", "too odd") if "3" in body["messages"][-1]["content"] else echo(body)

    with ChatServer(answer) as server:
        replies = ask(server, [1, 2, 3, 4])
    assert [reply.failure for reply in replies] == [None, None, "request refused: HTTP 400: too odd", None]
    assert len(server.requests) == 4


def test_too_long_prompt_is_its_own_failure_even_when_it_comes_first(ask):
    def answer(body):
        return error(400, "context_length_exceeded") if "1" in body["messages"][-1]["content"] else echo(body)

    with ChatServer(answer) as server:
        replies = ask(server, [1, 2])
    assert [bool(reply.failure) for reply in replies] == [True, False]


@pytest.mark.parametrize("mode", ["online", "batch"])
def test_request_that_is_bad_alone_does_not_stop_the_next_run(mode):
    def answer(body):
        return error(400, 400, "too odd") if "3" in body["messages"][-1]["content"] else echo(body)

    refused = [None, None, "request refused: HTTP 400: too odd"]
    with BatchServer(answer) as server:
        for _ in range(2):
            with RequestCache(scratch("requests.sqlite")) as cache:  # a process of its own
                client = ChatClient(make_params(server.url), make_settings(mode=mode), cache)
                assert [reply.failure for reply in client.ask([question(i) for i in (1, 2, 3)])] == refused


def test_wrong_key_in_a_400_stops_a_run_that_has_most_replies(ask):
    with ChatServer(echo) as server:
        ask(server, range(9))
        server.answer_with(lambda _: error(400, 400, "API key not valid"))
        with RequestCache(scratch("requests.sqlite")) as cache:  # a process of its own
            client = ChatClient(make_params(server.url), make_settings(), cache)
            with pytest.raises(SourceError, match="API key not valid"):
                client.ask([question(i) for i in range(12)])
    assert len(server.requests) == 9 + 1


def test_long_wait_that_is_asked_for_at_the_last_attempt_stops_the_run(ask):
    with (
        ChatServer(lambda _: error(429, "rate_limit_exceeded", retry_after=3600)) as server,
        pytest.raises(SourceError, match="asks to wait 3600 seconds"),
    ):
        ask(server, range(6), attempts=1)
    assert len(server.requests) == 1


def test_server_that_answered_before_the_connection_broke_is_there(ask):
    left = [completion("x")._replace(fault="drop"), error(429, "slow"), error(429, "slow")]

    def answer(body):
        return left.pop() if left else echo(body)

    with ChatServer(answer) as server:
        failed, *others = ask(server, range(3), attempts=3)
    assert failed.failure.startswith("request failed: no connection: ")
    assert [reply.text for reply in others] == ["1", "2"]


def test_replies_are_kept_when_another_program_lets_go_of_the_file(ask, cache, caplog):
    cache.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(cache.path, isolation_level=None, check_same_thread=False)

    def answer(body):
        if body["messages"][-1]["content"] == "1":
            other.execute("BEGIN IMMEDIATE")
            threading.Timer(0.5, other.execute, ["COMMIT"]).start()
        return echo(body)

    with ChatServer(answer) as server:
        assert [reply.text for reply in ask(server, range(4))] == ["0", "1", "2", "3"]
    assert len(server.requests) == 4
    assert "requests.sqlite: another program keeps it locked; waiting with " in caplog.text
    other.close()


def test_server_that_is_not_there_is_one_line(ask):
    with ChatServer(echo) as server:
        pass
    with pytest.raises(SourceError, match=r"^http://127\.0\.0\.1:\d+/v1, model teacher: no connection: [^\n]+$"):
        ask(server, range(20))


def test_429_slows_all_workers(ask):
    arrived = []

    def answer(body):
        arrived.append(time.monotonic())
        return error(429, "rate_limit_exceeded", retry_after="0.5") if len(arrived) == 5 else echo(body)

    with ChatServer(answer) as server:
        replies = ask(server, range(40), concurrency=4)
    assert all(reply.failure is None for reply in replies)
    gaps = [after - before for before, after in itertools.pairwise(arrived)]
    assert max(gaps) >= 0.4
    assert gaps.index(max(gaps)) <= 4 + 4  # at most the requests that were in flight came in between


def test_concurrency_is_reached_and_not_exceeded(ask):
    with ChatServer(lambda body: echo(body)._replace(delay=0.05)) as server:
        ask(server, range(30), concurrency=6)
    assert server.peak == 6


def test_200_requests_of_200_ms_at_a_cap_of_32_take_a_quarter_of_the_time_of_one_by_one_at_most(ask):
    with ChatServer(lambda body: echo(body)._replace(delay=0.2)) as server:
        started = time.monotonic()
        replies = ask(server, range(200), concurrency=32)
        assert time.monotonic() - started < 200 * 0.2 / 4  # 1.4 s on an idle machine
        assert len(server.requests) == 200
    assert all(reply.failure is None for reply in replies)


def test_equal_requests_are_asked_once(ask):
    with ChatServer(echo) as server:
        replies = ask(server, ["a", "a", "b", "a"])
    assert [reply.text for reply in replies] == ["A", "A", "B", "A"]
    assert len(server.requests) == 2


def test_samples_of_one_request_are_different_requests_with_different_seeds(ask):
    with ChatServer(echo) as server:
        ask(server, [question("a", sample=0, seed=7), question("a", sample=1, seed=7)])
    assert server.requests[0]["seed"] == 7
    assert server.requests[1]["seed"] != 7
