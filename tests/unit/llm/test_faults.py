"""How long a server asks to wait."""

import email.utils
import time

import httpx2
import openai
import pytest

from stages.llm.faults import delay, retry_after, too_long_wait, waiting_time

HEADERS = [
    pytest.param({"retry-after": "2"}, 2.0, id="seconds"),
    pytest.param({"retry-after": "0.25"}, 0.25, id="fraction of a second"),
    pytest.param({"retry-after-ms": "1500"}, 1.5, id="milliseconds"),
    pytest.param({"retry-after-ms": "100", "retry-after": "1"}, 0.1, id="milliseconds before seconds"),
    pytest.param({"retry-after": "0"}, None, id="zero"),
    pytest.param({"retry-after": "-3"}, None, id="negative"),
    pytest.param({"retry-after": "Wed, 01 Jan 2020 00:00:00 GMT"}, None, id="date that has passed"),
    pytest.param({"retry-after": "soon"}, None, id="neither"),
    pytest.param({}, None, id="none"),
]


@pytest.mark.parametrize(("headers", "seconds"), HEADERS)
def test_waiting_time(headers, seconds):
    assert waiting_time(headers) == seconds


def test_waiting_time_until_a_date():
    date = email.utils.formatdate(time.time() + 90, usegmt=True)
    assert waiting_time({"retry-after": date}) == pytest.approx(90, abs=2)


@pytest.mark.parametrize(("attempt", "most"), [(0, 2.0), (1, 4.0), (4, 32.0), (5, 60.0), (50, 60.0)])
def test_delay_doubles_up_to_a_minute(attempt, most):
    delays = [delay(None, attempt, 2.0) for _ in range(200)]
    assert 0.7 * most < max(delays) <= most  # 200 uniform draws below 0.7 of it: once in 10^30


def test_delay_is_at_least_what_the_server_asks_for_and_at_most_twice_that():
    delays = [delay(3.0, 5, 2.0) for _ in range(100)]
    assert min(delays) >= 3.0
    assert max(delays) <= 6.0


def test_wait_of_more_than_ten_minutes_is_too_long():
    assert too_long_wait(601.0) == "the server asks to wait 601 seconds; run again later"
    assert too_long_wait(600.0) is None
    assert too_long_wait(None) is None


def status_error(status, headers):
    request = httpx2.Request("POST", "http://here/v1")
    response = httpx2.Response(status, headers=headers, request=request)
    return openai.APIStatusError("slow down", response=response, body=None)


def test_only_an_answer_asks_to_wait():
    assert retry_after(status_error(429, {"retry-after": "601"})) == 601.0
    assert retry_after(status_error(503, {})) is None
    assert retry_after(TimeoutError()) is None
