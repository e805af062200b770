"""The comparison of engines: which runs there are, and in what they agree."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks import engines
from stages.core.files import read_json
from stages.model.checkpoints import Target
from stages.model.generation import Generation


@pytest.fixture
def tasks(chat):
    """The pipeline's problems and GSM8K's, each with one more than vLLM solves with an adapter beside the weights."""
    problems = [(f"Question {i}?", f"#### {i}", str(i)) for i in range(engines._BESIDE + 1)]
    return {boxed: engines.Task(problems, chat, 512 if boxed else 160) for boxed in (False, True)}


@pytest.fixture
def run_of(chat):
    def make(outputs, likelihoods, engine="vllm"):
        task = engines.Task([("", "", str(i)) for i in (1, 2, 3, 4)], chat, 9)
        case = engines.Case(engine, "m", Target(Path("m"), None), "none", task)
        made = {i: Generation(text, 3, "end") for i, text in enumerate(outputs)}
        return case, engines.Run(made=made, likelihoods=likelihoods)

    return make


def test_agreement_counts_what_either_and_both_engines_solve(run_of):
    vllm = run_of(["#### 1", "#### 2", "#### 9", "#### 9"], [-1.0, -2.0])
    transformers = run_of(["#### 1", "#### 7", "#### 3", "#### 8"], [-1.5, -2.1], "transformers")
    (row,) = engines.agreements([vllm, transformers])
    expected = {
        "problems": 4, "vllm_solves": 2, "transformers_solves": 2, "either": 3, "both": 1, "share": 0.333,
        "same_texts": 1, "mean_difference": 0.3, "largest_difference": 0.5,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_agreement_where_nothing_is_solved_has_no_share(run_of):
    (row,) = engines.agreements([run_of(["a"] * 4, [-1.0]), run_of(["b"] * 4, [-1.0], "transformers")])
    assert row["share"] is None


def test_adapter_is_run_merged_by_both_engines_and_beside_by_vllm(tasks, tiny_base):
    with ExitStack() as folders:
        cases = engines.cases_of(f"{tiny_base}+models/iter1", tasks, folders)
    count = engines._BESIDE
    assert [(case.engine, case.adapter, len(case.task.problems)) for case in cases] == [
        ("vllm", "merged", count + 1), ("vllm", "beside", count), ("transformers", "merged", count + 1)
    ]  # fmt: skip
    assert {case.target for case in cases} == {Target(tiny_base, Path("models/iter1"))}


def test_folder_without_a_card_is_pointed_at_and_may_be_asked_for_boxes(tasks, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    with ExitStack() as folders:
        cases = engines.cases_of(f"{tmp_path / 'mine'}:boxed", tasks, folders)
        card = read_json(cases[0].target.base / "target.json")
    assert [(case.engine, case.adapter) for case in cases] == [("vllm", "none"), ("transformers", "none")]
    assert {case.task.new_tokens for case in cases} == {512}
    assert card["path"] == str(tmp_path / "mine")
