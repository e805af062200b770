"""Real processes on one request cache: killed with `kill -9`, or two at once."""

import subprocess
import sys
import threading
import time

import pytest

from tests.batch_server import BatchServer
from tests.chat_server import ChatServer, completion

COUNT = 60
CONCURRENCY = 4  # of the test's settings
EXPECTED = " ".join(f"reply-{i}" for i in range(COUNT))


def slow_reply(body):
    return completion(f"reply-{body['messages'][-1]['content']}")._replace(delay=0.05)


def start(server, mode="online", model="teacher", budget=None):
    given = [] if budget is None else [str(budget)]
    command = [sys.executable, "-m", "tests.unit.llm.worker", server.url, mode, str(COUNT), model, *given]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def asked(server):
    return [body["messages"][-1]["content"] for body in server.requests]


def test_kill_after_a_third_of_the_calls_costs_only_those_in_flight():
    with ChatServer(slow_reply) as server:
        killed = start(server)
        wait_until(lambda: len(server.requests) >= COUNT / 3)
        killed.kill()
        killed.communicate()
        before = len(server.requests)
        assert COUNT / 3 <= before < COUNT
        assert finish(start(server)) == EXPECTED
        repeated = len(server.requests) - COUNT
        assert set(asked(server)) == {str(i) for i in range(COUNT)}
    assert repeated <= CONCURRENCY


@pytest.mark.parametrize("budgets", [(None, None), (9.0, 9.0), (None, 9.0)], ids=["none", "both", "one"])
def test_two_processes_at_once_pay_nothing_twice(budgets):
    with ChatServer(slow_reply) as server:
        processes = [start(server, budget=budget) for budget in budgets]
        assert [finish(process) for process in processes] == [EXPECTED, EXPECTED]
        assert len(server.requests) == COUNT
        assert server.peak == CONCURRENCY


def test_process_that_waits_says_for_whom():
    goes_on = threading.Event()

    def answer(body):
        goes_on.wait(60)
        return completion(f"reply-{body['messages'][-1]['content']}")

    with ChatServer(answer) as server:
        asking = start(server)
        wait_until(lambda: server.requests)
        waiting = start(server)
        assert waiting.stderr.readline().startswith(f"instructor teacher: about {COUNT} requests, 0 cached")
        told = f"waiting for teacher at {server.url}, in use by python, process {asking.pid}\n"
        assert waiting.stderr.readline() == told
        goes_on.set()
        assert [finish(process) for process in (asking, waiting)] == [EXPECTED, EXPECTED]
        assert len(server.requests) == COUNT


def test_two_models_are_asked_at_once():
    """A reply for one model is held back until the other is asked, too."""
    asked_models = {"teacher": threading.Event(), "other": threading.Event()}

    def answer(body):
        asked_models[body["model"]].set()
        assert all(event.wait(60) for event in asked_models.values())
        return completion(f"reply-{body['messages'][-1]['content']}")

    with ChatServer(answer) as server:
        processes = [start(server, model=model) for model in asked_models]
        assert [finish(process) for process in processes] == [EXPECTED, EXPECTED]


def test_budget_holds_across_models():
    # A request costs at worst 22 + 100 tokens at $10 a million, $0.00122, and in the end 30 tokens, $0.0003: after 16
    # of them 0.0048 + 0.00122 exceeds $0.006.
    def answer(_):
        return completion("x", tokens=(10, 20))._replace(delay=0.02)

    with ChatServer(answer) as server:
        processes = [start(server, model=model, budget=0.006) for model in ("teacher", "other")]
        ends = [process.communicate(timeout=60)[1].splitlines()[-1] for process in processes]
        assert all(end.startswith("instructor.budget_usd is $0.0060: $0.00") for end in ends)
        assert len(server.requests) == 16
        assert server.peak <= CONCURRENCY


def test_others_may_ask_while_a_batch_is_waited_for(ask):
    with BatchServer(slow_reply, polls_until_done=10**6) as server:
        waiting = start(server, "batch")
        wait_until(lambda: server.batches and server.batches["batch0"]["polls"] >= 2)
        assert [reply.text for reply in ask(server, ["x", "y"])] == ["reply-x", "reply-y"]
        server.polls_until_done = 0
        assert finish(waiting) == EXPECTED


def test_killed_process_leaves_its_requests_to_the_one_beside_it():
    with ChatServer(slow_reply) as server:
        first, second = start(server), start(server)
        wait_until(lambda: len(server.requests) >= COUNT / 3)
        first.kill()
        first.communicate()
        assert finish(second) == EXPECTED
        assert len(server.requests) <= COUNT + CONCURRENCY


def test_killed_run_picks_its_batch_up_without_a_second_submission():
    with BatchServer(slow_reply, polls_until_done=10**6) as server:
        killed = start(server, "batch")
        wait_until(lambda: server.batches and server.batches["batch0"]["polls"] >= 2)
        killed.kill()
        killed.communicate()
        server.polls_until_done = 0
        assert finish(start(server, "batch")) == EXPECTED
        assert (len(server.batches), server.uploads, len(server.requests)) == (1, 1, COUNT)


def test_two_processes_share_one_batch():
    with BatchServer(lambda body: slow_reply(body)._replace(delay=0.0), polls_until_done=20) as server:
        processes = [start(server, "batch"), start(server, "batch")]
        assert [finish(process) for process in processes] == [EXPECTED, EXPECTED]
        assert (len(server.batches), len(server.requests)) == (1, COUNT)
