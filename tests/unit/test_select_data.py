"""The stage that selects: its records and counts, and what it asks of the machine and of the chat format."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from stages.answers.final_answer import Annotations
from stages.core import files, runtime
from stages.core.exceptions import ParamsError
from stages.core.metrics import SelectionCounts, TrialCaseCounts
from stages.core.records import Assignment, Candidate, Score
from stages.core.verdict import Verdict
from stages.model import devices
from stages.model.chat import ChatParams
from stages.model.generation import GenerationParams
from stages.select_data import Params, Paths, main, run_trials
from stages.selection.scores.interface import untried
from stages.selection.scoring import SCORES
from stages.selection.settings import Keep, SelectionParams
from stages.selection.trial_cases import TrialCases
from tests.unit.conftest import write_runtime


@pytest.fixture
def make_params(template):
    def make(score, chat_template=template):
        return Params(
            seed=0,
            chat=ChatParams("file", str(chat_template), None, "{question}", {}, final_answer="#### {answer}"),
            dtype="float32",
            generation=GenerationParams(2, True),
            select_data=SelectionParams(score, 1, 1, Keep("fraction", 0.5, "all")),
            assemble_training_set=Annotations(annotations="strip"),
        )

    return make


@pytest.fixture(autouse=True)
def on_a_cpu(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_runtime()


@pytest.fixture
def paths(tmp_path, tiny_base, make_candidate, make_solution, make_case):
    names = ("synthetic", "solutions", "bad", "good", "assignments", "scores", "selected")
    made = Paths(
        **{name: tmp_path / f"{name}.jsonl" for name in names},
        model=tiny_base,
        base=tiny_base,
        counts=tmp_path / "metrics.json",
    )
    files.write_records(made.synthetic, [make_candidate(name) for name in ("x", "y", "z")])
    tries = [make_solution(f"t-{name}", name, author="target", kept=False) for name in ("x", "y", "z")]
    files.write_records(made.solutions, [*(make_solution(f"s-{name}", name) for name in ("x", "y", "z")), *tries])
    files.write_records(made.bad, [make_case("b1"), make_case("b2")])
    files.write_records(made.good, [make_case("g1", verdict=Verdict.CORRECT)])
    files.write_records(made.assignments, [Assignment("b1", "k1", "t1"), Assignment("b2", "k2", "t1")])
    return made


@pytest.mark.parametrize("score", SCORES)
def test_selection_writes_scores_of_all_the_kept_candidates_and_counts(make_params, paths, score):
    shown = main(paths, make_params(score))
    scores = files.read_records(paths.scores, Score)
    assert sorted(found.candidate_id for found in scores) == ["x", "y", "z"]
    kept = {found.candidate_id for found in scores if found.kept}
    assert {candidate.id for candidate in files.read_records(paths.selected, Candidate)} == kept
    helped = sum((found.likelihood_gain or 0) > 0 for found in scores) if score == "likelihood" else 0
    # Half of three, rounded up, are kept. Two bytes of a random model are no answer; the three candidates are alike.
    tied = 0 if score == "random" else 3
    trials, engine = (6, "transformers") if SCORES[score].needs else (0, None)
    assert files.read_record(paths.counts, SelectionCounts) == SelectionCounts(
        candidates=3, kept=2, helped=helped, missing=0, tied=tied, tied_at_cut=tied,
        trial_cases=TrialCaseCounts(1, 1, {"t1": 1}), trials=trials, failed_trials=0, engine=engine,
        kept_by_set={"sums": 2}, exercises=0, rows=2, shortfall=0,
    )  # fmt: skip
    assert (shown["candidates"], shown["kept"]) == (3, 2)


def test_candidates_without_a_solution_are_not_scored_and_others_make_a_row_of_each_solution(
    make_params, paths, make_solution
):
    solutions = [make_solution("s1", "x"), make_solution("s2", "z"), make_solution("s3", "z")]
    files.write_records(paths.solutions, [*solutions, make_solution("s4", "y", kept=False)])
    params = make_params("random")
    shown = main(paths, replace(params, select_data=replace(params.select_data, keep=Keep("rows", 4, "all"))))
    assert {found.candidate_id for found in files.read_records(paths.scores, Score)} == {"x", "z"}
    assert (shown["candidates"], shown["kept"], shown["rows"], shown["shortfall"]) == (2, 2, 3, 1)


def test_candidate_is_shown_with_its_first_kept_solution(make_params, paths, make_candidate, make_solution):
    def gain(*solutions, worked="2 + 2 = 4\n#### 4"):
        files.write_records(paths.synthetic, [make_candidate("x", solution=worked)])
        files.write_records(paths.solutions, [make_solution("s0", "x", "Four.", kept=False), *solutions])
        main(paths, make_params("likelihood"))
        (score,) = files.read_records(paths.scores, Score)
        return score.likelihood_gain

    one, other = make_solution("s1", "x", "4 = 2 + 2\n#### 4"), make_solution("s2", "x", "#### 4")
    assert gain(one, other) == gain(one, worked="#### 4") != gain(other, one)


def test_selection_of_nothing_loads_no_model(make_params, paths):
    files.write_records(paths.synthetic, [])
    files.write_records(paths.bad, [])
    assert main(replace(paths, model=Path("nowhere"), base=Path("nowhere")), make_params("accuracy"))["kept"] == 0
    assert files.read_records(paths.scores, Score) == []
    assert files.read_record(paths.counts, SelectionCounts).engine is None


@pytest.fixture
def inputs(make_candidate, make_case):
    cases = TrialCases([make_case("b1", "How many?")], [], {"b1": "t1"})
    return untried([make_candidate("x")], cases, {"x": 1}, {}, random.Random(0))


def test_trials_take_the_gpus_before_they_load_the_model(tiny_target, inputs, make_params, monkeypatch, scratch_folder):
    monkeypatch.setattr(devices, "visible_gpus", lambda device: [f"GPU-of-{device}"])
    tried = run_trials(tiny_target, inputs, make_params("likelihood"), runtime.load())
    assert [path.name for path in (scratch_folder / "devices").iterdir()] == ["GPU-of-cpu.lock"]
    assert {name: set(own) for name, own in tried.outcomes.items()} == {"x": {"b1"}}


def test_template_that_writes_two_start_tokens_is_refused(tiny_target, inputs, make_params, template):
    twice = Path("twice.jinja")
    twice.write_text("<|im_start|>" + template.read_text())
    with pytest.raises(ParamsError, match=r"chat\.template: a prompt starts with 2 start tokens"):
        run_trials(tiny_target, inputs, make_params("likelihood", twice), runtime.load())


def test_exercises_are_drawn_without_trials_in_the_share_of_the_problems(
    make_params, paths, make_candidate, make_solution
):
    names = ("x", "y", "z", "e1", "e2", "e3", "e4")
    files.write_records(
        paths.synthetic, [replace(make_candidate(name), skill="one step" if name[0] == "e" else None) for name in names]
    )
    files.write_records(paths.solutions, [make_solution(f"s-{name}", name) for name in names])
    main(paths, make_params("likelihood"))
    scores = {found.candidate_id: found for found in files.read_records(paths.scores, Score)}
    counts = files.read_record(paths.counts, SelectionCounts)
    # Half of 3, rounded up, and half of 4; a trial on each of two cases for a problem alone.
    assert (counts.candidates, counts.kept, counts.exercises, counts.rows, counts.trials) == (7, 4, 2, 4, 6)
    assert [name for name, found in scores.items() if found.kept and name[0] == "e"] == ["e1", "e2"]
    assert {scores[name].score for name in scores if name[0] == "e"} == {None}
    assert counts.missing == 0
    assert counts.kept_by_set == {"sums": 4}


def test_rows_are_shared_between_problems_and_exercises(make_params, paths, make_candidate, make_solution):
    names = ("x", "y", "z", "e1")
    files.write_records(
        paths.synthetic, [replace(make_candidate(name), skill="one step" if name[0] == "e" else None) for name in names]
    )
    files.write_records(paths.solutions, [make_solution(f"s-{name}", name) for name in names])
    params = make_params("random")
    for rows, exercises, shortfall in ((2, 1, 0), (4, 1, 0), (6, 1, 2)):
        keep = Keep("rows", rows, "all")
        main(paths, replace(params, select_data=replace(params.select_data, keep=keep)))
        counts = files.read_record(paths.counts, SelectionCounts)
        assert (counts.rows, counts.exercises, counts.shortfall) == (rows - shortfall, exercises, shortfall)
