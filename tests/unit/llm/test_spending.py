"""Estimates, the cap, and the account."""

import logging

import pytest

from stages.core.exceptions import ParamsError, SourceError
from stages.core.metrics import Usage
from stages.llm.settings import Price
from stages.llm.spending import Budget, estimated_tokens, total
from tests.chat_server import ChatServer, completion

PRICES = {"teacher": Price(10.0, 20.0)}


def answer(_):
    return completion("x", tokens=(20, 50))  # 20 * 10 + 50 * 20 millionths are $0.0012


def announced(caplog):
    return [record.getMessage() for record in caplog.records if record.name.startswith("stages")]


def test_cost_is_per_million_tokens():
    budget = Budget("m", {"m": Price(2.5, 10.0)}, 1.0, None)
    assert budget.cost(1_000_000, 100_000, "m") == pytest.approx(3.5)
    assert budget.cost(1, 1, "another") is None


@pytest.mark.parametrize(("texts", "tokens"), [(["abcd"], 2), (["abc"], 2), (["ab", "cd"], 2), (["é"], 1), ([], 0)])
def test_two_bytes_are_a_token(texts, tokens):
    assert estimated_tokens(*texts) == tokens


def test_total_has_dollars_only_where_every_part_has():
    assert total([Usage(1, 2, 3, 0.5), Usage(1, 2, 3, 0.25)]) == Usage(2, 4, 6, 0.75)
    assert total([Usage(1, 2, 3, 0.5), Usage(1, 2, 3, None)]) == Usage(2, 4, 6, None)
    assert total([]) == Usage(0, 0, 0, 0.0)


def test_estimate_is_told_before_the_first_request(ask, caplog):
    caplog.set_level(logging.INFO)
    with ChatServer(answer) as server:
        ask(server, ["a", "b"], prices=PRICES, budget_usd=5.0)
        ask(server, ["a", "c"], prices=PRICES, budget_usd=5.0)
    # A prompt is 16 + (9 + 1 + 2) / 2 = 22 tokens at most, the reply 100: 2 * (22 * 10 + 100 * 20) millionths.
    assert announced(caplog) == [
        "instructor teacher: about 2 requests, 0 cached, 244 tokens, at most $0.0044, $0.0000 of $5.0000 spent before",
        "instructor teacher: about 1 requests, 1 cached, 122 tokens, at most $0.0022, $0.0024 of $5.0000 spent before",
    ]


def test_estimate_without_a_price_says_so(ask, caplog):
    caplog.set_level(logging.INFO)
    with ChatServer(answer) as server:
        ask(server, ["a"])
    assert announced(caplog) == [
        "instructor teacher: about 1 requests, 0 cached, 122 tokens, no price of teacher in instructor.prices"
    ]


@pytest.mark.parametrize("mode", ["online", "batch"])
def test_estimate_alone_makes_no_call_and_ends_well(ask, monkeypatch, mode):
    monkeypatch.setenv("SEI_ESTIMATE_ONLY", "1")
    with ChatServer(answer) as server:
        with pytest.raises(SystemExit) as ended:
            ask(server, ["a"], mode=mode)
        assert ended.value.code == 0
        assert server.keys == []


@pytest.mark.parametrize("concurrency", [1, 8])
def test_budget_is_never_exceeded_and_what_came_is_kept(ask, cache, concurrency):
    # A request costs at worst $0.00222 and in the end $0.0012: after 7 of them 0.0084 + 0.0022 exceeds 0.0100.
    with ChatServer(answer) as server:
        with pytest.raises(SourceError, match=r"budget_usd is \$0\.0100: \$0\.0084 is spent .* raise budget_usd in"):
            ask(server, range(40), prices=PRICES, budget_usd=0.01, concurrency=concurrency)
        assert len(server.requests) == 7
        assert cache.spent() == pytest.approx(0.0084)
        ask(server, range(40), prices=PRICES, budget_usd=1.0)
        assert len(server.requests) == 40


def test_budget_of_nothing_makes_no_call(ask):
    with ChatServer(answer) as server, pytest.raises(SourceError, match=r"budget_usd is \$0\.0000: \$0\.0000 is spent"):
        ask(server, ["a"], prices=PRICES, budget_usd=0.0)
    assert server.keys == []


def test_budget_of_a_model_without_a_price_is_refused_before_any_call():
    with pytest.raises(ParamsError, match=r"needs the price of teacher: add `teacher: \{input: 0\.0, output: 0\.0\}`"):
        Budget("teacher", {}, 1.0, 5.0)
