"""What a run will take before it is started: tokens, requests, dollars, hours and disk.

    python -m stages.pipeline.cost --params params.yaml
    python -m stages.pipeline.cost --problems 7500 100000 10000000 --machine h100 --target llama-3.1-8b \\
        -S instructor.provider=openai

Of the data it knows two mean lengths, in tokens, by `--prompt` and `--completion`; `--measure` takes both from
data/problems/train.jsonl with the tokenizer in models/base. With several numbers of problems it writes a row for each.
`python -m benchmarks.cost` holds the prediction against a finished run.
"""

import argparse
import dataclasses
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from stages.errors.clustering import ClusteringParams
from stages.instructor import spending
from stages.instructor.interface import InstructorParams
from stages.instructor.settings import Price, Settings
from stages.pipeline import cost_disk, cost_model, cost_rates, files, params
from stages.pipeline.cost_model import Lengths, Run, Work
from stages.pipeline.cost_rates import Assumptions
from stages.pipeline.exceptions import ParamsError, SeiError
from stages.pipeline.records import Problem
from stages.problems.extra import ExtraParams
from stages.problems.splits import SplitParams
from stages.selection.settings import SelectionParams
from stages.synthesis.strategies import StrategyParams
from stages.target import models, tokens
from stages.target.chat import ChatFormat, ChatParams
from stages.target.generation import GenerationParams
from stages.training.settings import TrainSettings

# Those of the default problems in SmolLM2's tokens.
DEFAULT_LENGTHS = Lengths(prompt=67, completion=57)
_GB = 1e9


def read(path: Path, changes: Iterable[str] = ()) -> dict[str, Any]:
    """Return params.yaml with changes such as `train.epochs=3`, as `dvc exp run -S` takes them.

    Raises:
        ParamsError: a change is none, or the section that it is for is not in the file.
    """
    values = params.read_yaml(path)
    for change in changes:
        name, equals, value = change.partition("=")
        *parents, last = name.split(".")
        section: Any = values
        for parent in parents:
            section = section.get(parent) if isinstance(section, dict) else None
        if not equals or not isinstance(section, dict) or (section is values and last not in values):
            raise ParamsError(f"-S {change}: must be KEY=VALUE with a key of {path}, such as train.epochs=3")
        section[last] = yaml.safe_load(value)
    return values


def to_run(values: Mapping[str, Any]) -> Run:
    """Return what the model needs of params.yaml.

    Raises:
        ParamsError: a value, key or iteration is wrong.
    """
    params.check_iterations(values["iterations"])
    problems, speed = values["prepare_problems"], values["runtime"]
    split = params.parse(SplitParams, problems["split"], "prepare_problems.split")
    more = params.parse(_Extra, {"extra": problems["extra"]}, "prepare_problems").extra.values()
    return Run(
        iterations=values["iterations"],
        problems=split.train,
        held_out=split.test + split.ood + sum(one.limit or 0 for one in more),
        max_new_tokens=params.parse(GenerationParams, values["generation"], "generation").max_new_tokens,
        asks=instructor(values).provider == "openai",
        clustering=params.parse(ClusteringParams, values["cluster_keyphrases"], "cluster_keyphrases"),
        synthesis=params.parse(StrategyParams, values["synthesize_data"], "synthesize_data"),
        selection=params.parse(SelectionParams, values["select_data"], "select_data"),
        anchor=params.parse(_Assemble, values["assemble_training_set"], "assemble_training_set").anchor,
        train=params.parse(TrainSettings, values["train"], "train"),
        engine=speed["engine"],
        likelihoods=speed["engine"] != "openai" or speed["openai"]["likelihoods"],
    )


@dataclasses.dataclass(frozen=True)
class _Extra:
    extra: dict[str, ExtraParams]


@dataclasses.dataclass(frozen=True)
class _Assemble:
    anchor: float


def instructor(values: Mapping[str, Any]) -> InstructorParams:
    """Return what of the `instructor` section changes replies."""
    return params.parse(InstructorParams, _part(values["instructor"], InstructorParams), "instructor")


def _part(section: Mapping[str, Any], kind: type) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in section.items() if name in names}


def price(values: Mapping[str, Any]) -> Price | None:
    """Return what the instructor's model costs, half of it in batches; None where it has no price."""
    asked = instructor(values)
    if asked.provider == "symbolic" or asked.openai is None:
        return Price(0, 0)
    settings = params.parse(Settings, _part(values["instructor"], Settings), "instructor")
    full = settings.prices.get(asked.openai.model)
    return Price(full.input * settings.price_share, full.output * settings.price_share) if full else None


def measure(problems: Path, base: Path, chat: ChatParams) -> Lengths:
    """Return the mean lengths of problems in the chat format, in tokens of the target.

    Raises:
        RecordsError: one of the two is not there.
    """
    found = files.read_records(problems, Problem)
    tokenizer, format_ = models.load_tokenizer(base), ChatFormat(chat)
    prompts = tokens.encode(tokenizer, [format_.prompt(one.question) for one in found])
    completions = tokens.encode(tokenizer, [format_.completion(one.solution) for one in found])
    return Lengths(statistics.mean(map(len, prompts)), statistics.mean(map(len, completions)))


def assume(changes: Iterable[str]) -> Assumptions:
    """Return the assumptions with changes such as `bad_later=0.4`.

    Raises:
        ParamsError: no assumption has that name, or the value is no number.
    """
    assumed = Assumptions()
    for change in changes:
        name, _, value = change.partition("=")
        if name not in vars(assumed):
            raise ParamsError(f"--assume {change}: must be NAME=NUMBER; the names are {', '.join(vars(assumed))}")
        try:
            assumed = dataclasses.replace(assumed, **{name: float(value)})
        except ValueError:
            raise ParamsError(f"--assume {change}: not a number") from None
    return assumed


def resized(values: dict[str, Any], problems: int) -> dict[str, Any]:
    """Return the params for another number of training problems, with candidates in the same proportion."""
    split, amount = values["prepare_problems"]["split"], values["synthesize_data"]["amount"]
    candidates = max(1, round(amount["candidates"] * problems / split["train"]))
    return {
        **values,
        "prepare_problems": {**values["prepare_problems"], "split": {**split, "train": problems}},
        "synthesize_data": {**values["synthesize_data"], "amount": {**amount, "candidates": candidates}},
    }


@dataclasses.dataclass(frozen=True)
class Setting:
    """All that one prediction is made from."""

    values: dict[str, Any]
    lengths: Lengths
    assumed: Assumptions
    target: cost_rates.Architecture
    machine: cost_rates.Machine

    def works(self) -> list[Work]:
        """Return what each stage takes."""
        return cost_model.predict(to_run(self.values), self.lengths, self.assumed)

    def cells(self, work: Work) -> list[str]:
        """Return tokens, requests, dollars and hours as texts."""
        cost = spending.cost(price(self.values), round(work.sent), round(work.received))
        hours = self.machine.hours(work.read, work.written, work.trained, self.target.parameters())
        dollars = "no price" if cost is None else _short(cost)
        counts = [work.read, work.written, work.trained, work.requests, work.sent, work.received]
        return [*map(_short, counts), dollars, _short(hours), _short(work.core_seconds / 3600)]


_COLUMNS = ["read", "written", "trained", "requests", "sent", "received", "dollars"]


def by_stage(setting: Setting) -> str:
    """Return a table with a row for each stage, and the disk."""
    works = setting.works()
    head = ["stage", *_COLUMNS, f"{setting.machine.unit} hours", "core hours"]
    rows = [[work.stage, *setting.cells(work)] for work in [*works, cost_model.total(works)]]
    return "\n".join([*_table([head, *rows]), "", _disk_line(setting)])


def _disk_line(setting: Setting) -> str:
    kinds = cost_disk.disk(to_run(setting.values), setting.lengths, setting.assumed, setting.target)
    return "Disk in GB: " + ", ".join(f"{kind} {_short(size / _GB)}" for kind, size in kinds.items())


def by_size(setting: Setting, sizes: Sequence[int]) -> str:
    """Return a table with a row for each number of training problems."""
    head = ["problems", *_COLUMNS, f"{setting.machine.unit} hours", "core hours", "at least hours", "disk GB"]
    rows = []
    for size in sizes:
        one = dataclasses.replace(setting, values=resized(setting.values, size))
        work = cost_model.total(one.works())
        hours = one.machine.hours(work.read, work.written, work.trained, one.target.parameters())
        size_on_disk = sum(cost_disk.disk(to_run(one.values), one.lengths, one.assumed, one.target).values())
        elapsed = [_short(hours / one.machine.devices), _short(size_on_disk / _GB)]
        rows.append([_short(size), *one.cells(work), *elapsed])
    return "\n".join(_table([head, *rows]))


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def _short(number: float) -> str:
    """Return three digits and a unit: `1.23 M`."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(number) >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the prediction and what it assumes; an expected error is one line and exit status 1."""
    parsed = _parser().parse_args(arguments)
    try:
        setting = _setting(parsed)
        text = by_size(setting, parsed.problems) if len(parsed.problems) > 1 else by_stage(_only(setting, parsed))
    except SeiError as error:
        sys.exit(f"error: cost: {error}")
    assumed = ", ".join(f"{name} {value:.3g}" for name, value in vars(setting.assumed).items())
    lengths = f"prompt {setting.lengths.prompt:.1f}, completion {setting.lengths.completion:.1f}"
    sys.stdout.write(f"{text}\n\nMean tokens: {lengths}. Assumed: {assumed}.\n")


def _only(setting: Setting, parsed: argparse.Namespace) -> Setting:
    return (
        dataclasses.replace(setting, values=resized(setting.values, *parsed.problems)) if parsed.problems else setting
    )


def _setting(parsed: argparse.Namespace) -> Setting:
    values = read(parsed.params, parsed.change)
    lengths = Lengths(parsed.prompt, parsed.completion)
    if parsed.measure:
        chat = params.parse(ChatParams, values["chat"], "chat")
        lengths = measure(Path("data/problems/train.jsonl"), Path("models/base"), chat)
    target, machine = cost_rates.ARCHITECTURES[parsed.target], cost_rates.MACHINES[parsed.machine]
    return Setting(values, lengths, assume(parsed.assume), target, machine)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stages.pipeline.cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    parser.add_argument("-S", "--set-param", dest="change", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--problems", type=int, nargs="+", default=[], help="instead of prepare_problems.split.train")
    parser.add_argument("--machine", choices=cost_rates.MACHINES, default="2-cores")
    parser.add_argument("--target", choices=cost_rates.ARCHITECTURES, default="smollm2-135m")
    parser.add_argument("--prompt", type=float, default=DEFAULT_LENGTHS.prompt, help="mean tokens of a prompt")
    parser.add_argument("--completion", type=float, default=DEFAULT_LENGTHS.completion, help="and of a gold solution")
    parser.add_argument("--measure", action="store_true", help="take both from the problems of this project")
    parser.add_argument("--assume", action="append", default=[], metavar="NAME=NUMBER", help="instead of a default")
    return parser


if __name__ == "__main__":
    main()
