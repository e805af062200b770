"""Write an iteration's model and training set as the Hugging Face hub takes them.

    python -m tools.export --iteration iter2 --out export [--base-model ORG/NAME]
    hf upload ORG/MODEL export/model
    hf upload --repo-type dataset ORG/DATA export/dataset

The model is the adapter merged into the base model's weights, in 16 bit where the pipeline computes in it: the one that
`evaluate` measured. It works on its own, with the chat template that it was trained with.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stages.core import params
from stages.core.exceptions import SeiError
from stages.core.files import read_record, read_records, replacing, write_records
from stages.core.metrics import Evaluation
from stages.core.records import TrainingRow
from stages.model import checkpoints
from stages.model.chat import ChatParams
from stages.model.checkpoints import Target
from stages.training import cards

_CARD = "README.md"


def export_model(target: Target, dtype: checkpoints.Dtype, chat_template: str | None, card: str, out: Path) -> None:
    """Write the merged model, the tokenizer with the chat template (None for its own), and the card."""
    model = checkpoints.load(target, dtype, "cpu")
    model.save_pretrained(out)
    tokenizer = checkpoints.load_tokenizer(target.base)
    tokenizer.chat_template = chat_template or tokenizer.chat_template
    tokenizer.save_pretrained(out)
    with replacing(out / _CARD) as file:
        file.write(card)


def export_data_set(rows: Sequence[TrainingRow], iteration: str, out: Path) -> None:
    """Write the training set as JSON lines with its card."""
    write_records(out / "train.jsonl", rows)
    replay = sum(row.good_case_id is not None for row in rows)
    iterations = list(dict.fromkeys(row.iteration for row in rows))
    with replacing(out / _CARD) as file:
        file.write(data_set_card(iteration, len(rows), replay, iterations))


def model_card(iteration: str, base: Path, base_model: str | None, evaluation: Sequence[Sequence[Any]]) -> str:
    """Return the card of a merged model; a row of `evaluation` is model, set, correct, accuracy and interval."""
    relation = "finetune" if base_model else None
    return (
        cards.model_header(base, base_model=base_model, base_model_relation=relation, library_name="transformers")
        + f"\n# {iteration}: a model trained by Self-Error-Instruct\n\n"
        + f"{base_model or 'The base model'} with the LoRA adapter of {cards.METHOD} merged into its weights. The chat "
        + "template in this repository is the one that it was trained and measured with.\n\n"
        + "## Evaluation\n\nAnswers to problems that were not trained on; the interval is Wilson's, at 95 %.\n\n"
        + cards.table(["model", "problems", "correct", "accuracy", "interval"], evaluation)
    )


def data_set_card(iteration: str, rows: int, replay: int, iterations: Sequence[str]) -> str:
    """Return the card of a training set in `train.jsonl`."""
    facts = {
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "train.jsonl"}]}],
        "language": ["en"],
        "tags": ["math", "self-error-instruct", "synthetic"],
        "task_categories": ["text-generation"],
    }
    return (
        cards.header(facts)
        + f"\n# The training set of {iteration}\n\n"
        + f"{rows} problems with worked solutions, made by {cards.METHOD} in {', '.join(iterations)} from the types of "
        + f"error that the model before each made; {replay} of them are problems that it solved already.\n\n"
        + cards.table(
            ["column", "meaning"],
            [
                ["question, solution, answer", "the problem; the solution ends in `#### answer` or has it in a box"],
                ["author", "who wrote the solution: `worked` with the problem, `target` or `instructor`"],
                ["certificate", "what stands for the answer: `construction`, `gold`, `votes` or `none`"],
                ["iteration", "in which it was added"],
                [
                    "candidate_id, solution_id, error_type_id",
                    "what it was made for; null for a problem that was solved already",
                ],
                ["good_case_id", "the solved problem; null for one that was made"],
            ],
        )
    )


def evaluation_rows(metrics: Path, names: Sequence[str]) -> list[list[Any]]:
    """Return a row (model, problems, correct, accuracy, interval) for each of the models and test sets."""
    return [
        [name, problem_set, f"{m.correct:g}/{m.scored}", _percent(m.accuracy), " to ".join(map(_percent, m.interval))]
        for name in names
        for problem_set, m in read_record(metrics / name / "evaluate.json", dict[str, Evaluation]).items()
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def export(iteration: str, out: Path, base_model: str | None) -> None:
    """Export an iteration of the pipeline in the current directory.

    Raises:
        RecordsError: the iteration has not been trained or measured yet.
    """
    values = params.read_yaml(Path("params.yaml"))
    base = Path("models/base")
    target = Target.of(Path("models") / iteration, base)
    rows = read_records(Path("data") / iteration / "training_set.jsonl", TrainingRow)
    evaluation = evaluation_rows(Path("metrics"), [params.BASE, iteration])
    template = params.parse(ChatParams, values["chat"], "chat").text()
    card = model_card(iteration, base, base_model or checkpoints.hub_id(base), evaluation)
    export_model(target, values["dtype"], template, card, out / "model")
    export_data_set(rows, iteration, out / "dataset")


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iteration", required=True, help="a finished iteration of params.yaml")
    parser.add_argument("--out", type=Path, required=True, help="folder for `model` and `dataset`")
    parser.add_argument("--base-model", help="the base model's id on the hub, where it did not come from there")
    arguments = parser.parse_args()
    try:
        export(arguments.iteration, arguments.out, arguments.base_model)
    except SeiError as error:
        sys.exit(f"error: export: {error}")
    sys.stdout.write(f"wrote {arguments.out / 'model'} and {arguments.out / 'dataset'}\n")


if __name__ == "__main__":
    main()
