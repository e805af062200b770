"""Cards of what is exported: the merged model's and the training set's, as the hub reads them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from stages.answers.final_answer import DEFAULT, of_set
from stages.core.metrics import Comparisons, Evaluation, Interval
from stages.core.problem_sets import POOLED, is_dev
from stages.instructor.choice import InstructorParams, Job
from stages.model.chat import ChatParams
from stages.model.checkpoints import Target
from stages.problems.settings import PrepareProblems, SetSpec
from stages.training import cards
from tools.export_data import COLUMNS, FILE, REPLAY, Row
from tools.export_hub import data_repository

NOT_KNOWN = "not known"
_LICENSES = {"gsm8k": "mit", "math": "mit", "procedural": "apache-2.0", "svamp": "mit"}  # of sets of the catalogue
_EXAMPLE = "Tom has 3 boxes with 12 pencils each and gives 7 pencils away. How many pencils are left?"


@dataclass(frozen=True)
class Run:
    """What the cards tell of.

    Attributes:
        iteration: its name.
        target: its model.
        base_model: the base model's id on the hub, or None.
        repository: where the model is on the hub, or None; the training set is in `NAME-data`.
        rows: of its training set.
        too_long: how many of them training left out.
        problems: the problem sets.
        instructor: the instructors.
        chat: how the model is asked.
        max_new_tokens: of an answer.
        base: the base model's evaluations by problem set.
        evaluations: those of the model.
        comparisons: of the model with the base model.
    """

    iteration: str
    target: Target
    base_model: str | None
    repository: str | None
    rows: Sequence[Row]
    too_long: int
    problems: PrepareProblems
    instructor: InstructorParams
    chat: ChatParams
    max_new_tokens: int
    base: Mapping[str, Evaluation]
    evaluations: Mapping[str, Evaluation]
    comparisons: Mapping[str, Comparisons]


def model_card(run: Run) -> str:
    """Return the card of the merged model."""
    license_of_base = run.target.base_card.get("license")
    seeds = [spec.id for spec in _seeds(run) if spec.id and not spec.path]
    head = {
        "base_model": run.base_model,
        "base_model_relation": "finetune" if run.base_model else None,
        "datasets": [*([data_repository(run.repository)] if run.repository else []), *seeds] or None,
        "library_name": "transformers",
        "license": license_of_base,
        "pipeline_tag": "text-generation",
        "tags": ["math", "self-error-instruct", "sft"],
    }
    made = "as it is: no problem made from its mistakes was left to train on"
    if run.target.trained:
        what = "with the LoRA adapter of {} merged into it," if run.target.adapter else "with all its weights, by {},"
        made = f"{what.format(cards.METHOD)} trained on problems made from its own mistakes"
    return "\n".join(
        [
            cards.header(head),
            f"# {run.iteration}: a model taught by its own mistakes\n",
            f"This is {_origin(run)}, {made}.\n",
            "## Use\n",
            _use(run),
            "## Trained on\n",
            _rows(run),
            _settings(run.target),
            "## Accuracy\n",
            _accuracy(run),
            "## Licence\n",
            f"Base model: {license_of_base or NOT_KNOWN}. {_data_license(run)}",
        ]
    )


def data_card(run: Run) -> str:
    """Return the card of the training set."""
    known = sorted({_license(spec) for spec in _seeds(run)})
    head = {
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": FILE}]}],
        "license": None if NOT_KNOWN in known or _teachers(run) else known,
        "tags": ["math", "self-error-instruct", "synthetic"],
        "task_categories": ["text-generation"],
    }
    types = Counter((row.iteration, row.error_type) for row in run.rows if row.error_type)
    return "\n".join(
        [
            cards.header(head),
            f"# The training set of {run.iteration}\n",
            f"Problems with solutions, made by {cards.METHOD} from the mistakes of {_origin(run)}.\n",
            f"Mistakes were named and problems written by {', '.join(_teachers(run)) or 'rules of arithmetic'}.\n",
            "## Rows\n",
            _rows(run),
            cards.table(["iteration", "type of mistake", "rows"], [[*key, count] for key, count in types.items()]),
            "## Columns\n",
            cards.table(["column", "meaning"], list(COLUMNS.items())),
            "## Licence\n",
            _data_license(run),
        ]
    )


def _origin(run: Run) -> str:
    """Return what the base model is, without a folder of this machine."""
    card = run.target.base_card
    name = f"`{run.base_model}`" if run.base_model else "a model"
    at = [f"commit `{card['revision']}`"] if "revision" in card else []
    at += [f"file `{card['file']}`"] if "file" in card else []
    at += [f"out of {', '.join(part['requirement'] for part in card['parts'])}"] if "parts" in card else []
    at += [f"GGUF file of SHA-256 `{card['sha256']}`"] if "sha256" in card else []
    return f"{name} ({', '.join(at)})" if at else name


def _use(run: Run) -> str:
    chat = run.chat
    asked = of_set(chat.question, DEFAULT).replace("{question}", _EXAMPLE)
    turns = [{"role": "user", "content": asked}]
    if chat.system is not None:
        turns.insert(0, {"role": "system", "content": chat.system})
    messages = ",\n    ".join(json.dumps(turn, ensure_ascii=False) for turn in turns)
    options = "".join(f", {name}={value!r}" for name, value in chat.template_arguments.items())
    name = run.repository or "path/to/this/folder"
    text = f"""\
```python
from transformers import AutoModelForCausalLM, AutoTokenizer

name = "{name}"
tokenizer = AutoTokenizer.from_pretrained(name)
model = AutoModelForCausalLM.from_pretrained(name)
messages = [
    {messages},
]
asked = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"{options}
)
answer = model.generate(**asked, max_new_tokens={run.max_new_tokens})
print(tokenizer.decode(answer[0, asked["input_ids"].shape[1] :], skip_special_tokens=True))
```

or `vllm serve {name}`. The chat template and the end tokens are those of training and evaluation; decoding is greedy.
"""
    return text + _by_set(chat)


def _by_set(chat: ChatParams) -> str:
    """Return how problems are asked and answers end, where that differs by problem set."""
    texts = (chat.question, chat.final_answer)
    names = list(dict.fromkeys(name for text in texts if isinstance(text, dict) for name in text))
    rows = [[name, *(json.dumps(of_set(text, name), ensure_ascii=False) for text in texts)] for name in names]
    return "\n" + cards.table(["problems", "asked", "end of the answer"], rows) if rows else ""


def _rows(run: Run) -> str:
    counts = Counter((row.iteration, row.problem_set, row.author, row.certificate) for row in run.rows)
    solved = sum(row.strategy == REPLAY for row in run.rows)
    notes = f", of which {solved} are problems that the model solved already" if solved else ""
    notes += f", of which {run.too_long} were too long to train on" if run.too_long else ""
    return f"Rows: {len(run.rows)}{notes}.\n\n" + cards.table(
        ["iteration", "problem set", "solutions by", "certificate", "rows"],
        [[*key, count] for key, count in counts.items()],
    )


def _settings(target: Target) -> str:
    """Return how the model was trained, as the card that `train` wrote says it."""
    card = target.trained / "README.md" if target.trained else None
    _, heading, text = (
        card.read_text(encoding="utf-8").partition("## Settings\n") if card and card.is_file() else ("", "", "")
    )
    return f"#{heading}{text}" if heading else ""


def _accuracy(run: Run) -> str:
    rows = []
    for name, measured in run.evaluations.items():
        before, against = run.base[name], run.comparisons[name].base
        rows.append(
            [name, measured.scored, *map(_share, (before, measured)), _points(against.difference, against.interval)]
        )
    notes = " Sets named `dev/` were looked at while tuning." if any(map(is_dev, run.evaluations)) else ""
    notes += "".join(f" `{name}` is the mean of its sets." for name in POOLED if name in run.evaluations)
    tries = max((one.samples for one in run.evaluations.values()), default=1)
    how = "one greedy answer to each" if tries == 1 else f"the mean of {tries} sampled answers to each"
    return (
        f"Problems that were not trained on, {how}; in percent with 95 % intervals. The change is paired, problem "
        f"by problem.{notes}\n\n" + cards.table(["problems", "scored", "base", run.iteration, "change in points"], rows)
    )


def _share(one: Evaluation) -> str:
    low, high = one.interval
    return "-" if one.accuracy is None else f"{100 * one.accuracy:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def _points(difference: float | None, interval: Interval) -> str:
    low, high = interval
    return "-" if difference is None else f"{100 * difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def _seeds(run: Run) -> list[SetSpec]:
    return [spec for spec in run.problems.specs() if spec.role == "train"]


def _license(spec: SetSpec) -> str:
    return _LICENSES.get(spec.of, NOT_KNOWN)


def _data_license(run: Run) -> str:
    of_sets = ", ".join(f"{spec.name} ({_license(spec)})" for spec in _seeds(run))
    teachers = ", ".join(_teachers(run))
    terms = f" What {teachers} wrote is under the terms of its maker." if teachers else ""
    return f"Problem sets that the training set was made from: {of_sets}.{terms}\n"


def _teachers(run: Run) -> list[str]:
    """Return the models that are instructors; the symbolic one is none."""
    used = dict.fromkeys(provider for job in get_args(Job) for provider in run.instructor.by_set(job).values())
    return [_name(provider, run.instructor) for provider in used if provider != "symbolic"]


def _name(provider: str, params: InstructorParams) -> str:
    if provider == "openai":
        return f"`{params.openai.model}`"
    local = params.local
    if local.source == "hub" and local.hub:
        return f"`{local.hub.id}`"
    if local.source == "wheel" and local.wheel:
        return f"`{local.wheel.parts[0].requirement}`"
    return f"`{Path(local.local.path).name}`" if local.local else "a local model"
