"""How long a server asks to wait."""

import email.utils
import time

import pytest

from stages.instructor.faults import waiting_time

HEADERS = [
    pytest.param({"retry-after": "2"}, 2.0, id="seconds"),
    pytest.param({"retry-after": "0.25"}, 0.25, id="fraction of a second"),
    pytest.param({"retry-after-ms": "1500"}, 1.5, id="milliseconds"),
    pytest.param({"retry-after-ms": "100", "retry-after": "1"}, 0.1, id="milliseconds before seconds"),
    pytest.param({"retry-after": "-3"}, 0.0, id="negative"),
    pytest.param({"retry-after": "Wed, 01 Jan 2020 00:00:00 GMT"}, 0.0, id="date that has passed"),
    pytest.param({"retry-after": "soon"}, None, id="neither"),
    pytest.param({}, None, id="none"),
]


@pytest.mark.parametrize(("headers", "seconds"), HEADERS)
def test_waiting_time(headers, seconds):
    assert waiting_time(headers) == seconds


def test_waiting_time_until_a_date():
    date = email.utils.formatdate(time.time() + 90, usegmt=True)
    assert waiting_time({"retry-after": date}) == pytest.approx(90, abs=2)
