"""The choice of an engine, and what a run's journal is named after."""

import sys
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
import torch

from stages.core import runtime
from stages.model import inference
from stages.model.chat import ChatParams
from stages.model.generation import Generation, GenerationParams, Sampling
from tests.unit.conftest import ROOT

SERVED = runtime.ServedRuntime("http://a/v1", "{iteration}", "tokens", True, 1, 1, 1.0)
SPEED = runtime.Runtime(1, "cpu", 1, None, 100, "transformers", runtime.VllmRuntime(None, 1), SERVED, None)


def named(target, speed):
    return inference.fingerprint(target, "float32", GenerationParams(4, True), speed)


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


@pytest.mark.parametrize(
    ("on_path", "python", "engine", "hinted"),
    [
        pytest.param(True, None, "transformers", True, id="installed"),
        pytest.param(False, sys.executable, "transformers", True, id="in-an-environment-of-its-own"),
        pytest.param(False, None, "transformers", False, id="not-installed"),
        pytest.param(True, "nowhere/python", "transformers", False, id="its-environment-is-gone"),
        pytest.param(True, None, "vllm", False, id="chosen"),
        pytest.param(True, None, "openai", False, id="served"),
    ],
)
def test_vllm_that_is_installed_and_not_used_is_said_with_the_factor(monkeypatch, on_path, python, engine, hinted):
    monkeypatch.setattr(sys, "path", [str(ROOT / "tests/stand_ins")] if on_path else [])
    line = inference.hint(replace(SPEED, engine=engine, vllm=runtime.VllmRuntime(python, None)))
    assert bool(line) is hinted
    if line:
        assert line.startswith("vLLM is installed and not used: with `runtime.engine: vllm` this model would write ")


@pytest.mark.parametrize(("feature", "factor"), [("avx2", "about twice"), ("amx_bf16", "several times")])
def test_factor_is_that_of_the_type_that_the_cpu_multiplies_in(monkeypatch, feature, factor):
    monkeypatch.setattr(sys, "path", [str(ROOT / "tests/stand_ins")])
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {feature: True})
    assert f"would write {factor} as many tokens" in inference.hint(SPEED)


def test_vllm_is_looked_for_where_its_section_is_missing(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "tests/stand_ins")])
    assert inference.hint(replace(SPEED, vllm=None))


def test_rows_of_different_servers_are_not_mixed(tiny_target):
    speed = replace(SPEED, engine="openai")
    other_url, other_model = replace(SERVED, base_url="http://b/v1"), replace(SERVED, model="m")
    names = {named(tiny_target, replace(speed, openai=served)) for served in (SERVED, other_url, other_model)}
    assert len(names) == 3
    faster = replace(SERVED, concurrency=9)
    assert named(tiny_target, replace(speed, openai=faster)) == named(tiny_target, speed)


@pytest.mark.parametrize(("cut", "said"), [(0, False), (2, False), (3, True)])
def test_many_outputs_that_ran_to_the_limit_are_said(
    tiny_target, template, make_problem, monkeypatch, caplog, cut, said
):
    stops = ["length"] * cut + ["end"] * (20 - cut)
    made = {f"p{number}": Generation("a", 1, stop) for number, stop in enumerate(stops)}
    monkeypatch.setattr(inference, "generate_all", lambda *_, **__: made)
    monkeypatch.setattr(inference, "load_runtime", lambda: SPEED)
    params = ChatParams("file", str(template), None, "{question}", {}, final_answer="#### {answer}")
    inference.solve(
        tiny_target,
        [make_problem(number) for number in range(20)],
        chat_params=params,
        dtype="float32",
        params=GenerationParams(4, True),
        title="",
    )
    assert (f"warning: {cut} of 20 outputs ran to generation.max_new_tokens; raise it" in caplog.text) is said


def test_each_problem_has_the_limit_of_its_set_and_the_results_the_order_of_the_problems(
    tiny_target, template, make_problem, monkeypatch
):
    monkeypatch.setattr(inference, "load_runtime", lambda: SPEED)
    params = ChatParams("file", str(template), None, "{question}", {}, final_answer="#### {answer}")
    problems = [replace(make_problem(number), max_new_tokens=limit) for number, limit in enumerate([None, 3, None, 3])]
    written = inference.solve(
        tiny_target, problems, chat_params=params, dtype="float32", params=GenerationParams(7, True), title=""
    )
    assert list(written) == [problem.id for problem in problems]
    cut = {key: one.tokens for key, (one,) in written.items() if one.stop == "length"}
    assert cut.items() <= {"p0": 7, "p1": 3, "p2": 7, "p3": 3}.items()
    assert {"p1", "p3"} <= cut.keys()


def test_several_tries_at_each_problem_differ_and_are_the_same_in_another_run(
    tiny_target, template, make_problem, monkeypatch, tmp_path
):
    monkeypatch.setattr(inference, "load_runtime", lambda: replace(SPEED, batch_tokens=400))
    params = ChatParams("file", str(template), None, "{question}", {}, final_answer="#### {answer}")
    problems = [replace(make_problem(number), max_new_tokens=limit) for number, limit in enumerate([None, 5, None])]

    def solve(folder, **sampling):
        monkeypatch.setenv("SEI_CACHE", str(tmp_path / folder))
        return inference.solve(
            tiny_target, problems, chat_params=params, dtype="float32", params=GenerationParams(9, True), title="",
            **sampling,
        )  # fmt: skip

    tries = {"sampling": Sampling(4, 0.9)}
    made = solve("one", **tries)
    assert list(made) == ["p0", "p1", "p2"]
    assert all(len({one.text for one in of_problem}) == 4 for of_problem in made.values())
    assert max(one.tokens for one in made["p1"]) == 5
    assert solve("two", **tries) == made
    greedy = solve("one")
    assert [len(of_problem) for of_problem in greedy.values()] == [1, 1, 1]
    assert solve("three", sampling=Sampling(1, 0.9)) == greedy


def test_rows_with_and_without_a_stop_after_the_answer_are_not_mixed(tiny_target):
    names = {
        inference.fingerprint(tiny_target, "float32", GenerationParams(4, stops), SPEED) for stops in (True, False)
    }
    assert len(names) == 2


def test_table_has_every_engine_that_the_runtime_may_name():
    assert set(inference.ENGINES) == set(get_args(get_type_hints(runtime.Runtime)["engine"]))
