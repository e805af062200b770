"""The keys of `instructor` that no stage declares."""

import pytest
import yaml

from stages.core.exceptions import ParamsError
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
    "unknown key": ({"budget": 3}, r"unknown key `instructor\.budget` \(did you mean `budget_usd`\?\)"),
    "unknown mode": ({"mode": "offline"}, r"`instructor\.mode` must be one of online, batch"),
    "unknown limit": ({"limits": LIMITS | {"retries": 3}}, r"unknown key `instructor\.limits\.retries`"),
    "no concurrency": ({"limits": LIMITS | {"concurrency": 0}}, r"instructor\.limits\.concurrency must be above 0"),
    "negative budget": ({"budget_usd": -1}, r"instructor\.budget_usd must be at least 0, or null"),
    "negative price": ({"prices": {"m": {"input": -1, "output": 0}}}, r"instructor\.prices must be at least 0"),
    "half a price": ({"prices": {"m": {"input": 1}}}, r"missing key `instructor\.prices\.m\.output`"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD.keys())
def test_bad_setting_is_named(written, changes, message):
    with pytest.raises(ParamsError, match=message):
        load(written(changes))


def test_all_values_out_of_range_are_told_together(written):
    limits = LIMITS | {"attempts": 0, "requests_per_minute": 0}
    with pytest.raises(ParamsError, match=r"requests_per_minute must be above 0; instructor\.limits\.attempts must"):
        load(written({"limits": limits}))
