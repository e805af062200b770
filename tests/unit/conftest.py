"""Fixtures of the unit tests: no network, scratch work in a temporary folder, a tiny model, and records by hand."""

import json
import os
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported; tiny tensors gain nothing from threads
os.environ.setdefault("SEI_CPU_IS_SHARED", "1")  # workers of pytest-xdist load tiny models side by side

import pytest
import yaml

from stages.core.files import write_json
from stages.core.params import fields_of, parse
from stages.core.records import Candidate, Case, ErrorType, Keyphrase, Prediction, Problem, Solution, TrainingRow
from stages.core.verdict import Verdict
from stages.instructor.choice import InstructorParams
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import CARD, Target
from tests.tiny import make_tokenizer, write_adapter, write_bigram, write_model

ROOT = Path(__file__).parents[2]
DATA = next((folder for folder in (ROOT / "shared/data", ROOT.parent / "shared/data") if folder.is_dir()), None)
needs_data = pytest.mark.skipif(DATA is None, reason="the shared data folder is not beside or in the project")
TEMPLATE = "stages/prompts/chatml.jinja"
RUNTIME = {
    "threads": 1, "device": "cpu", "processes": 1, "accelerate_config": None, "batch_tokens": 4000,
    "engine": "transformers",
}  # fmt: skip


def chat_format(
    template=None,
    question="{question}",
    system=None,
    tokenizer=None,
    ends=(2,),
    final_answer="#### {answer}",
    **arguments,
):
    """Return the format of a template file, or of the tokenizer's own for None, with the tiny tokenizer by default."""
    params = ChatParams(
        "file" if template else "model", str(template), system, question, arguments, final_answer=final_answer
    )
    return ChatFormat(params, tokenizer or make_tokenizer(), ends)


def instructor_params(provider, **values):
    """Return the committed params of the instructor with another provider, and sections given in their place."""
    section = yaml.safe_load((ROOT / "params.yaml").read_text())["instructor"] | {"provider": provider} | values
    return parse(InstructorParams, {name: section[name] for name in fields_of(InstructorParams)}, "instructor")


def write_runtime(**changes):
    """Write a params.yaml to the current folder that has `runtime` alone."""
    Path("params.yaml").write_text(yaml.safe_dump({"runtime": RUNTIME | changes}))


@pytest.fixture(autouse=True)
def scratch_folder(tmp_path, monkeypatch):
    """Keep journals and checkpoints of a test in a folder of its own."""
    folder = tmp_path / "sei-scratch"
    monkeypatch.setenv("SEI_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory):
    """A base folder as fetch_target leaves it: tiny weights and their card."""
    folder = write_model(tmp_path_factory.mktemp("base"))
    write_json(folder / CARD, {"kind": "weights"})
    return folder


@pytest.fixture(scope="session")
def tiny_target(tiny_base):
    return Target(tiny_base, None)


@pytest.fixture(scope="session")
def tiny_adapter(tiny_base, tmp_path_factory):
    """A random adapter of rank 4, as an iteration named iter1 on the tiny base."""
    folder = write_adapter(tmp_path_factory.mktemp("models") / "iter1", tiny_base)
    write_json(folder / CARD, {"kind": "adapter"})
    return Target(tiny_base, folder)


@pytest.fixture(scope="session")
def bigram_target(tmp_path_factory):
    """A model that answers `?` with a complete answer line, `!` with a short text, and anything else with no end."""
    following = {"?": "####", "####": "7", "7": "\n", "\n": "z", "!": "a", "a": "b", "b": "<|im_end|>"}
    folder = write_bigram(tmp_path_factory.mktemp("bigram") / "base", following)
    write_json(folder / CARD, {"kind": "weights"})
    return Target(folder, None)


@pytest.fixture
def vllm_stand_in(tmp_path, monkeypatch):
    """Let processes that this test starts import the stand-in in place of vLLM; return what tells its events."""
    return stand_in_for_vllm(monkeypatch, tmp_path / "vllm.jsonl")


def stand_in_for_vllm(monkeypatch, log):
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'tests' / 'stand_ins'}:{ROOT}")
    monkeypatch.setenv("VLLM_STAND_IN_LOG", str(log))

    def events(kind):
        found = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [event for event in found if event["event"] == kind]

    return events


@pytest.fixture(scope="session")
def template(request):
    """The absolute path of the template in params.yaml."""
    return request.config.rootpath / TEMPLATE


@pytest.fixture(scope="session")
def chat(template):
    """The chat format of params.yaml, with the tiny model's tokenizer."""
    return chat_format(template)


@pytest.fixture(scope="session")
def make_problem():
    def make(number, group="g", answer="2"):
        return Problem(
            f"p{number}", f"Question {number}?", f"1 + 1 = 2\n#### {answer}", answer, group, None, "sums", None, None
        )

    return make


@pytest.fixture(scope="session")
def make_prediction():
    def make(problem_id, output, stop="end", sample=0):
        key = f"prediction-{problem_id}" + (f"-{sample}" if sample else "")
        return Prediction(key, problem_id, output, 5, stop, "transformers", sample)

    return make


@pytest.fixture(scope="session")
def make_case():
    def make(name, question="How much is 1 + 1?", solution="1 + 1 = 2\n#### 2", answer="2", verdict=Verdict.WRONG):
        return Case(
            name, f"r-{name}", f"p-{name}", question, solution, answer, "1 + 1 = 3\n#### 3", False, "3", verdict,
            "sums", "", None, 1, 0.0,
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def make_candidate():
    def make(name, question="How much is 2 + 2?", solution="2 + 2 = 4\n#### 4"):
        return Candidate(
            name, question, solution, "4", "t1", ["c1"], "q1", "sei", ["equations"], None, "sums", "votes", None
        )

    return make


@pytest.fixture(scope="session")
def make_solution():
    """A right try that is trained on, of candidate `of`."""

    def make(name, of, text="2 + 2 = 4\n#### 4", author="worked", verdict=Verdict.CORRECT, kept=True):
        return Solution(name, of, author, 0, text, None, verdict, 1, 1, kept, None if kept else "there are enough")

    return make


@pytest.fixture(scope="session")
def make_keyphrase():
    def make(number, text, of="sums"):
        return Keyphrase(f"k{number}", f"c{number}", text, None, "", "", None, of)

    return make


@pytest.fixture(scope="session")
def make_type():
    def make(name, size):
        return ErrorType(name, f"type {name}", f"About {name}.", size, 0.5, [f"type {name}"], 0.1, "")

    return make


@pytest.fixture(scope="session")
def make_row():
    def make(name, question="Two and two?", solution="2 + 2 = 4\n#### 4", iteration="iter1", rejected=None):
        return TrainingRow(
            name, question, solution, "4", f"candidate-{name}", f"solution-{name}", "t1", None, iteration, "sums",
            "worked", "votes", rejected, rejected and f"rejected-{name}",
        )  # fmt: skip

    return make
