"""Cards: Markdown with a YAML header, as the Hugging Face hub reads them.

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
METHOD = "[Self-Error-Instruct](https://arxiv.org/abs/2505.22591)"


def header(values: Mapping[str, Any]) -> str:
    """Return the YAML header of a card, without the values that are None."""
    known = {key: value for key, value in values.items() if value is not None}
    return f"---\n{yaml.safe_dump(known, sort_keys=True, allow_unicode=True)}---\n"


def model_header(base: Path, **facts: str | None) -> str:
    """Return the header of a card of a model on a base model."""
    known = {"license": read_json(base / checkpoints.CARD).get("license"), "pipeline_tag": "text-generation"}
    return header({**facts, **known, "tags": _TAGS})


def adapter(iteration: str, base: Path, settings: TrainSettings, counts: TrainingCounts) -> str:
    """Return the card of the adapter in `models/K`; `counts` are those of its training."""
    return (
        model_header(base, base_model=checkpoints.hub_id(base) or base.as_posix(), library_name="peft")
        + f"\n# {iteration}: a LoRA adapter trained by Self-Error-Instruct\n\n"
        + f"Trained by {METHOD} on problems made from the mistakes of the model before it. Build prompts with the "
        + "pipeline's chat format (`chat`).\n\n"
        + '    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(BASE), "FOLDER")\n\n'
        + "## Training\n\n"
        + table(["measure", "value"], [[name, value] for name, value in _flat(asdict(counts)) if value is not None])
        + "\n## Settings\n\n"
        + table(["param", "value"], [[name, value] for name, value in _flat(settings.in_effect())])
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
            rows.append((before + name, ", ".join(map(str, value)) if isinstance(value, list) else value))
    return rows
