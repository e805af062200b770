"""The cost model against a finished run: the target's tokens by stage, predicted and counted.

    python -m benchmarks.cost

Run it after `dvc repro`, in the project. The prediction knows params.yaml, the mean length of the training problems
(question and gold solution, in the target's tokens), and the default assumptions: nothing that a stage wrote after
`prepare_problems`. What was read, written and trained on is counted by the pipeline's own code out of its outputs: the
records have the tokens of outputs; prompts, trials and training rows are built again and encoded. No padding counts.

The exit status is 1 if the totals differ by more than 15 %. Runs whose candidates were scored by accuracy are refused:
their generations are in no output.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stages.pipeline import cost, cost_model, files, params
from stages.pipeline.cost_model import Work
from stages.pipeline.exceptions import ParamsError, RecordsError, SeiError
from stages.pipeline.params import BASE
from stages.pipeline.records import Assignment, Candidate, Case, Prediction, Problem, TestPrediction, TrainingRow
from stages.selection import development, prompts
from stages.selection.settings import SelectionParams
from stages.target import models, tokens
from stages.target.chat import ChatFormat, ChatParams
from stages.training import encoding
from stages.training.settings import TrainSettings

MOST = 0.15
DATA, BASE_MODEL = Path("data"), Path("models/base")


class Encoder:
    """The target's tokenizer, as `stages.selection.prompts` wants it."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text."""
        return tokens.encode(self.tokenizer, texts)

    def count(self, texts: Sequence[str]) -> int:
        """Return how many tokens all texts have."""
        return sum(map(len, self.encode(texts))) if texts else 0


def measured(values: dict[str, Any], tokenizer: Any) -> Iterator[Work]:
    """Yield what each stage that runs the target took."""
    chat = ChatFormat(params.parse(ChatParams, values["chat"], "chat"))
    encoder = Encoder(tokenizer)
    yield _evaluate("evaluate_base", BASE, chat, encoder)
    for name in values["iterations"]:
        problems = files.read_records(DATA / "problems" / "train.jsonl", Problem)
        made = files.read_records(DATA / name / "predictions.jsonl", Prediction)
        read = encoder.count([chat.prompt(problem.question) for problem in problems])
        yield Work(f"predict@{name}", read, sum(one.tokens for one in made))
        yield Work(f"select_data@{name}", _trials(name, values, chat, encoder))
        yield Work(f"train@{name}", trained=_trained(name, values, chat, encoder))
        yield _evaluate(f"evaluate@{name}", name, chat, encoder)


def _evaluate(stage: str, model: str, chat: ChatFormat, encoder: Encoder) -> Work:
    sets = [DATA / "problems" / "test.jsonl", *sorted((DATA / "problems" / "ood").glob("*.jsonl"))]
    questions = [problem.question for path in sets for problem in files.read_records(path, Problem)]
    made = files.read_records(DATA / model / "test_predictions.jsonl", TestPrediction)
    return Work(stage, encoder.count([chat.prompt(one) for one in questions]), sum(one.tokens for one in made))


def _trials(name: str, values: dict[str, Any], chat: ChatFormat, encoder: Encoder) -> int:
    """Return the tokens that the transformers engine read: each example once, each case after it, and without one."""
    section = params.parse(SelectionParams, values["select_data"], "select_data")
    if section.score != "likelihood" or values["runtime"]["engine"] != "transformers":
        raise ParamsError(
            "only runs with select_data.score: likelihood and runtime.engine: transformers can be counted"
        )
    folder = DATA / name
    types = {a.bad_case_id: a.error_type_id for a in files.read_records(folder / "assignments.jsonl", Assignment)}
    bad, good = (files.read_records(folder / f"{kind}_cases.jsonl", Case) for kind in ("bad", "good"))
    cases = development.draw(bad, good, types, section, random.Random(values["seed"])).cases()
    candidates = files.read_records(folder / "synthetic.jsonl", Candidate)
    run = files.read_json(Path("metrics", name, "select_data.json"))["trials"]["run"]
    if run != len(candidates) * len(cases):
        raise RecordsError(f"metrics/{name}/select_data.json: {run} trials, not those of data/{name}; run `dvc repro`")
    golds = [chat.completion(case.solution) for case in cases]
    read = encoder.count([chat.prompt(case.question) for case in cases]) + encoder.count(golds)
    for candidate in candidates:
        parts = prompts.split(candidate, cases, chat, encoder)
        read += len(parts.prefix) + sum(map(len, parts.rests.values()))
    return read + len(candidates) * encoder.count(golds)


def _trained(name: str, values: dict[str, Any], chat: ChatFormat, encoder: Encoder) -> float:
    settings = params.parse(TrainSettings, values["train"], "train")
    rows = files.read_records(DATA / name / "training_set.jsonl", TrainingRow)
    if not any(row.iteration == name for row in rows):
        return 0
    encoded = encoding.encode(rows, chat, encoder.tokenizer, settings.max_length).rows
    return sum(len(row["input_ids"]) for row in encoded) * settings.epochs


def compare(arguments: argparse.Namespace) -> bool:
    """Print both counts by stage and return whether the totals agree."""
    values = cost.read(arguments.params)
    lengths = cost.measure(
        DATA / "problems" / "train.jsonl", BASE_MODEL, params.parse(ChatParams, values["chat"], "chat")
    )
    assumed = cost.assume(arguments.assume)
    predicted = {work.stage: work for work in cost_model.predict(cost.to_run(values), lengths, assumed)}
    found = list(measured(values, models.load_tokenizer(BASE_MODEL)))
    print(f"mean tokens of the training problems: prompt {lengths.prompt:.1f}, completion {lengths.completion:.1f}\n")
    print("| stage | predicted | measured | difference |\n|---|---|---|---|")
    for work in found:
        _row(work.stage, predicted[work.stage].tokens, work.tokens)
    both = cost_model.total(predicted.values()).tokens, cost_model.total(found).tokens
    _row("total", *both)
    return abs(both[0] - both[1]) <= MOST * both[1]


def _row(stage: str, predicted: float, counted: float) -> None:
    difference = f"{predicted / counted - 1:+.1%}" if counted else "-"
    print(f"| {stage} | {predicted:,.0f} | {counted:,.0f} | {difference} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    parser.add_argument("--assume", action="append", default=[], metavar="NAME=NUMBER")
    try:
        agree = compare(parser.parse_args())
    except SeiError as error:
        sys.exit(f"error: benchmarks.cost: {error}")
    sys.exit(0 if agree else f"error: benchmarks.cost: the totals differ by more than {MOST:.0%}")
