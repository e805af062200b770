"""The keys of `instructor` that no stage declares."""

from dataclasses import field

import pytest
import yaml

from stages.core.exceptions import ParamsError
from stages.core.params import parse, section
from stages.llm.completions import ChatClientParams
from stages.llm.settings import Limits, Price, Settings, load

LIMITS = {
    "concurrency": 2, "requests_per_minute": None, "tokens_per_minute": 5, "attempts": 3, "timeout_seconds": 1,
    "backoff_seconds": 0.5, "poll_seconds": 10,
}  # fmt: skip
GOOD = {
    "provider": "openai",
    "symbolic": {"steps": "plain"},
    "openai": {"anything": 1},
    "mode": "online",
    "budget_usd": 20,
    "prices": {"gpt-4.1": {"input": 2, "output": 8.0}},
    "limits": LIMITS,
}


@pytest.fixture
def written(tmp_path):
    def written(changes):
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump({"instructor": GOOD | changes}))
        return path

    return written


def test_settings_are_read_beside_the_params_that_stages_declare(written):
    limits = Limits(2, None, 5, 3, 1.0, 0.5, 10.0)
    assert load(written({})) == Settings("online", 20.0, {"gpt-4.1": Price(2.0, 8.0)}, limits)


BAD = {
    "unknown mode": ({"mode": "offline"}, r"`instructor\.mode` must be 'online' or 'batch', not 'offline'"),
    "unknown limit": ({"limits": LIMITS | {"retries": 3}}, r"unknown key `instructor\.limits\.retries`"),
    "no concurrency": (
        {"limits": LIMITS | {"concurrency": 0}},
        r"`instructor\.limits\.concurrency` must be greater than or equal to 1, not 0",
    ),
    "no time": (
        {"limits": LIMITS | {"timeout_seconds": 0}},
        r"`instructor\.limits\.timeout_seconds` must be greater than 0, not 0",
    ),
    "negative budget": ({"budget_usd": -1}, r"`instructor\.budget_usd` must be greater than or equal to 0, not -1"),
    "negative price": (
        {"prices": {"m": {"input": -1, "output": 0}}},
        r"`instructor\.prices\.m\.input` must be greater than or equal to 0, not -1",
    ),
    "half a price": ({"prices": {"m": {"input": 1}}}, r"missing key `instructor\.prices\.m\.output`"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD.keys())
def test_bad_setting_is_named(written, changes, message):
    with pytest.raises(ParamsError, match=f"^params.yaml: {message}"):
        load(written(changes))


def test_all_values_out_of_range_are_told_together(written):
    with pytest.raises(ParamsError, match=r"requests_per_minute") as caught:
        load(written({"limits": LIMITS | {"attempts": 0, "requests_per_minute": 0}}))
    assert len(caught.value.faults) == 2


@section
class Declared:
    """The keys of the same section that a stage declares."""

    provider: str
    openai: ChatClientParams | None = field(default=None, kw_only=True)


@section
class Whole(Declared, Settings):
    """The whole of `instructor`, as it is checked before anything runs."""


OPENAI = {
    "model": "gpt-4.1", "base_url": "http://here/v1", "temperature": 1, "max_tokens": 100, "max_tokens_field": "auto",
    "send_seed": True, "structured": "text",
}  # fmt: skip
SETTINGS = {name: GOOD[name] for name in ("mode", "budget_usd", "prices", "limits")}


def test_settings_are_a_part_of_a_larger_section():
    whole = parse(Whole, SETTINGS | {"provider": "openai", "openai": OPENAI}, "instructor")
    assert (whole.provider, whole.openai.max_tokens, whole.limits.attempts, whole.price_share) == ("openai", 100, 3, 1)
    assert parse(Whole, SETTINGS | {"provider": "symbolic"}, "instructor").openai is None
    faulty = SETTINGS | {"budget_usd": -1, "openai": OPENAI | {"max_tokens": 0, "temperature": -0.5}, "modes": 1}
    with pytest.raises(ParamsError, match=r"unknown key `instructor\.modes` \(did you mean `mode`\?\)") as caught:
        parse(Whole, faulty, "instructor")
    assert [fault.split("`")[1] for fault in caught.value.faults] == [
        "instructor.budget_usd",
        "instructor.provider",
        "instructor.openai.temperature",
        "instructor.openai.max_tokens",
        "instructor.modes",
    ]
