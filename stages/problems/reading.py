"""From a row of any table to a `Problem`, with errors that name the file, the line and the column."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from stages.core.exceptions import RecordsError
from stages.core.files import content_id
from stages.core.params import section
from stages.core.records import Problem
from stages.grading.gold import check_gold

MARKER = "####"
_NAMED = re.compile(r"\{([^{}]+)\}")


@section
class Columns:
    """The column of each field; `{Body} {Question}` joins the columns in braces.

    Without an `answer` column the answer is read from the solution's `#### answer` line; `group` may be absent.
    """

    question: str
    solution: str
    answer: str | None
    group: str | None


def make_problem(question: str, solution: str, answer: str, group: str) -> Problem:
    """Return a problem, its gold checked; its id depends on question and answer, its solution ends in `#### answer`."""
    question, solution, answer = question.strip(), solution.strip(), answer.strip()
    if _last_line_answer(solution) is None:
        solution = f"{solution}\n{MARKER} {answer}".strip()
    return Problem(content_id(question, answer), question, solution, answer, group, check_gold(answer, solution))


def read_rows(rows: Iterable[tuple[str, Mapping[str, Any]]], columns: Columns) -> list[Problem]:
    """Turn rows into problems; each row comes with its place, such as `train.jsonl:7`.

    Raises:
        RecordsError: a missing column, an empty value, a row without an answer, a question that occurs twice.
    """
    problems: list[Problem] = []
    first_seen: dict[str, str] = {}
    for where, row in rows:
        problem = _read_row(where, row, columns)
        earlier = first_seen.setdefault(problem.question, where)
        if earlier != where:
            raise RecordsError(f"{where}: the same question as {earlier}; remove one of them")
        problems.append(problem)
    return problems


def _read_row(where: str, row: Mapping[str, Any], columns: Columns) -> Problem:
    question = _value(where, row, columns.question, "question")
    solution = _value(where, row, columns.solution, "solution")
    answer = _value(where, row, columns.answer, "answer") if columns.answer else _marked_answer(where, solution)
    group = _value(where, row, columns.group, "group") if columns.group else ""
    return make_problem(question, solution, answer, group)


def _value(where: str, row: Mapping[str, Any], column: str, role: str) -> str:
    if _NAMED.search(column):
        return _NAMED.sub(lambda named: _cell(where, row, named[1], role), column)
    return _cell(where, row, column, role)


def _cell(where: str, row: Mapping[str, Any], column: str, role: str) -> str:
    if column not in row:
        raise RecordsError(
            f"{where}: no column `{column}` for the {role} (there are {', '.join(map(str, row))}); "
            f"set `columns.{role}` of this source in params.yaml"
        )
    text = "" if row[column] is None else str(row[column]).strip()
    if not text:
        raise RecordsError(f"{where}: the column `{column}` is empty")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise RecordsError(f"{where}: the column `{column}` holds half a character (a lone surrogate); repair the file")
    return text


def _last_line_answer(solution: str) -> str | None:
    """Return what follows `####` in the last line of a solution, or None."""
    _, marker, answer = solution.strip().rpartition("\n")[2].rpartition(MARKER)
    return answer.strip() if marker and answer.strip() else None


def _marked_answer(where: str, solution: str) -> str:
    answer = _last_line_answer(solution)
    if answer is None:
        raise RecordsError(
            f"{where}: the solution has no `{MARKER} answer` line; add one or set `columns.answer` of this source"
        )
    return answer
