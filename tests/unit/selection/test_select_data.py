"""The stage that selects: what it asks of the machine and of the chat format before it tries anything."""

from pathlib import Path

import pytest

from stages import select_data
from stages.core.exceptions import ParamsError
from stages.model import devices
from stages.model.chat import ChatParams
from stages.model.generation import GenerationParams
from stages.selection.development import DevelopmentSet
from stages.selection.ranking import rank
from stages.selection.settings import Keep, SelectionParams
from tests.unit.selection.attempts import attempt, development


@pytest.fixture
def make_params(template):
    def make(chat_template=template):
        return select_data.Params(
            seed=0,
            chat=ChatParams(str(chat_template), "{question}", "<|im_end|>"),
            dtype="float32",
            generation=GenerationParams(6),
            select_data=SelectionParams("likelihood", 1, 0, Keep("fraction", 0.5, "all")),
        )

    return make


@pytest.fixture
def cases(make_case):
    return DevelopmentSet([make_case("b1", "How many?")], [], {"b1": "t1"})


@pytest.fixture(autouse=True)
def on_a_cpu(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(
        "runtime: {threads: 1, device: cpu, processes: 1, accelerate_config: null, "
        "batch_tokens: 100, engine: transformers}\n"
    )


def test_trials_take_the_gpus_before_they_load_the_model(
    tiny_target, make_candidate, cases, make_params, monkeypatch, scratch_folder
):
    devices.reserve.cache_clear()
    monkeypatch.setattr(devices, "visible_gpus", lambda device: [f"GPU-of-{device}"])
    tried = select_data.run_trials(tiny_target, [make_candidate("x")], cases, make_params())
    devices.reserve.cache_clear()
    assert [path.name for path in (scratch_folder / "devices").iterdir()] == ["GPU-of-cpu.lock"]
    assert [set(attempt.outcomes) for attempt in tried] == [{"b1"}]


def test_template_that_writes_two_start_tokens_is_refused(tiny_target, make_candidate, cases, make_params, template):
    twice = Path("twice.jinja")
    twice.write_text("<|im_start|>" + template.read_text())
    with pytest.raises(ParamsError, match=r"chat\.template: a prompt starts with 2 start tokens"):
        select_data.run_trials(tiny_target, [make_candidate("x")], cases, make_params(twice))


@pytest.mark.parametrize(
    ("rows", "sizes", "helped"),
    [
        # No example: 0 of the bad cases and all of the good ones, 1/2. a 3/4, b 1/2, c 3/4 of the valid ones.
        pytest.param({"a": "10|1", "b": "00|1", "c": "-1|1", "d": "--|-"}, (2, 1), 2, id="bad-and-good"),
        pytest.param({"a": "10", "b": "00"}, (2, 0), 1, id="bad-alone"),
    ],
)
def test_by_accuracy_those_help_that_are_better_than_no_example(rows, sizes, helped):
    attempts, cases = [attempt(name, row) for name, row in rows.items()], development(*sizes)
    section = SelectionParams("accuracy", *sizes, Keep("fraction", 1.0, "all"))
    counts = select_data.summarize(rank(attempts, cases, section), attempts, cases, section, dict.fromkeys(rows, ""))
    assert counts["helped"] == helped
