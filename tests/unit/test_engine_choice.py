"""Predict, evaluate and select_data over each engine: the same records, and metrics that name the engine."""

from dataclasses import replace
from pathlib import Path

import pytest

from stages import evaluate, predict, select_data
from stages.answers.final_answer import Annotations
from stages.core import files
from stages.core.metrics import Evaluation, SelectionCounts
from stages.core.records import Assignment, Prediction, Problem, Score, TestPrediction
from stages.core.verdict import Verdict
from stages.model import checkpoints
from stages.model.chat import ChatParams
from stages.model.generation import GenerationParams, Sampling
from stages.selection.settings import Keep, SelectionParams
from tests.completions_server import CompletionsServer
from tests.unit.conftest import ROOT, write_runtime


def as_test_set(problems):
    """Return a folder of held-out problems with these as its only set."""
    folder = problems.with_name("held_out")
    files.write_records(folder / "test" / "sums.jsonl", files.read_records(problems, Problem))
    return folder


@pytest.fixture
def chosen(tmp_path, tiny_target, vllm_stand_in, monkeypatch):
    """Return what writes a params.yaml in which an engine is chosen; the server that `openai` asks runs already."""
    del vllm_stand_in  # which `vllm` finds
    monkeypatch.chdir(tmp_path)
    model = checkpoints.load(tiny_target, "float32", "cpu")
    served = {tiny_target.base.name: model}  # as {iteration} names it
    with CompletionsServer(served, checkpoints.load_tokenizer(tiny_target.base)) as server:

        def choose(engine, likelihoods=True):
            openai = {
                "base_url": server.url, "model": "{iteration}", "prompts": "tokens", "likelihoods": likelihoods,
                "concurrency": 4, "attempts": 1, "timeout_seconds": 60,
            }  # fmt: skip
            write_runtime(engine=engine, vllm={"python": None, "memory_gb": 1}, openai=openai)

        yield choose


@pytest.fixture
def shared(template):
    """What the params of all three stages have in common."""
    chat = ChatParams("file", str(template), None, "{question}", {}, final_answer="#### {answer}")
    return {"chat": chat, "dtype": "float32", "generation": GenerationParams(4, True)}


ONCE = Sampling(1, 0.7)


@pytest.fixture
def problems(tmp_path, make_problem):
    files.write_records(tmp_path / "problems.jsonl", [make_problem(i) for i in range(4)])
    files.write_records(tmp_path / "dev.jsonl", [])
    (tmp_path / "ood").mkdir()
    return tmp_path / "problems.jsonl"


@pytest.mark.parametrize("engine", ["vllm", "openai"])
def test_predict_writes_the_records_of_the_transformers_engine(chosen, shared, problems, tiny_base, engine):
    written = []
    for name in ("transformers", engine):
        chosen(name)
        out = Path(f"{name}.jsonl")
        counts = predict.main(
            predict.Paths(tiny_base, tiny_base, problems, out), predict.Params(**shared, predict=ONCE)
        )
        assert counts["engine"] == name
        rows = files.read_records(out, Prediction)
        assert {row.engine for row in rows} == {name}
        written.append([replace(row, engine="") for row in rows])
    assert written[0] == written[1] != []


@pytest.mark.parametrize(("engine", "lines"), [("transformers", 1), ("vllm", 0)])
def test_predict_says_once_that_vllm_is_installed_and_not_used(
    chosen, shared, problems, tiny_base, monkeypatch, caplog, engine, lines
):
    monkeypatch.syspath_prepend(ROOT / "tests/stand_ins")
    caplog.set_level("INFO")
    chosen(engine)
    predict.main(
        predict.Paths(tiny_base, tiny_base, problems, Path("out.jsonl")), predict.Params(**shared, predict=ONCE)
    )
    assert caplog.text.count("vLLM is installed and not used") == lines


@pytest.mark.parametrize("engine", ["vllm", "openai"])
def test_evaluate_writes_the_records_and_names_the_engine_in_metrics(chosen, shared, problems, tiny_base, engine):
    records, metrics = [], []
    for name in ("transformers", engine):
        chosen(name)
        held_out = as_test_set(problems)
        outputs = {"out": Path(f"{name}.jsonl"), "metrics": Path(f"{name}.json")}
        paths = evaluate.Paths(tiny_base, tiny_base, held_out, **outputs)
        evaluate.main(paths, evaluate.Params(**shared, evaluate=ONCE))
        rows = files.read_records(paths.out, TestPrediction)
        assert {row.engine for row in rows} == {name}
        records.append([replace(row, engine="") for row in rows])
        metrics.append(files.read_record(paths.metrics, dict[str, Evaluation])["test/sums"])
    assert records[0] == records[1] != []
    assert [one.engine for one in metrics] == ["transformers", engine]
    assert replace(metrics[1], engine="transformers") == metrics[0]


@pytest.fixture
def selection(tmp_path, tiny_base, make_candidate, make_solution, make_case):
    names = ("synthetic", "solutions", "bad", "good", "assignments", "scores", "selected", "counts")
    folders = {name: tmp_path / f"{name}.jsonl" for name in names}
    paths = select_data.Paths(**folders, model=tiny_base, base=tiny_base)
    files.write_records(
        paths.synthetic, [make_candidate(name, question=f"How much is {name} and 2?") for name in ("x", "yy", "zzz")]
    )
    files.write_records(paths.solutions, [make_solution(f"s-{name}", name) for name in ("x", "yy", "zzz")])
    files.write_records(paths.bad, [make_case("b1"), make_case("b2", "Why?")])
    files.write_records(paths.good, [make_case("g1", "And now?", verdict=Verdict.CORRECT)])
    files.write_records(paths.assignments, [Assignment("b1", "k1", "t1"), Assignment("b2", "k2", "t1")])
    return paths


KEPT = Annotations(annotations="keep")


@pytest.fixture
def select(selection, shared):
    def run(score):
        section = SelectionParams(score, 2, 1, Keep("fraction", 0.5, "all"))
        select_data.main(
            selection, select_data.Params(seed=0, select_data=section, assemble_training_set=KEPT, **shared)
        )
        return files.read_records(selection.scores, Score), files.read_record(selection.counts, SelectionCounts)

    return run


@pytest.mark.parametrize("score", ["likelihood", "accuracy"])
@pytest.mark.parametrize("engine", ["vllm", "openai"])
def test_select_data_finds_the_scores_of_the_transformers_engine(chosen, select, engine, score):
    found = []
    for name in ("transformers", engine):
        chosen(name)
        scores, counts = select(score)
        assert counts.engine == name
        found.append(scores)
    assert [(one.candidate_id, one.kept) for one in found[0]] == [(one.candidate_id, one.kept) for one in found[1]]
    gains = [one.likelihood_gain for one in found[0]]
    assert None not in gains  # by accuracy, since a random model solves nothing, and all are level
    assert gains == pytest.approx([one.likelihood_gain for one in found[1]], abs=1e-3)


def test_select_data_by_accuracy_needs_no_likelihoods(chosen, select):
    chosen("openai", likelihoods=False)
    scores, counts = select("accuracy")
    assert {one.score for one in scores} == {0.0}
    assert {one.likelihood_gain for one in scores} == {None}
    assert (counts.trials, counts.failed_trials) == (9, 0)


@pytest.mark.parametrize("engine", ["transformers", "vllm", "openai"])
def test_several_samples_of_each_problem_are_kept_by_problem_and_number(chosen, shared, problems, tiny_base, engine):
    chosen(engine)
    out, metrics = Path("out.jsonl"), Path("metrics.json")
    counts = predict.main(
        predict.Paths(tiny_base, tiny_base, problems, out), predict.Params(**shared, predict=Sampling(3, 0.9))
    )
    assert (counts["problems"], counts["samples of each"]) == (4, 3)
    rows = files.read_records(out, Prediction)
    assert [(row.problem_id, row.sample) for row in rows] == [
        (f"p{i}", sample) for i in range(4) for sample in range(3)
    ]
    assert len({row.id for row in rows}) == 12
    assert len({row.output for row in rows}) > 8
    held_out = as_test_set(problems)
    paths = evaluate.Paths(tiny_base, tiny_base, held_out, out=out, metrics=metrics)
    evaluate.main(paths, evaluate.Params(**shared, evaluate=Sampling(3, 0.9)))
    assert [(row.problem_id, row.sample) for row in files.read_records(out, TestPrediction)] == [
        (f"p{i}", sample) for i in range(4) for sample in range(3)
    ]
    found = files.read_record(metrics, dict[str, Evaluation])["test/sums"]
    assert (found.problems, found.samples) == (4, 3)
    assert found.majority
