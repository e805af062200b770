"""Predict, evaluate and select_data over each engine: the same records, and metrics that name the engine."""

import argparse
from pathlib import Path

import pytest

from stages import evaluate, predict, select_data
from stages.core import files
from stages.core.exceptions import ParamsError
from stages.core.records import Assignment, Score
from stages.core.verdict import Verdict
from stages.model import checkpoints
from stages.model.chat import ChatParams
from stages.model.generation import GenerationParams
from stages.selection.settings import Keep, SelectionParams
from tests.completions_server import CompletionsServer

RUNTIME = "threads: 1, device: cpu, processes: 1, accelerate_config: null, batch_tokens: 4000"


@pytest.fixture
def chosen(tmp_path, tiny_target, vllm_stand_in, monkeypatch):
    """Return what writes a params.yaml in which an engine is chosen; the server that `openai` asks runs already."""
    del vllm_stand_in  # which `vllm` finds
    monkeypatch.chdir(tmp_path)
    model = checkpoints.load(tiny_target, "float32", "cpu")
    served = {tiny_target.base.name: model}  # as {iteration} names it
    with CompletionsServer(served, checkpoints.load_tokenizer(tiny_target.base)) as server:

        def choose(engine, likelihoods="true"):
            openai = (
                f"base_url: {server.url}, model: '{{iteration}}', prompts: tokens, likelihoods: {likelihoods}, "
                "concurrency: 4, attempts: 1, timeout_seconds: 60"
            )
            vllm = "python: null, gpu_memory: 0.5"
            Path("params.yaml").write_text(
                f"runtime: {{{RUNTIME}, engine: {engine}, vllm: {{{vllm}}}, openai: {{{openai}}}}}\n"
            )

        yield choose


@pytest.fixture
def declare(template, monkeypatch):
    def choose(stage, **fields):
        chat = ChatParams(str(template), "{question}", "<|im_end|>")
        values = stage.Params(chat=chat, dtype="float32", generation=GenerationParams(4), **fields)
        monkeypatch.setattr(stage.params, "declared", lambda _: values)

    return choose


@pytest.fixture
def problems(tmp_path, make_problem):
    files.write_records(tmp_path / "problems.jsonl", [make_problem(i) for i in range(4)])
    (tmp_path / "ood").mkdir()
    return tmp_path / "problems.jsonl"


@pytest.mark.parametrize("engine", ["vllm", "openai"])
def test_predict_writes_the_records_of_the_transformers_engine(chosen, declare, problems, tiny_base, engine):
    declare(predict)
    written = []
    for name in ("transformers", engine):
        chosen(name)
        out = Path(f"{name}.jsonl")
        counts = predict.main(argparse.Namespace(problems=problems, model=tiny_base, base=tiny_base, out=out))
        assert counts.get("engine") == (None if name == "transformers" else name)
        written.append(out.read_bytes())
    assert written[0] == written[1] != b""


@pytest.mark.parametrize("engine", ["vllm", "openai"])
def test_evaluate_writes_the_records_and_names_the_engine_in_metrics(chosen, declare, problems, tiny_base, engine):
    declare(evaluate)
    records, metrics = [], []
    for name in ("transformers", engine):
        chosen(name)
        paths = argparse.Namespace(
            test=problems, ood=problems.parent / "ood", model=tiny_base, base=tiny_base,
            out=Path(f"{name}.jsonl"), metrics=Path(f"{name}.json"),
        )  # fmt: skip
        evaluate.main(paths)
        records.append(paths.out.read_bytes())
        metrics.append(files.read_json(paths.metrics))
    assert records[0] == records[1] != b""
    assert "engine" not in metrics[0]["test"]
    assert metrics[1]["test"] == metrics[0]["test"] | {"engine": engine}


@pytest.fixture
def selection(tmp_path, tiny_base, make_candidate, make_case):
    names = ("synthetic", "bad", "good", "assignments", "scores", "selected", "counts")
    paths = argparse.Namespace(**{name: tmp_path / f"{name}.jsonl" for name in names}, model=tiny_base, base=tiny_base)
    files.write_records(
        paths.synthetic, [make_candidate(name, question=f"How much is {name} and 2?") for name in ("x", "yy", "zzz")]
    )
    files.write_records(paths.bad, [make_case("b1"), make_case("b2", "Why?")])
    files.write_records(paths.good, [make_case("g1", "And now?", verdict=Verdict.CORRECT)])
    files.write_records(paths.assignments, [Assignment("b1", "k1", "t1"), Assignment("b2", "k2", "t1")])
    return paths


@pytest.mark.parametrize("score", ["likelihood", "accuracy"])
@pytest.mark.parametrize("engine", ["vllm", "openai"])
def test_select_data_finds_the_scores_of_the_transformers_engine(chosen, declare, selection, engine, score):
    declare(select_data, seed=0, select_data=SelectionParams(score, 2, 1, Keep("fraction", 0.5, "all")))
    found = []
    for name in ("transformers", engine):
        chosen(name)
        select_data.main(selection)
        found.append(files.read_records(selection.scores, Score))
    assert files.read_json(selection.counts)["engine"] == engine
    assert [(one.candidate_id, one.kept, one.stopped) for one in found[0]] == [
        (one.candidate_id, one.kept, one.stopped) for one in found[1]
    ]
    gains = [one.likelihood_gain for one in found[0]]
    assert None not in gains  # by accuracy, since a random model solves nothing, and all are level
    assert gains == pytest.approx([one.likelihood_gain for one in found[1]], abs=1e-3)


def test_select_data_by_accuracy_needs_no_likelihoods(chosen, declare, selection):
    declare(select_data, seed=0, select_data=SelectionParams("accuracy", 2, 1, Keep("fraction", 0.5, "all")))
    chosen("openai", likelihoods="false")
    select_data.main(selection)
    scores = files.read_records(selection.scores, Score)
    assert {one.score for one in scores} == {0.0}
    assert {one.likelihood_gain for one in scores} == {None}
    assert files.read_json(selection.counts)["trials"] == {"possible": 9, "run": 9, "failed": 0}


def test_select_data_by_likelihood_without_likelihoods_says_what_to_set(chosen, declare, selection):
    declare(select_data, seed=0, select_data=SelectionParams("likelihood", 2, 1, Keep("fraction", 0.5, "all")))
    chosen("openai", likelihoods="false")
    with pytest.raises(ParamsError, match=r"score: likelihood needs an engine with log-likelihoods.*accuracy"):
        select_data.main(selection)
