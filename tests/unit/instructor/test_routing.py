"""Several instructors behind one: who is asked what, in which order the results come, and what it cost."""

from dataclasses import replace

import pytest

from stages.core.metrics import Usage
from stages.core.records import Keyphrase
from stages.instructor.interface import Draft, Example, Grouping, NamedType, SynthesisRequest
from stages.instructor.routing import RoutedInstructor
from stages.instructor.symbolic.instructor import SymbolicInstructor


class Teacher:
    """Signs what it says, and remembers each call."""

    solves = True

    def __init__(self, name, usage=None):
        self.name = name
        self.calls = []
        self.known = ()
        self._usage = usage

    def keyphrases(self, cases):
        self.calls.append([case.id for case in cases])
        return [Keyphrase(f"k-{case.id}", case.id, self.name, None, "", "", None, case.set) for case in cases]

    def name_types(self, groups):
        return [NamedType(self.name, group[0]) for group in groups]

    def group_keyphrases(self, keyphrases):
        return Grouping([NamedType(self.name, "")], [list(keyphrases)], [], [], [])

    def has_exercises(self, error_type_name):
        return error_type_name in self.known

    def synthesize(self, requests):
        self.calls.append([request.id for request in requests])
        return [[Draft(request.id, self.name, "1", (), None, "none")] for request in requests]

    def corrections(self, cases):
        self.calls.append([case.id for case in cases])
        return [Draft(case.id, self.name, "1", (), None, "gold") for case in cases]

    def solve(self, questions, samples, seed):
        return [[f"{self.name}, seed {seed}"] * samples for _ in questions]

    def usage(self):
        return self._usage


@pytest.fixture
def teachers():
    return [Teacher(name) for name in ("algebra", "sums", "others")]


@pytest.fixture
def routed(teachers):
    algebra, sums, others = teachers
    return RoutedInstructor({"algebra": algebra, "gsm8k": sums, "svamp": sums, "default": others})


SETS = ["gsm8k", "algebra", "unknown", "svamp", "gsm8k", "algebra"]
CALLS = [["1", "5"], ["0", "3", "4"], ["2"]]
AUTHORS = ["sums", "algebra", "others", "sums", "sums", "algebra"]


def test_case_goes_to_the_instructor_of_its_set_in_one_call_each_and_order_stays(routed, teachers, make_case):
    cases = [replace(make_case(str(number)), set=of) for number, of in enumerate(SETS)]
    found = routed.keyphrases(cases)
    assert [(one.bad_case_id, one.keyphrase) for one in found] == list(zip("012345", AUTHORS, strict=True))
    assert [teacher.calls for teacher in teachers] == [[calls] for calls in CALLS]


def test_case_is_corrected_by_the_instructor_of_its_set(routed, teachers, make_case):
    drafts = routed.corrections([replace(make_case(str(number)), set=of) for number, of in enumerate(SETS)])
    assert [(one.question, one.solution) for one in drafts] == list(zip("012345", AUTHORS, strict=True))
    assert [teacher.calls for teacher in teachers] == [[calls] for calls in CALLS]


def request_of(number, of):
    shown = Example(f"e{number}", "Question?", "1 + 1 = 2", "2", of)
    return SynthesisRequest(str(number), "t", "", "", (shown,), (), 1, 0)


def test_request_goes_to_the_instructor_of_the_set_that_it_shows(routed, teachers):
    drafts = routed.synthesize([request_of(number, of) for number, of in enumerate(SETS)])
    assert [(one.question, one.solution) for (one,) in drafts] == list(zip("012345", AUTHORS, strict=True))
    assert [teacher.calls for teacher in teachers] == [[calls] for calls in CALLS]


def test_instructor_without_an_input_is_not_asked(routed, teachers):
    assert routed.keyphrases([]) == []
    assert len(routed.synthesize([request_of(0, "algebra")])) == 1
    assert [len(teacher.calls) for teacher in teachers] == [1, 0, 0]


def test_what_may_mix_sets_goes_to_the_default(routed):
    assert routed.name_types([["slip"], ["step"]]) == [NamedType("others", "slip"), NamedType("others", "step")]
    assert routed.group_keyphrases(["slip"]).types == [NamedType("others", "")]


def test_first_that_solves_is_asked_for_solutions():
    routed = RoutedInstructor({"gsm8k": SymbolicInstructor(), "math": Teacher("a"), "default": Teacher("b")})
    assert routed.solves
    assert routed.solve(["1?", "2?"], 2, 7) == [["a, seed 7"] * 2] * 2


def test_none_that_solves_gives_no_solutions():
    routed = RoutedInstructor({"gsm8k": SymbolicInstructor(), "default": SymbolicInstructor()})
    assert not routed.solves
    assert routed.solve(["1?", "2?"], 2, 7) == [[], []]


@pytest.mark.parametrize(
    ("usages", "total"),
    [
        pytest.param([None, None], None, id="nobody is paid"),
        pytest.param([None, Usage(2, 30, 4, 0.5)], Usage(2, 30, 4, 0.5), id="one is paid"),
        pytest.param([Usage(1, 10, 1, 0.0), Usage(2, 30, 4, 0.5)], Usage(3, 40, 5, 0.5), id="both count"),
        pytest.param([Usage(1, 10, 1, None), Usage(2, 30, 4, 0.5)], Usage(3, 40, 5, None), id="one has no price"),
    ],
)
def test_usage_is_the_sum_over_instructors(usages, total):
    first, second = (Teacher(str(number), usage) for number, usage in enumerate(usages))
    assert RoutedInstructor({"a": first, "b": second, "c": second, "default": first}).usage() == total


def test_exercises_are_asked_for_where_all_write_them(routed, teachers):
    for teacher in teachers:
        teacher.known = ("slips",)
    assert routed.has_exercises("slips")
    teachers[1].known = ()
    assert not routed.has_exercises("slips")
