"""Real processes on one request cache: killed with `kill -9`, or two at once."""

import subprocess
import sys
import time

from tests.batch_server import BatchServer
from tests.chat_server import ChatServer, completion

COUNT = 60
CONCURRENCY = 4  # of the test's settings
EXPECTED = " ".join(f"reply-{i}" for i in range(COUNT))


def slow_reply(body):
    return completion(f"reply-{body['messages'][-1]['content']}")._replace(delay=0.05)


def start(server, mode="online"):
    command = [sys.executable, "-m", "tests.unit.llm.worker", server.url, mode, str(COUNT)]
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


def test_two_processes_at_once_pay_nothing_twice():
    with ChatServer(slow_reply) as server:
        processes = [start(server), start(server)]
        assert [finish(process) for process in processes] == [EXPECTED, EXPECTED]
        assert len(server.requests) == COUNT


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
