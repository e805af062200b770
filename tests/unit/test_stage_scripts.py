"""The functions that stand in stage scripts, without DVC; tests/pipeline runs the whole stages."""

import argparse
import itertools
import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stages import (
    check_iterations,
    extract_bad_cases,
    generate_keyphrases,
    prepare_problems,
    select_data,
    synthesize_data,
)
from stages.core import files
from stages.core.exceptions import ParamsError
from stages.core.records import Assignment, Candidate, Score, UnusableGold
from stages.core.verdict import Verdict
from stages.instructor.interface import InstructorParams
from stages.llm.client import ChatClientParams
from stages.model.chat import ChatParams
from stages.model.generation import GenerationParams
from stages.problems.hub import HubParams
from stages.problems.local import LocalParams
from stages.problems.procedural import ProceduralParams
from stages.problems.reading import Columns
from stages.problems.splits import SplitParams
from stages.selection.settings import Keep, SelectionParams
from tests.chat_server import ChatServer, completion, error

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path.stem for path in (ROOT / "stages").glob("*.py") if path.stem != "__init__")


def test_every_stage_script_is_found():
    assert len(SCRIPTS) == 15
    assert {"prepare_problems", "train", "report"} <= set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_stage_script_imports_no_heavy_library_and_runs_nothing_at_import(name):
    heavy = "{'torch', 'transformers', 'datasets', 'trl', 'peft', 'sentence_transformers', 'sklearn', 'dvc', 'numpy'}"
    code = f"import sys; import stages.{name}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("\n", "")


# prepare_problems


def section(source, path=""):
    return prepare_problems.PrepareProblems(
        source=source,
        columns=Columns("question", "answer", None, None),
        procedural=ProceduralParams("gsm_symbolic", 2, None),
        local=LocalParams(str(path)),
        hub=HubParams("nobody/nothing", None, "train", "main"),
        split=SplitParams(train=30, test=20, ood=10, ood_groups=3),
        extra={},
    )


def test_pool_comes_from_the_chosen_source_alone():
    assert len(prepare_problems.load_pool(section("procedural"), random.Random(0))) >= 120
    example = ROOT / "data" / "raw" / "example.jsonl"
    lines = [line for line in example.read_text().splitlines() if line.strip()]
    assert lines
    assert len(prepare_problems.load_pool(section("local", example), random.Random(0))) == len(lines)
    with pytest.raises(ParamsError, match=r"hub\.revision must be the 40 hex digits"):
        prepare_problems.load_pool(section("hub"), random.Random(0))


# check_iterations


def test_check_iterations_writes_the_same_line_whatever_the_iterations(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("iterations: {a: {parent: base}}\n")
    assert check_iterations.main(argparse.Namespace(out=Path("one.txt"))) == {"iterations": 1}
    Path("params.yaml").write_text("iterations: {a: {parent: base}, b: {parent: a}}\n")
    assert check_iterations.main(argparse.Namespace(out=Path("two.txt"))) == {"iterations": 2}
    assert Path("one.txt").read_bytes() == Path("two.txt").read_bytes() != b""


def test_check_iterations_with_a_cycle_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("iterations: {a: {parent: b}, b: {parent: a}}\n")
    with pytest.raises(ParamsError, match="the parents form a cycle"):
        check_iterations.main(argparse.Namespace(out=Path("out.txt")))
    assert not Path("out.txt").exists()


# extract_bad_cases


@pytest.mark.parametrize(
    ("output", "stop", "verdict", "extracted"),
    [
        pytest.param("1 + 1 = 2\n#### 2", "answer", Verdict.CORRECT, "2", id="right"),
        pytest.param("1 + 1 = 3\n#### 3", "end", Verdict.WRONG, "3", id="wrong"),
        pytest.param("", "end", Verdict.NO_ANSWER, None, id="silent"),
        pytest.param("1 + 1 = 2 and 2 +", "length", Verdict.TRUNCATED, None, id="cut"),
    ],
)
def test_case_is_the_graded_prediction_with_its_problem(
    make_problem, make_prediction, output, stop, verdict, extracted
):
    case, agrees = extract_bad_cases.to_case(make_problem(1), make_prediction("p1", output, stop), usable=True)
    assert agrees
    assert (case.verdict, case.extracted, case.output) == (verdict, extracted, output)
    assert (case.prediction_id, case.problem_id) == ("prediction-p1", "p1")
    assert (case.question, case.solution, case.answer) == ("Question 1?", "1 + 1 = 2\n#### 2", "2")


def test_case_with_an_unusable_gold_is_ungradable(make_problem, make_prediction):
    case, _ = extract_bad_cases.to_case(make_problem(1), make_prediction("p1", "#### 2"), usable=False)
    assert (case.verdict, case.extracted) == (Verdict.UNGRADABLE, None)


def test_unusable_golds_are_told_with_the_reason(make_problem):
    contradicted = replace(make_problem(2), solution="1 + 1 = 2\n#### 2", answer="5")
    found = extract_bad_cases.unusable_golds([make_problem(1), contradicted])
    assert found == [UnusableGold("p2", "5", "its solution ends in 2, not in 5")]


# synthesize_data


@pytest.fixture
def synthesis_inputs(tmp_path, make_case, make_problem, make_row, make_type):
    paths = argparse.Namespace(
        **{
            name: tmp_path / f"{name}.jsonl"
            for name in ("types", "bad", "good", "unusable", "assignments", "train", "test", "history")
        },
        ood=tmp_path / "ood",
    )
    files.write_records(paths.types, [make_type("t1", 2)])
    files.write_records(paths.bad, [make_case("c1"), make_case("c2"), make_case("c3")])
    files.write_records(paths.good, [make_case("c4", verdict=Verdict.CORRECT)])
    files.write_records(
        paths.assignments, [Assignment("c3", "k3", "t1"), Assignment("c1", "k1", "t2"), Assignment("c2", "k2", "t1")]
    )
    at_fault = replace(make_problem(9), question="ten nine eight seven", answer="5")
    files.write_records(paths.train, [replace(make_problem(1), question="alpha beta gamma delta"), at_fault])
    files.write_records(paths.unusable, [UnusableGold("p9", "5", "its solution ends in 2, not in 5")])
    files.write_records(paths.test, [replace(make_problem(2), question="one two three four")])
    files.write_records(paths.ood / "unseen.jsonl", [replace(make_problem(3), question="north south east west")])
    files.write_records(paths.history, [make_row("row", question="red green blue black")])
    return paths


def test_cases_are_joined_to_types_by_id_and_not_by_position(synthesis_inputs):
    material = synthesize_data.read_material(synthesis_inputs)
    found = {name: [case.id for case in cases] for name, cases in material.cases.items()}
    assert found == {"t1": ["c3", "c2"], "t2": ["c1"]}
    assert [case.id for case in material.bad] == ["c1", "c2", "c3"]
    assert [case.id for case in material.good] == ["c4"]


def test_material_holds_usable_problems_of_every_set_and_earlier_rows(synthesis_inputs):
    material = synthesize_data.read_material(synthesis_inputs)
    assert [one.id for one in material.problems] == ["p1"]
    assert {name: [one.id for one in found] for name, found in material.tests.items()} == {
        "test": ["p2"],
        "ood/unseen": ["p3"],
    }
    assert [one.id for one in material.history] == ["row"]
    assert [one.id for one in material.types] == ["t1"]


# select_data


def test_failed_keyphrases_are_counted_by_kind_whatever_the_details(tmp_path, make_case, monkeypatch):
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    refused = itertools.count()

    def answer(body):
        if "bad" in body["messages"][-1]["content"]:
            return error(400, "context_length_exceeded", f"too long, request {next(refused)}")
        return completion('{"keyphrase": "slips"}')

    cases = [make_case(name, question=f"{name}?") for name in ("bad-1", "bad-2", "good-1", "good-2")]
    files.write_records(tmp_path / "bad.jsonl", cases)
    with ChatServer(answer) as server:
        openai = ChatClientParams("teacher", server.url, None, 100, "auto", False, "text")
        chosen = generate_keyphrases.Params(InstructorParams("openai", None, openai))
        monkeypatch.setattr(generate_keyphrases.params, "declared", lambda _: chosen)
        paths = {name: tmp_path / f"{name}.jsonl" for name in ("bad", "out", "counts")}
        told = generate_keyphrases.main(argparse.Namespace(**paths))
    assert told == {"bad cases": 4, "keyphrases": 2, "distinct": 1, "request refused": 2}
    assert json.loads(paths["counts"].read_text())["failed"] == {"request refused": 2}


@pytest.fixture
def declared(template):
    def make(score, new_tokens=2):
        return select_data.Params(
            seed=0,
            chat=ChatParams(str(template), "{question}", "<|im_end|>"),
            dtype="float32",
            generation=GenerationParams(new_tokens),
            select_data=SelectionParams(score, 1, 1, Keep("fraction", 0.5, "all")),
        )

    return make


@pytest.fixture
def selection_inputs(tmp_path, tiny_base, make_candidate, make_case, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(
        "runtime: {threads: 1, device: cpu, processes: 1, accelerate_config: null, "
        "batch_tokens: 4000, engine: transformers}\n"
    )
    names = ("synthetic", "bad", "good", "assignments", "scores", "selected", "counts")
    paths = argparse.Namespace(**{name: tmp_path / f"{name}.jsonl" for name in names}, model=tiny_base, base=tiny_base)
    files.write_records(paths.synthetic, [make_candidate(name) for name in ("x", "y", "z")])
    files.write_records(paths.bad, [make_case("b1"), make_case("b2")])
    files.write_records(paths.good, [make_case("g1", verdict=Verdict.CORRECT)])
    files.write_records(paths.assignments, [Assignment("b1", "k1", "t1"), Assignment("b2", "k2", "t1")])
    return paths


@pytest.mark.parametrize("score", ["accuracy", "likelihood", "random"])
def test_selection_writes_scores_of_all_the_kept_candidates_and_counts(declared, selection_inputs, score, monkeypatch):
    monkeypatch.setattr(select_data.params, "declared", lambda _: declared(score))
    select_data.main(selection_inputs)
    scores = files.read_records(selection_inputs.scores, Score)
    assert sorted(found.candidate_id for found in scores) == ["x", "y", "z"]
    kept = {found.candidate_id for found in scores if found.kept}
    assert len(kept) == 2  # half of three, rounded up
    assert {candidate.id for candidate in files.read_records(selection_inputs.selected, Candidate)} == kept
    counts = files.read_json(selection_inputs.counts)
    assert (counts["candidates"], counts["kept"], counts["missing"]) == (3, 2, 0)
    assert counts["development_cases"] == {"bad": 1, "good": 1, "bad_by_type": {"t1": 1}}
    # Two bytes of a random model are no answer; the three candidates are alike.
    tied = {"accuracy": (3, 3), "likelihood": (3, 3), "random": (0, 0)}
    assert (counts["tied"], counts["tied_at_cut"]) == tied[score]
    trials = 0 if score == "random" else 6
    assert counts["trials"] == {"possible": trials, "run": trials, "failed": 0}


def test_selection_of_nothing_loads_no_model(declared, selection_inputs, monkeypatch):
    monkeypatch.setattr(select_data.params, "declared", lambda _: declared("accuracy"))
    files.write_records(selection_inputs.synthetic, [])
    files.write_records(selection_inputs.bad, [])
    selection_inputs.model = selection_inputs.base = Path("nowhere")
    assert select_data.main(selection_inputs)["kept"] == 0
    assert files.read_records(selection_inputs.scores, Score) == []
