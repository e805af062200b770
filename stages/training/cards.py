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
from stages.core.params import flat
from stages.model import checkpoints
from stages.training.settings import TrainSettings

_TAGS = ["math", "self-error-instruct", "sft"]
_ADAPTED = 'PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(BASE), "FOLDER")'
METHOD = "[Self-Error-Instruct](https://arxiv.org/abs/2505.22591)"


def header(values: Mapping[str, Any]) -> str:
    """Return the YAML header of a card, without the values that are None."""
    known = {key: value for key, value in values.items() if value is not None}
    return f"---\n{yaml.safe_dump(known, sort_keys=True, allow_unicode=True)}---\n"


def trained(iteration: str, base: Path, settings: TrainSettings, counts: TrainingCounts) -> str:
    """Return the card of the adapter or model in `models/K`; `counts` are those of its training."""
    whole = settings.method == "full"
    facts = {
        "base_model": checkpoints.hub_id(base) or base.as_posix(),
        "library_name": "transformers" if whole else "peft",
        "license": read_json(base / checkpoints.CARD).get("license"),
        "pipeline_tag": "text-generation",
        "tags": [*([] if whole else ["lora"]), *_TAGS, *(["dpo"] if settings.method == "dpo" else [])],
    }
    what = "a model" if whole else "a LoRA adapter"
    use = 'AutoModelForCausalLM.from_pretrained("FOLDER")' if whole else _ADAPTED
    return (
        header(facts)
        + f"\n# {iteration}: {what} trained by Self-Error-Instruct\n\n"
        + f"Trained by {METHOD} on problems made from the mistakes of the model before it. Build prompts with the "
        + "pipeline's chat format (`chat`).\n\n"
        + f"    model = {use}\n\n"
        + "## Training\n\n"
        + table(
            ["measure", "value"], [[name, _cell(value)] for name, value in flat(asdict(counts)) if value is not None]
        )
        + "\n## Settings\n\n"
        + table(["param", "value"], [[name, _cell(value)] for name, value in flat(settings.in_effect())])
    )


def told(counts: TrainingCounts) -> dict[str, object]:
    """Return what one line says of a training."""
    line = {name: value for name, value in asdict(counts).items() if name not in ("validation", "preferences")}
    if counts.validation:
        line["validation loss"] = _cell(counts.validation.losses)
    if counts.preferences:
        line |= {"pairs": counts.preferences.pairs, "margins": _cell(counts.preferences.margins)}
    return line


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _cell(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
