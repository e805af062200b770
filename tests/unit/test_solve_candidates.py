"""The stage that lets target and instructor solve the candidates, without DVC: a real tiny model and a real server."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stages import solve_candidates
from stages.core import files
from stages.core.metrics import AuthorCounts, SolvingCounts
from stages.core.records import Candidate, Solution
from stages.core.verdict import Verdict
from stages.model import checkpoints
from stages.model.chat import ChatParams
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.generation import GenerationParams
from stages.synthesis.solving import Samples, SolveCandidates
from tests.chat_server import ChatServer, completion, error
from tests.unit.conftest import ROOT, RUNTIME, TEMPLATE, instructor_params
from tests.unit.llm.conftest import make_params as client_params
from tests.waiting import wait_for

SYMBOLIC = instructor_params("symbolic")
LIMITS = {
    "concurrency": 4, "requests_per_minute": None, "tokens_per_minute": None, "attempts": 1, "timeout_seconds": 5.0,
    "backoff_seconds": 0.01, "poll_seconds": 0.02,
}  # fmt: skip
WORKED = "3 + 4 = 7\n#### 7"


def write_params(**runtime):
    """Write what no stage declares to the current folder."""
    instructor = {"mode": "online", "budget_usd": None, "prices": {}, "limits": LIMITS}
    Path("params.yaml").write_text(yaml.safe_dump({"runtime": RUNTIME | runtime, "instructor": instructor}))


def make_params(solutions="worked", target=0, instructor=0, asked=SYMBOLIC, template=ROOT / TEMPLATE, **changes):
    values = {
        "temperature": 0.7, "keep": 2, "order": "shortest", "unsolved": "drop", "max_pass_rate": 1.0,
        "min_pass_rate": 0.0,
    }  # fmt: skip
    generation = GenerationParams(changes.pop("max_new_tokens", 12), True)
    return solve_candidates.Params(
        seed=0,
        chat=ChatParams("file", str(template), None, "{question}", {}, final_answer="#### {answer}"),
        dtype="float32",
        generation=generation,
        instructor=asked,
        solve_candidates=SolveCandidates(
            solutions=solutions, samples=Samples(target, instructor), **(values | changes)
        ),
    )


def make_paths(folder, model):
    return solve_candidates.Paths(
        synthetic=folder / "synthetic.jsonl", problems=folder / "train.jsonl", model=model, base=model,
        solutions=folder / "solutions.jsonl", counts=folder / "counts.json",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch, make_problem):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    Path("stages").mkdir()
    Path("stages/prompts").symlink_to(ROOT / "stages/prompts")
    write_params()
    files.write_records(tmp_path / "train.jsonl", [make_problem(1)])
    return tmp_path


def candidate(name, question, answer="7", solution=WORKED):
    return Candidate(name, question, solution, answer, "t1", [], "", "sei", [], None, "sums", "construction", None)


THREE = [candidate("a", "3 + 4 is?"), candidate("b", "3 + 5 is?", "8", "3 + 5 = 8\n#### 8"), candidate("c", "3 + 4!")]


@pytest.fixture
def paths(workspace, bigram_target):
    """Three candidates, and a target that answers 7 to what ends in `?`, and no answer to what ends in `!`."""
    files.write_records(workspace / "synthetic.jsonl", THREE)
    return make_paths(workspace, bigram_target.base)


@pytest.fixture
def bare(workspace):
    """A chat template that shows the question alone, so that the target goes on from its last character."""
    path = workspace / "bare.jinja"
    path.write_text(
        "{% for one in messages %}{{ one.content }}{% if one.role == 'assistant' %}<|im_end|>{% endif %}{% endfor %}"
    )
    return path


def told(paths):
    """Return candidate, author, number, verdict and reason of every try."""
    tries = files.read_records(paths.solutions, Solution)
    return [(one.candidate_id, one.author, one.sample, one.verdict.value, one.reason) for one in tries]


def counted(paths):
    return files.read_record(paths.counts, SolvingCounts)


def asked_of(server):
    return replace(instructor_params("openai"), openai=client_params(server.url))


def teach(body):
    """Solve the first problem by luck and the second one well, and fail at the third."""
    prompt = body["messages"][-1]["content"]
    if "3 + 5" in prompt:
        return completion("3 + 5 = 8\n#### 8")
    return error(500, "server_error", "oops") if "3 + 4!" in prompt else completion("40 - 200 = 20\n#### 7")


OTHER = "of another author: worked"
FALSE = "an equation does not hold"


def test_every_try_of_every_author_is_written_and_counted(paths, bare):
    with ChatServer(teach) as server:
        shown = solve_candidates.main(paths, make_params("both", 2, 1, asked_of(server), bare))
    assert told(paths) == [
        ("a", "target", 0, "correct", None),
        ("a", "worked", 0, "correct", OTHER),
        ("a", "instructor", 0, "correct", FALSE),
        ("a", "target", 1, "correct", "repeats another"),
        ("b", "instructor", 0, "correct", None),
        ("b", "worked", 0, "correct", OTHER),
        ("b", "target", 0, "wrong", "wrong"),
        ("b", "target", 1, "wrong", "wrong"),
        ("c", "worked", 0, "correct", OTHER),
        ("c", "instructor", 0, "failed", "request failed: HTTP 500: oops"),
        ("c", "target", 0, "no_answer", "no_answer"),
        ("c", "target", 1, "no_answer", "no_answer"),
    ]
    counts = counted(paths)
    assert (counts.candidates, counts.solved, counts.kept, counts.engine) == (3, 2, 2, "transformers")
    assert counts.authors == {
        "worked": AuthorCounts(3, 3, {Verdict.CORRECT: 3}, 3, 0),
        "target": AuthorCounts(6, 2, {Verdict.CORRECT: 2, Verdict.WRONG: 2, Verdict.NO_ANSWER: 2}, 1, 1),
        "instructor": AuthorCounts(3, 2, {Verdict.CORRECT: 2, Verdict.FAILED: 1}, 2, 1),
    }
    assert counts.left_out == {
        "repeats another": 1,
        FALSE: 1,
        "wrong": 2,
        "no_answer": 2,
        "request failed": 1,
    }
    assert counts.usage.requests == 2
    assert shown == {
        "candidates": 3, "with a solution": 2, "solutions": 2, "right tries of worked": "3/3",
        "right tries of target": "2/6", "right tries of instructor": "2/3",
    }  # fmt: skip
    tries = files.read_records(paths.solutions, Solution)
    assert len({one.id for one in tries}) == 12
    assert [one.tokens is None for one in tries] == [one.author != "target" for one in tries]


def test_instructors_requests_are_not_paid_twice(paths):
    with ChatServer(lambda _: completion("3 + 4 = 7\n#### 7")) as server:
        params = make_params("instructor", 0, 3, asked_of(server))
        solve_candidates.main(paths, params)
        written = paths.solutions.read_bytes(), paths.counts.read_bytes()
        assert len(server.requests) == 9
        # To keep more of each asks nothing new.
        solve_candidates.main(paths, replace(params, solve_candidates=replace(params.solve_candidates, keep=9)))
        solve_candidates.main(paths, params)
        assert len(server.requests) == 9
    assert (paths.solutions.read_bytes(), paths.counts.read_bytes()) == written
    assert counted(paths).usage.requests == 9
    assert counted(paths).engine is None


def test_worked_touches_neither_model_nor_instructor_and_keeps_each_candidates_own_solution(paths, workspace):
    card = workspace / "card alone"
    files.write_json(card / checkpoints.CARD, {"kind": "weights"})
    nowhere = replace(paths, model=card, base=card, problems=Path("nowhere"))
    asked = replace(instructor_params("openai"), openai=client_params("http://127.0.0.1:9/v1"))
    solve_candidates.main(nowhere, make_params("worked", asked=asked))
    made = files.read_records(paths.solutions, Solution)
    assert [(one.candidate_id, one.text, one.kept) for one in made] == [(one.id, one.solution, True) for one in THREE]
    counts = counted(paths)
    assert (counts.candidates, counts.solved, counts.kept, counts.engine, counts.usage) == (3, 3, 3, None, None)
    assert list(counts.authors) == ["worked"]


def test_tries_that_are_not_trained_on_tell_the_pass_rate(paths, bare):
    solve_candidates.main(paths, make_params("worked", 2, 0, template=bare, max_pass_rate=0.9))
    assert told(paths)[0] == ("a", "worked", 0, "correct", "the target solves it already")
    assert [one.candidate_id for one in files.read_records(paths.solutions, Solution) if one.kept] == ["b", "c"]


def test_symbolic_instructor_writes_no_tries(paths):
    solve_candidates.main(paths, make_params("worked", 0, 2))
    assert list(counted(paths).authors) == ["worked"]
    assert counted(paths).usage is None


def test_no_candidates_give_no_solutions(paths):
    files.write_records(paths.synthetic, [])
    shown = solve_candidates.main(paths, make_params("target", 2))
    assert shown == {"candidates": 0, "with a solution": 0, "solutions": 0}


def test_output_to_a_set_is_as_long_as_its_problems_say(paths, make_problem):
    files.write_records(paths.problems, [replace(make_problem(1), max_new_tokens=3)])
    solve_candidates.main(paths, make_params("target", 1, max_new_tokens=5))
    tokens = [one.tokens for one in files.read_records(paths.solutions, Solution) if one.author == "target"]
    assert tokens == [3, 3, 3]  # a model that repeats itself without an end
    assert counted(paths).authors["target"].verdicts == {Verdict.TRUNCATED: 3}


@pytest.mark.parametrize("reverse", [False, True])
def test_by_likelihood_the_solution_that_is_likeliest_to_the_target_is_kept(paths, tiny_target, chat, reverse):
    ways = ["4 + 3 = 7, as we know.\n#### 7", "3 + 4 = 7\n#### 7"]
    engine = SharedPrefixEngine(tiny_target, "float32", GenerationParams(12, True), "cpu")
    prompt = chat.prompt(THREE[0].question, of="sums")
    gains = engine.log_likelihoods([(prompt, chat.completion(way)) for way in ways])
    files.write_records(paths.synthetic, THREE[:1])
    own = replace(paths, model=tiny_target.base, base=tiny_target.base)
    replies = [completion(way) for way in (reversed(ways) if reverse else ways)]
    with ChatServer(lambda _: replies.pop()) as server:
        solve_candidates.main(own, make_params("instructor", 0, 2, asked_of(server), keep=1, order="likelihood"))
    (kept,) = [one for one in files.read_records(paths.solutions, Solution) if one.kept]
    assert kept.text == ways[gains.index(max(gains))]
    assert counted(paths).engine == "transformers"


STAGE = """
import sys
from pathlib import Path
from stages import solve_candidates
from tests.unit.test_solve_candidates import in_batches_of_one, make_paths
solve_candidates.main(make_paths(Path.cwd(), Path(sys.argv[1])), in_batches_of_one())
"""


def in_batches_of_one(samples=4):
    """Return params under which generations are long enough for a kill in their middle."""
    return make_params("target", samples, max_new_tokens=300)


def test_killed_stage_goes_on_and_samples_nothing_twice_nor_for_more_samples(paths, tiny_base, scratch_folder):
    write_params(batch_tokens=1)

    def lines():
        journals = (scratch_folder / "journal").glob("*.jsonl")
        return [line for path in journals for line in path.read_text().splitlines(keepends=True)]

    running = subprocess.Popen(
        [sys.executable, "-c", STAGE, str(tiny_base)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: len(lines()) >= 3)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    before = [line for line in lines() if line.endswith("\n")]
    assert 3 <= len(before) < 12
    assert not paths.solutions.exists()
    own = replace(paths, model=tiny_base, base=tiny_base)
    solve_candidates.main(own, in_batches_of_one())
    after = lines()
    assert set(before) < set(after)
    values = {entry["key"]: entry["value"] for entry in map(json.loads, after)}
    assert len(values) == len(after) == 12
    tries = [one for one in files.read_records(paths.solutions, Solution) if one.author == "target"]
    assert [(one.candidate_id, one.sample) for one in tries] == [(name, i) for name in "abc" for i in range(4)]
    assert {one.text for one in tries} == {value["text"].strip() for value in values.values()}
    written = paths.solutions.read_bytes()
    solve_candidates.main(own, in_batches_of_one())
    assert (lines(), paths.solutions.read_bytes()) == (after, written)
    solve_candidates.main(own, in_batches_of_one(samples=5))
    assert len(lines()) == 15
    assert set(after) < set(lines())
