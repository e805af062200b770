"""The training set of an iteration as one table: each row with all that it came from, in texts as well as in ids.

A reader of the table has none of the pipeline's other files, so that seed problems and mistakes stand in it in words.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeVar

from stages.core.exceptions import RecordsError
from stages.core.files import read_records
from stages.core.records import Candidate, Case, ErrorType, Keyphrase, Problem, TrainingRow

R = TypeVar("R")
FILE = "train.parquet"
REPLAY = "replay"


@dataclass(frozen=True)
class Row:
    """A row of the table; `COLUMNS` says what its fields mean."""

    id: str
    question: str
    solution: str
    answer: str
    iteration: str
    problem_set: str
    author: str
    certificate: str
    checks: list[str]
    strategy: str
    skill: str | None
    error_type: str | None
    bad_cases: list[str]
    mistakes: list[str]
    seed_problems: list[str]
    seed_questions: list[str]


COLUMNS = {
    "id": "of the row",
    "question": "the problem",
    "solution": "what the model is trained to write",
    "answer": "the final answer",
    "iteration": "in which the row was added",
    "problem_set": "in whose style it is",
    "author": "who wrote the solution: `worked` (it came with the problem), `target` (the model) or `instructor`",
    "certificate": "what stands for the answer: `construction` (computed with the problem), `gold` (of a data set), "
    "`votes` (independent solutions) or `none`",
    "checks": "that the problem passed",
    "strategy": "what made the problem; `replay` for one that the model solved already, with its own solution",
    "skill": "what a short exercise practises; null for a whole problem",
    "error_type": "the type of mistake that it is for; null without one",
    "bad_cases": "ids of the wrong outputs that it was made from",
    "mistakes": "the reason of the first mistake of each of these",
    "seed_problems": "ids of the training problems that it was made from: of the bad cases, where there are any",
    "seed_questions": "their questions",
}


def there(path: Path) -> Path:
    """Return the path of an output of the pipeline.

    Raises:
        RecordsError: it is not there; the error says how to get it.
    """
    if not path.exists():
        raise RecordsError(f"{path}: no such file; `dvc repro` makes it, `dvc pull` fetches it")
    return path


@dataclass(frozen=True)
class Lineage:
    """What the rows of one iteration came from, by id.

    Attributes:
        candidates: those that were selected.
        bad: ids of the bad cases.
        problems: ids of the training problems of bad and good cases.
        types: names of error types.
        mistakes: keyphrases of bad cases.
    """

    candidates: dict[str, Candidate]
    bad: set[str]
    problems: dict[str, str]
    types: dict[str, str]
    mistakes: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> "Lineage":
        """Read the records of the iteration in `data/K`."""

        def records(name: str, kind: type[R]) -> list[R]:
            return read_records(there(folder / f"{name}.jsonl"), kind)

        bad, good = records("bad_cases", Case), records("good_cases", Case)
        return cls(
            candidates={one.id: one for one in records("selected", Candidate)},
            bad={one.id for one in bad},
            problems={one.id: one.problem_id for one in [*bad, *good]},
            types={one.id: one.name for one in records("error_types", ErrorType)},
            mistakes={one.bad_case_id: one.keyphrase for one in records("keyphrases", Keyphrase)},
        )


def read_rows(data: Path, iteration: str) -> list[Row]:
    """Return the rows that an iteration was trained on, those of the iterations before it included.

    Raises:
        RecordsError: a file of one of these iterations is not there.
    """
    rows = read_records(there(data / iteration / "training_set.jsonl"), TrainingRow)
    lineages = {name: Lineage.read(data / name) for name in dict.fromkeys(row.iteration for row in rows)}
    questions = {one.id: one.question for one in read_records(there(data / "problems/train.jsonl"), Problem)}
    return [_row(row, lineages[row.iteration], questions) for row in rows]


def write_rows(rows: Sequence[Row], out: Path) -> None:
    """Write the rows as Parquet, whose columns have the same types whatever is null or empty in them."""
    import pyarrow as pa  # heavy, as is the next
    import pyarrow.parquet as pq

    types = {one.name: pa.list_(pa.string()) if one.type == list[str] else pa.string() for one in fields(Row)}
    pq.write_table(pa.Table.from_pylist([asdict(row) for row in rows], schema=pa.schema(types)), out)


def _row(row: TrainingRow, lineage: Lineage, questions: dict[str, str]) -> Row:
    made = lineage.candidates[row.candidate_id] if row.candidate_id else None
    ids = made.demonstration_ids if made else [row.good_case_id or ""]
    bad = [name for name in ids if name in lineage.bad]
    seeds = [lineage.problems.get(name, name) for name in ids]
    return Row(
        id=row.id,
        question=row.question,
        solution=row.solution,
        answer=row.answer,
        iteration=row.iteration,
        problem_set=row.set,
        author=row.author,
        certificate=row.certificate,
        checks=made.checks if made else [],
        strategy=made.strategy if made else REPLAY,
        skill=made.skill if made else None,
        error_type=lineage.types.get(row.error_type_id or ""),
        bad_cases=bad,
        mistakes=[lineage.mistakes.get(name, "") for name in bad],
        seed_problems=seeds,
        seed_questions=[questions[name] for name in seeds],
    )
