"""Model and data set cards: Markdown with a YAML header, as the Hugging Face hub reads them.

They contain no timestamp and no folder of this machine: the same run gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from stages.core.files import read_json
from stages.core.metrics import TrainingCounts
from stages.model import checkpoints
from stages.training.settings import TrainSettings

_TAGS = ["lora", "math", "self-error-instruct", "sft"]
_METHOD = "[Self-Error-Instruct](https://arxiv.org/abs/2505.22591)"


def header(values: Mapping[str, Any]) -> str:
    """Return the YAML header of a card, without the values that are None."""
    known = {key: value for key, value in values.items() if value is not None}
    return f"---\n{yaml.safe_dump(known, sort_keys=True, allow_unicode=True)}---\n"


def _model_header(base: Path, **facts: str | None) -> str:
    known = {"license": read_json(base / checkpoints.CARD).get("license"), "pipeline_tag": "text-generation"}
    return header({**facts, **known, "tags": _TAGS})


def adapter(iteration: str, base: Path, settings: TrainSettings, counts: TrainingCounts) -> str:
    """Return the card of the adapter in `models/K`; `counts` are those of its training."""
    return (
        _model_header(base, base_model=checkpoints.hub_id(base) or base.as_posix(), library_name="peft")
        + f"\n# {iteration}: a LoRA adapter trained by Self-Error-Instruct\n\n"
        + f"Trained by {_METHOD} on problems made from the mistakes of the model before it. Build prompts with the "
        + "pipeline's `chat.template`.\n\n"
        + '    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(BASE), "FOLDER")\n\n'
        + "## Training\n\n"
        + table(["measure", "value"], [[name, value] for name, value in asdict(counts).items()])
        + "\n## Settings\n\n"
        + table(["param", "value"], [[name, value] for name, value in _flat(asdict(settings))])
    )


def merged(iteration: str, base: Path, base_model: str | None, evaluation: Sequence[Sequence[Any]]) -> str:
    """Return the card of a merged model; a row of `evaluation` is model, set, correct, accuracy and interval."""
    relation = "finetune" if base_model else None
    return (
        _model_header(base, base_model=base_model, base_model_relation=relation, library_name="transformers")
        + f"\n# {iteration}: a model trained by Self-Error-Instruct\n\n"
        + f"{base_model or 'The base model'} with the LoRA adapter of {_METHOD} merged into its weights. The chat "
        + "template in this repository is the one that it was trained and measured with.\n\n"
        + "## Evaluation\n\nGreedy answers to problems that were not trained on; the interval is Wilson's, at 95 %.\n\n"
        + table(["model", "problems", "correct", "accuracy", "interval"], evaluation)
    )


def data_set(iteration: str, rows: int, replay: int, iterations: Sequence[str]) -> str:
    """Return the card of a training set in `train.jsonl`."""
    facts = {
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "train.jsonl"}]}],
        "language": ["en"],
        "tags": ["math", "self-error-instruct", "synthetic"],
        "task_categories": ["text-generation"],
    }
    return (
        header(facts)
        + f"\n# The training set of {iteration}\n\n"
        + f"{rows} problems with worked solutions, made by {_METHOD} in {', '.join(iterations)} from the types of "
        + f"error that the model before each made; {replay} of them are problems that it solved already.\n\n"
        + table(
            ["column", "meaning"],
            [
                ["question, solution, answer", "the problem; the solution ends in `#### answer`"],
                ["iteration", "in which it was added"],
                ["candidate_id, error_type_id", "what it was made for; null for a problem that was solved already"],
                ["good_case_id", "the solved problem; null for one that was made"],
            ],
        )
    )


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{before}{name}.")
        else:
            rows.append((before + name, ", ".join(value) if isinstance(value, list) else value))
    return rows
