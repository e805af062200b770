"""The pace of requests, measured on the clock."""

import asyncio
import time

import pytest

from stages.llm.rate_limits import RateLimits


def go_on():
    return False


def seconds(gate, *takes):
    """Return when each take was let through, in seconds from the start."""

    async def run():
        started = time.monotonic()
        times = []
        for tokens in takes:
            assert await gate.take(tokens, go_on)
            times.append(time.monotonic() - started)
        return times

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("limits", "takes", "earliest"),
    [
        pytest.param((600, None), [9, 9, 9, 9], [0.0, 0.1, 0.2, 0.3], id="600 requests a minute"),
        pytest.param((None, 60_000), [100, 200, 0], [0.0, 0.1, 0.3], id="60,000 tokens a minute"),
        pytest.param((600, 60_000), [300, 0, 0], [0.0, 0.3, 0.4], id="the slower of both"),
        pytest.param((None, None), [10**9, 10**9], [0.0, 0.0], id="no limit"),
    ],
)
def test_each_waits_for_the_share_of_the_one_before(limits, takes, earliest):
    measured = seconds(RateLimits(*limits), *takes)
    assert all(when >= least - 1e-3 for when, least in zip(measured, earliest, strict=True))
    assert measured[-1] < earliest[-1] + 1.0


def test_reported_tokens_correct_the_estimate():
    async def run():
        gate = RateLimits(None, 60_000)
        await gate.take(60_000, go_on)  # a minute's worth, which turns out to be 100 tokens
        gate.correct(60_000, 100)
        started = time.monotonic()
        await gate.take(1, go_on)
        return time.monotonic() - started

    assert asyncio.run(run()) < 5.0


def test_pause_holds_everybody():
    async def run():
        gate = RateLimits(None, None)
        gate.pause(0.3)
        started = time.monotonic()
        await asyncio.gather(*(gate.take(1, go_on) for _ in range(5)))
        return time.monotonic() - started

    assert asyncio.run(run()) >= 0.3


def test_nobody_waits_in_a_run_that_has_stopped():
    async def run():
        gate = RateLimits(None, None)
        gate.pause(3600.0)
        return await gate.take(1, lambda: True)

    assert asyncio.run(run()) is False
