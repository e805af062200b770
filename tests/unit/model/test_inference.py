"""The choice of an engine, and what a run's journal is named after."""

from dataclasses import replace
from typing import get_args, get_type_hints

import pytest

from stages.core import runtime
from stages.model import inference
from stages.model.generation import GenerationParams

SERVED = runtime.ServedRuntime("http://a/v1", "{iteration}", "tokens", True, 1, 1, 1.0)
SPEED = runtime.Runtime(1, "cpu", 1, None, 100, "transformers", runtime.VllmRuntime(None, 0.5), SERVED, None)


def named(target, speed):
    return inference.fingerprint(target, "float32", GenerationParams(4), speed)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        pytest.param({"engine": "vllm"}, False, id="another-engine"),
        pytest.param({"engine": "openai"}, False, id="a-server"),
        pytest.param({"threads": 2, "batch_tokens": 7, "processes": 2}, True, id="speed"),
        pytest.param({"vllm": None, "openai": None}, True, id="settings-of-engines-not-chosen"),
    ],
)
def test_rows_of_different_engines_are_not_mixed(tiny_target, change, same):
    assert (named(tiny_target, replace(SPEED, **change)) == named(tiny_target, SPEED)) is same


def test_rows_of_different_servers_are_not_mixed(tiny_target):
    speed = replace(SPEED, engine="openai")
    other_url, other_model = replace(SERVED, base_url="http://b/v1"), replace(SERVED, model="m")
    names = {named(tiny_target, replace(speed, openai=served)) for served in (SERVED, other_url, other_model)}
    assert len(names) == 3
    faster = replace(SERVED, concurrency=9)
    assert named(tiny_target, replace(speed, openai=faster)) == named(tiny_target, speed)


def test_table_has_every_engine_that_the_runtime_may_name():
    assert set(inference.ENGINES) == set(get_args(get_type_hints(runtime.Runtime)["engine"]))
