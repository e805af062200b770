"""The keys of `instructor` that no stage declares."""

import pytest
import yaml

from stages.core.exceptions import ParamsError
from stages.llm.settings import Limits, Price, Settings, load

GOOD = {
    "provider": "openai",
    "symbolic": {"steps": "plain"},
    "openai": {"anything": 1},
    "mode": "online",
    "budget_usd": 20,
    "prices": {"gpt-4.1": {"input": 2, "output": 8.0}},
    "limits": {
        "concurrency": 2, "requests_per_minute": None, "tokens_per_minute": 5, "attempts": 3, "timeout_seconds": 1,
        "backoff_seconds": 0.5, "poll_seconds": 10,
    },
}  # fmt: skip


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


def test_fault_is_named_in_the_section_of_the_instructor(written):
    with pytest.raises(ParamsError, match=r"^params.yaml: missing key `instructor\.prices\.m\.output`"):
        load(written({"prices": {"m": {"input": 1}}}))
