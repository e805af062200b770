"""The instructor of a job that several instructors share, each for its own problem sets."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from stages.answers.final_answer import DEFAULT
from stages.core.metrics import Usage
from stages.core.records import Case, Keyphrase
from stages.instructor.interface import Attempt, Draft, Grouping, Instructor, NamedType, SynthesisRequest
from stages.llm import spending

T = TypeVar("T")
R = TypeVar("R")


class RoutedInstructor:
    """An `Instructor` that asks others: each once a job, with all of its inputs, and none without an input."""

    def __init__(self, by_set: Mapping[str, Instructor]) -> None:
        """Take the instructor of each problem set, and under `default` that of all others and of what mixes sets."""
        self._by_set = by_set
        self._default = by_set[DEFAULT]
        self._all = list(dict.fromkeys(by_set.values()))
        self._solver = next((one for one in self._all if one.solves), None)
        self.solves = self._solver is not None

    def keyphrases(self, cases: Sequence[Case]) -> list[Keyphrase]:
        """Ask the instructor of each case's set."""
        return self._ask(cases, [case.set for case in cases], lambda one, part: one.keyphrases(part))

    def name_types(self, groups: Sequence[Sequence[str]]) -> list[NamedType]:
        """Ask the default instructor: a group may mix sets."""
        return self._default.name_types(groups)

    def group_keyphrases(self, keyphrases: Sequence[str]) -> Grouping:
        """Ask the default instructor: keyphrases may be those of several sets.

        Raises:
            ParamsError: it cannot.
        """
        return self._default.group_keyphrases(keyphrases)

    def has_exercises(self, error_type_name: str) -> bool:
        """Tell whether all of them write exercises for an error type: each may be asked, for its sets."""
        return all(one.has_exercises(error_type_name) for one in self._all)

    def synthesize(self, requests: Sequence[SynthesisRequest]) -> list[list[Draft]]:
        """Ask the instructor of the set that a request's demonstrations are of."""
        sets = [request.demonstrations[0].set for request in requests]
        return self._ask(requests, sets, lambda one, part: one.synthesize(part))

    def corrections(self, cases: Sequence[Case]) -> list[Draft]:
        """Ask the instructor of each case's set."""
        return self._ask(cases, [case.set for case in cases], lambda one, part: one.corrections(part))

    def solve(self, questions: Sequence[str], samples: int, seed: int) -> list[list[Attempt]]:
        """Ask the first instructor that solves problems."""
        return self._solver.solve(questions, samples, seed) if self._solver else [[] for _ in questions]

    def usage(self) -> Usage | None:
        """Return the usage of all together, or None where none costs anything."""
        usages = [usage for one in self._all if (usage := one.usage()) is not None]
        return spending.total(usages) if usages else None

    def _ask(self, inputs: Sequence[T], sets: Sequence[str], ask: Callable[[Instructor, list[T]], list[R]]) -> list[R]:
        """Return the result of each input, in their order."""
        asked = [self._by_set.get(name, self._default) for name in sets]
        results = {}
        estimated: SystemExit | None = None
        for one in dict.fromkeys(asked):
            part = [value for value, its in zip(inputs, asked, strict=True) if its is one]
            try:
                results[one] = iter(ask(one, part))
            except SystemExit as end:  # after the estimate of its cost; those of the others are wanted too
                estimated = end
        if estimated:
            raise estimated
        return [next(results[one]) for one in asked]
