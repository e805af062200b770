"""From the rows of a table to the problems of a set, with errors that name the file, the line and the column."""

import logging
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from stages.answers.final_answer import MARKER, boxed_answer, hash_answer
from stages.core.exceptions import RecordsError, one_line
from stages.core.files import content_id
from stages.core.records import Problem
from stages.grading.gold import check_gold
from stages.problems.cells import text_of
from stages.problems.settings import AnswerPlace, Columns, SetSpec

logger = logging.getLogger(__name__)

Row = tuple[str, Mapping[str, Any]]
"""A row of a table and its place, such as `train.jsonl:7`."""

_NAMED = re.compile(r"\{([^{}]+)\}")
_FIGURE = re.compile(r"\[asy\].*?(?:\[/asy\]|\Z)\s*", re.DOTALL)
_LEVEL = re.compile(r"\d+")
_SHOWN = 20


@dataclass
class Pool:
    """The problems of a set.

    Attributes:
        problems: in the order of the set.
        rows: number of rows that were looked at, or of problems generated.
        left_out: rows left out, by reason.
    """

    problems: list[Problem]
    rows: int
    left_out: Counter[str] = field(default_factory=Counter)


def make_problem(
    question: str,
    solution: str,
    answer: str,
    group: str,
    *,
    of: str,
    level: int | None = None,
    limit: int | None = None,
) -> Problem:
    """Return a problem of the set `of`, its gold checked; `limit` is that of an output to it, in tokens.

    Its id depends on question and answer. Where the solution marks no answer, a line `#### answer` is appended.
    """
    question, solution, answer = question.strip(), solution.strip(), answer.strip()
    if hash_answer(solution) is None and boxed_answer(solution) is None:
        solution = f"{solution}\n{MARKER} {answer}".strip()
    fault = check_gold(answer, solution)
    return Problem(content_id(question, answer), question, solution, answer, group, fault, of, level, limit)


def read_rows(rows: Iterable[Row], spec: SetSpec) -> Pool:
    """Turn the rows that a set takes into problems; those whose gold answer cannot be used are named in the log.

    Raises:
        RecordsError: missing columns, empty values, rows without an answer, questions that occur twice; all are named.
    """
    pool = Pool([], 0)
    chosen, faults = _chosen(rows, spec, pool)
    if faults:
        more = [f"and {len(faults) - _SHOWN} more rows of {spec.name}"] if len(faults) > _SHOWN else []
        raise RecordsError("\n".join([*faults[:_SHOWN], *more]))
    placed = _without_repeated(chosen, spec, pool)
    pool.problems = [problem for _, problem in placed]
    unusable = [f"{where} ({problem.gold_fault})" for where, problem in placed if problem.gold_fault]
    if unusable:
        more_of = f" and {len(unusable) - _SHOWN} more" if len(unusable) > _SHOWN else ""
        named = "; ".join(unusable[:_SHOWN])
        logger.warning("warning: %s: %d gold answers cannot be used: %s%s", spec.name, len(unusable), named, more_of)
    if not pool.problems:
        lost = ", ".join(f"{count} {reason}" for reason, count in pool.left_out.items()) or "it is empty"
        raise RecordsError(f"prepare_problems.sets.{spec.name}: no problem is left of {pool.rows} rows: {lost}")
    return pool


def _chosen(rows: Iterable[Row], spec: SetSpec, pool: Pool) -> tuple[list[tuple[str, Problem]], list[str]]:
    """Return the problems that a set takes, each with its place, and a line for each faulty row."""
    chosen: list[tuple[str, Problem]] = []
    faults: list[str] = []
    try:
        for where, row in islice(_ordered(rows, spec), spec.skip, None):
            if spec.limit is not None and len(chosen) == spec.limit:
                break
            pool.rows += 1
            try:
                reason = _reason_to_leave_out(where, row, spec)
                if reason:
                    pool.left_out[reason] += 1
                else:
                    chosen.append((where, _read_row(where, row, spec)))
            except RecordsError as error:
                faults.append(str(error))
            except RecursionError:
                faults.append(f"{where}: lists or objects are too many levels deep")
    except RecordsError as error:  # of the file: no row can be read from here on
        faults.append(str(error))
    return chosen, faults


def _ordered(rows: Iterable[Row], spec: SetSpec) -> Iterable[Row]:
    """Return the rows in their order, the same in every run and for all sets of an entry."""
    if spec.order == "file":
        return rows
    shuffled = list(rows)
    random.Random(spec.of or spec.name).shuffle(shuffled)
    return shuffled


def _reason_to_leave_out(where: str, row: Mapping[str, Any], spec: SetSpec) -> str | None:
    columns = spec.columns
    if spec.levels and _level(where, row, columns) not in spec.levels:
        return "of other levels"
    if spec.subjects and _value(where, row, columns.group or "", "group") not in spec.subjects:
        return "of other subjects"
    has_figure = spec.figures == "drop" and _FIGURE.search(_value(where, row, columns.question, "question"))
    return "with figures" if has_figure else None


def _without_repeated(chosen: Sequence[tuple[str, Problem]], spec: SetSpec, pool: Pool) -> list[tuple[str, Problem]]:
    first_seen: dict[str, str] = {}
    unique, repeated = [], []
    for where, problem in chosen:
        earlier = first_seen.setdefault(one_line(problem.question), where)
        if earlier == where:
            unique.append((where, problem))
        else:
            repeated.append(f"{where} as {earlier}")
    if repeated and spec.duplicates == "refuse":
        more = f" and {len(repeated) - _SHOWN} more" if len(repeated) > _SHOWN else ""
        raise RecordsError(
            f"prepare_problems.sets.{spec.name}: {len(repeated)} rows have the same question as an earlier one: "
            f"{', '.join(repeated[:_SHOWN])}{more}; remove them or set `duplicates: drop`"
        )
    if repeated:
        pool.left_out["repeated"] += len(repeated)
    return unique


def _read_row(where: str, row: Mapping[str, Any], spec: SetSpec) -> Problem:
    columns = spec.columns
    question = _value(where, row, columns.question, "question")
    solution = _value(where, row, columns.solution, "solution") if columns.solution else ""
    answer = _answer(where, row, columns, solution, spec.answer)
    group = _value(where, row, columns.group, "group") if columns.group else ""
    level = _level(where, row, columns)
    if spec.figures == "drop":
        solution = _FIGURE.sub("", solution)
    return make_problem(question, solution, answer, group, of=spec.name, level=level, limit=spec.max_new_tokens)


def _answer(where: str, row: Mapping[str, Any], columns: Columns, solution: str, place: AnswerPlace) -> str:
    if columns.answer and place in ("auto", "column"):
        return _value(where, row, columns.answer, "answer")
    readers = {"hash": hash_answer, "box": boxed_answer, "last_line": _last_line}
    for name in ("hash", "box") if place == "auto" else (place,):
        answer = readers[name](solution)
        if answer is not None:
            return answer
    raise RecordsError(
        f"{where}: the solution has {_WANTED[place]}; add one, or set `columns.answer` or `answer` of this set"
    )


_WANTED = {
    "auto": rf"neither a `{MARKER} answer` line nor a \boxed answer",
    "hash": f"no `{MARKER} answer` line",
    "box": r"no \boxed answer",
    "last_line": "no last line",
}


def _last_line(solution: str) -> str | None:
    return solution.strip().rpartition("\n")[2].strip() or None


def _level(where: str, row: Mapping[str, Any], columns: Columns) -> int | None:
    """Return 3 for `3` and for `Level 3`, and None for `Level ?`."""
    if columns.level is None:
        return None
    number = _LEVEL.search(_value(where, row, columns.level, "level"))
    return int(number[0]) if number else None


def _value(where: str, row: Mapping[str, Any], column: str, role: str) -> str:
    if _NAMED.search(column):
        return _NAMED.sub(lambda named: text_of(where, row, named[1], role), column)
    return text_of(where, row, column, role)
