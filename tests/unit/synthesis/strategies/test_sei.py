"""New problems of each error type."""

from dataclasses import replace

from stages.core.records import UNASSIGNED


class Listener:
    """Writes nothing; records the types that it is asked for."""

    solves = False

    def __init__(self):
        self.types = set()

    def synthesize(self, requests):
        self.types |= {(one.error_type_id, one.error_type_name, one.error_type_explanation) for one in requests}
        return [[] for _ in requests]


def by_type(made):
    return [sum(one.error_type_id == name for one in made.accepted) for name in ("t1", "t2")]


def test_new_problems_of_each_type_come_from_its_own_bad_cases(material, run_strategy):
    made = run_strategy("sei", material)
    for candidate in made.accepted:
        own = {case.id for case in material.cases[candidate.error_type_id]}
        assert set(candidate.demonstration_ids) <= own
    # One each, 4 spare as 3:2 -> 2.4 and 1.6.
    assert by_type(made) == [3, 3]


def test_failure_rate_gives_more_where_the_model_still_fails(material, run_strategy):
    # t1's three problems are of group `g`, in which 3 of 8 fail; t2's two of group `h`, in which both do.
    problems = [replace(one, group="h") if one in material.problems[3:5] else one for one in material.problems]
    made = run_strategy("sei", replace(material, problems=problems), by="failure_rate", wanted=9)
    # One each, 7 spare as 3 * 3/8 : 2 * 1 -> 2.52 and 4.48.
    assert by_type(made) == [4, 5]


def test_type_without_cases_gets_nothing(material, make_type, run_strategy):
    made = run_strategy("sei", replace(material, types=[*material.types, make_type("empty", 4)]))
    assert {one.error_type_id for one in made.accepted} == {"t1", "t2"}
    assert made.shortfall == {}


def test_instructor_is_told_of_each_type_but_not_of_unassigned(material, run_strategy):
    types = [material.types[0], replace(material.types[1], name=UNASSIGNED)]
    listener = Listener()
    run_strategy("sei", replace(material, types=types), instructor=listener)
    assert listener.types == {("t1", "type t1", "About t1."), ("t2", "", "")}


def test_share_of_each_type_whose_name_is_a_skill_is_exercises_shown_by_its_cases(material, run_strategy):
    types = [replace(material.types[0], name="slips in a two-digit subtraction"), material.types[1]]
    made = run_strategy("sei", replace(material, types=types), exercises=0.5, wanted=9)
    # One each, 7 spare as 3:2 -> 4.2 and 2.8: 5 of the first type, half of which rounds to 2, and 4 of the other.
    assert by_type(made) == [5, 4]
    exercises = [one for one in made.accepted if one.skill]
    assert [(one.error_type_id, one.skill, one.certificate) for one in exercises] == [
        ("t1", "two-digit subtraction", "construction")
    ] * 2
    for one in exercises:
        assert "-" in one.solution
        assert set(one.demonstration_ids) == {case.id for case in material.cases["t1"]}


def test_exercises_alone_are_more_than_two_of_a_case(material, run_strategy):
    types = [replace(one, name="leaves out the final addition") for one in material.types]
    made = run_strategy("sei", replace(material, types=types), exercises=1.0, wanted=40)
    assert [one.skill for one in made.accepted] == ["two steps that end in an addition"] * 40
    assert len({one.question for one in made.accepted}) == 40
