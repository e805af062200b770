"""The `prepare_problems` section: problem sets by name, each with its role, most of them from the catalogue.

sets:
  gsm8k: {role: train, limit: 400, dev: 300}
  gsm8k_test: {of: gsm8k, split: test, role: test, skip: 300}
  mine: {role: ood, path: data/raw/mine.csv, columns: {question: q, answer: a}}
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, asdict, dataclass, fields
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, model_validator

from stages.core.params import Count, CountOrZero, closest, parse, read_yaml, section
from stages.problems import old_form

RAW = PurePosixPath("data/raw")
CATALOGUE = Path(__file__).with_name("catalogue.yaml")
PROCEDURAL = "procedural"
Role = Literal["train", "dev", "test", "ood"]
AnswerPlace = Literal["auto", "box", "hash", "column", "last_line"]


def _check_commit(revision: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise ValueError("the 40 hex digits of a commit are needed; branches and tags move")
    return revision


@section
class Columns:
    """The column of each field; `{Body} {Question}` joins the columns in braces."""

    question: str
    _: KW_ONLY
    solution: str | None = None
    answer: str | None = None
    group: str | None = None
    level: str | None = None


@section
class Origin:
    """Where problems are and how they are read; `catalogue.yaml` explains each field."""

    _: KW_ONLY
    id: str | None = None
    config: str | None = None
    split: str | None = None
    revision: Annotated[str, AfterValidator(_check_commit)] | None = None
    columns: Columns | None = None
    answer: AnswerPlace | None = None
    domain: str | None = None
    order: Literal["file", "shuffled"] | None = None
    figures: Literal["keep", "drop"] | None = None
    duplicates: Literal["drop", "refuse"] | None = None


@section
class Entry(Origin):
    """An entry of the catalogue; `read_here` says what of it was read here, or is false."""

    read_here: str | Literal[False]


@section
class ProblemSet(Origin):
    """One of `prepare_problems.sets`; what it leaves out comes from the catalogue.

    Attributes:
        role: what it is for; `dev` is evaluated like a test set, for tuning, and never trained on.
        of: entry of the catalogue; by default the one with the set's name.
        path: a file in `data/raw` that is read in place of the hub.
        skip: rows that are passed over, in the set's `order`.
        limit: problems to take, before repeated ones are dropped.
        levels: of the problems to take, such as MATH's 1 to 5.
        subjects: of the problems to take: values of the column `group`.
        max_new_tokens: limit of an output to one of its problems; null leaves `generation.max_new_tokens`.
        dev: problems of a train set that become a development set.
        test: problems of a train set that become a test set; by default a fifth where its domain has no test set.
        ood: problems of a train set, of `ood_groups` groups that are not trained on, that become an OOD set.
        ood_groups: number of these groups.
        max_equations: of `procedural`: largest number of `=` signs in a template's solutions.
        largest_number: of `procedural`: largest number in an instance's equations.
    """

    role: Role
    of: str | None = None
    path: str | None = None
    skip: CountOrZero = 0
    limit: Count | None = None
    levels: list[int] | None = None
    subjects: list[str] | None = None
    max_new_tokens: Count | None = None
    dev: CountOrZero = 0
    test: Count | None = None
    ood: CountOrZero = 0
    ood_groups: CountOrZero = 0
    max_equations: Count | None = None
    largest_number: Count | None = None


@dataclass(frozen=True, kw_only=True)
class SetSpec:
    """A problem set with all that the catalogue and the defaults say of it; the fields are those of `ProblemSet`.

    Attributes:
        name: of the set.
        of: entry of the catalogue, or empty for a set of one's own.
    """

    name: str
    role: Role
    of: str
    path: str | None
    id: str | None
    config: str | None
    split: str
    revision: str | None
    columns: Columns
    answer: AnswerPlace
    domain: str
    order: Literal["file", "shuffled"]
    figures: Literal["keep", "drop"]
    duplicates: Literal["drop", "refuse"]
    skip: int
    limit: int | None
    levels: list[int] | None
    subjects: list[str] | None
    max_new_tokens: int | None
    dev: int
    test: int | None
    ood: int
    ood_groups: int
    max_equations: int | None
    largest_number: int | None


_DEFAULTS: dict[str, Any] = {
    "split": "train",
    "answer": "auto",
    "order": "file",
    "figures": "keep",
    "duplicates": "refuse",
}
_CUT = ("dev", "test", "ood", "ood_groups")


@cache
def catalogue() -> dict[str, Entry]:
    """Return the entries of the catalogue by name."""
    return parse(dict[str, Entry], read_yaml(CATALOGUE), CATALOGUE.name)


def _check_sets(sets: dict[str, ProblemSet]) -> dict[str, ProblemSet]:
    faults = [f"{name}: {fault}" for name, one in sets.items() for fault in _faults(name, one)]
    if not faults and not any(one.role == "train" for one in sets.values()):
        faults.append("at least one set needs `role: train`")
    if faults:
        raise ValueError("; ".join(faults))
    return sets


def _faults(name: str, one: ProblemSet) -> Iterator[str]:
    entry, spec = one.of or name, resolve(name, one)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        yield "use letters, digits, _ and -"
    if one.of and one.of not in catalogue():
        yield f"of: no entry `{one.of}` in the catalogue{closest(one.of, list(catalogue()))}"
        return
    if one.role != "train" and (cut := [key for key in _CUT if getattr(one, key)]):
        yield f"{', '.join(cut)}: only a set with `role: train` is cut into parts"
    if one.ood and not one.ood_groups:
        yield "ood: its problems need groups of their own; ood_groups must be at least 1, or ood 0"
    if entry == PROCEDURAL:
        if one.limit is None:
            yield "limit: say how many problems to generate"
        return
    if one.max_equations or one.largest_number:
        yield f"max_equations, largest_number: only `{PROCEDURAL}` has them"
    if entry not in catalogue() and (one.columns is None or not (one.path or one.id)):
        yield (
            f"it is not in the catalogue{closest(entry, list(catalogue()))}; a set of your own needs `columns` and a "
            "`path`"
        )
    elif not (spec.path or spec.id):
        yield "path: no hub data set is known; name a file in data/raw"
    if one.path and (not PurePosixPath(one.path).is_relative_to(RAW) or ".." in PurePosixPath(one.path).parts):
        yield f"path: {one.path} must be a file in {RAW}, which DVC watches; put it there, or a link to it"
    yield from _missing_columns(spec)


def _missing_columns(spec: SetSpec) -> Iterator[str]:
    columns = spec.columns
    if not columns.question:
        return
    needs = {
        "answer": "the answer" if spec.answer == "column" or not columns.solution else "",
        "solution": f"`answer: {spec.answer}`" if spec.answer in ("box", "hash", "last_line") else "",
        "level": "levels" if spec.levels else "",
        "group": "subjects, ood_groups" if spec.subjects or spec.ood_groups else "",
    }
    for column, reason in needs.items():
        if reason and not getattr(columns, column):
            yield f"columns.{column}: it is needed for {reason}"


def resolve(name: str, one: ProblemSet) -> SetSpec:
    """Fill in what a set leaves to the catalogue and the defaults."""
    entry = catalogue().get(one.of or name)
    known = {key: value for key, value in asdict(entry).items() if value is not None} if entry else {}
    given = {field.name: getattr(one, field.name) for field in fields(one)}
    values = {"domain": name} | _DEFAULTS | known | {key: value for key, value in given.items() if value is not None}
    columns = one.columns or (entry and entry.columns) or Columns("")
    values |= {"name": name, "of": (one.of or name) if entry else "", "columns": columns}
    filled: dict[str, Any] = {field.name: values.get(field.name) for field in fields(SetSpec)}
    return SetSpec(**filled)


@section
class PrepareProblems:
    """The section."""

    sets: Annotated[dict[str, ProblemSet], AfterValidator(_check_sets)]

    @model_validator(mode="before")
    @classmethod
    def _refuse_old_form(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and (lines := old_form.new_lines(values)):
            raise ValueError(f"this form is no longer read; write {lines}")
        return values

    def specs(self) -> list[SetSpec]:
        """Return the sets in their order, with what the catalogue and the defaults say of them."""
        return [resolve(name, one) for name, one in self.sets.items()]


def needs_test(spec: SetSpec, specs: list[SetSpec]) -> bool:
    """Tell whether a train set's domain lacks a test set."""
    return not any(other.role == "test" and other.domain == spec.domain for other in specs)
