"""Families and error types across iterations."""

from dataclasses import replace

import pytest

from stages.reporting.history import change, family_histories, type_histories
from stages.reporting.results import Results
from tests.unit.reporting.conftest import types


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        pytest.param([5], "", id="first iteration: nothing to compare with"),
        pytest.param([0, 5], "new", id="new"),
        pytest.param([5, 3], "shrank", id="shrank"),
        pytest.param([3, 5], "grew", id="grew"),
        pytest.param([3, 3], "unchanged", id="unchanged"),
        pytest.param([3, 0], "gone", id="gone"),
        pytest.param([3, 0, 0], "still gone", id="still gone"),
        pytest.param([3, 0, 2], "came back", id="came back"),
        pytest.param([0, 0], "", id="not yet seen"),
    ],
)
def test_change_of_a_type_is_said_in_words(sizes, said):
    assert change(sizes) == said


def test_iteration_is_compared_with_those_that_it_descends_from(results):
    """`side` branches off base beside iter1: what iter1 has is no past of it."""
    base, first = results.models
    one = results.iterations[0]
    side = replace(one, name="side", error_types=types(one.error_types.types[1]))
    found = type_histories(Results([base, first, replace(first, name="side")], [one, side]))
    assert [(history.name, history.sizes, history.changes) for history in found] == [
        ("slips", {"iter1": 30, "side": 0}, {"iter1": "", "side": ""}),
        ("units", {"iter1": 10, "side": 10}, {"iter1": "", "side": ""}),
    ]


def test_second_iteration_of_a_line_is_compared_with_the_first(results):
    base, first = results.models
    one = results.iterations[0]
    slips, units = one.error_types.types
    two = replace(one, name="iter2", error_types=types(replace(units, size=4), replace(slips, id="odd-id", name="odd")))
    found = type_histories(Results([base, first, replace(first, name="iter2", parent="iter1")], [one, two]))
    assert {history.name: history.changes["iter2"] for history in found} == {
        "slips": "gone", "units": "shrank", "odd": "new",
    }  # fmt: skip


def test_matched_type_under_another_name_has_one_history(results):
    base, first = results.models
    one = results.iterations[0]
    two = replace(one, name="iter2", error_types=types(replace(one.error_types.types[0], name="slips in sums", size=4)))
    found = type_histories(Results([base, first, replace(first, name="iter2", parent="iter1")], [one, two]))
    assert [(known.id, known.name, known.sizes, known.changes["iter2"]) for known in found] == [
        ("slips-id", "slips in sums", {"iter1": 30, "iter2": 4}, "shrank"),
        ("units-id", "units", {"iter1": 10, "iter2": 0}, "gone"),
    ]


def test_two_types_of_one_name_have_a_history_each_and_are_told_apart(results):
    one = results.iterations[0]
    slips, units = one.error_types.types
    alike = replace(one, error_types=types(slips, replace(units, name="slips")))
    found = type_histories(Results(results.models, [alike]))
    assert [(known.name, known.sizes["iter1"]) for known in found] == [("slips (slip)", 30), ("slips (unit)", 10)]


def test_nothing_becomes_of_the_cases_without_a_type(results):
    base, first = results.models
    one = results.iterations[0]
    rest = replace(one.error_types.types[0], name="unassigned")
    both = [replace(one, error_types=types(rest)), replace(one, name="iter2", error_types=types(replace(rest, size=4)))]
    (known,) = type_histories(Results([base, first, replace(first, name="iter2", parent="iter1")], both))
    assert known.changes == {"iter1": "", "iter2": ""}


def test_family_has_its_share_and_its_types_in_each_iteration(in_families):
    found = {history.family: history for history in family_histories(in_families)}
    assert list(found) == ["calculation", "truncation", "faulty gold"]  # reading was met on test problems alone
    shares = {name: (share.outputs, share.of) for name, share in found["calculation"].shares.items()}
    assert shares == {"iter1": (7, 9), "iter2": (1, 2)}
    assert found["faulty gold"].shares["iter2"].outputs == 0
    assert list(found["calculation"].types.items()) == [
        ("units-id", {"iter1": 5}),
        ("slips-id", {"iter1": 2, "iter2": 1}),
    ]
    assert found["faulty gold"].types == {}


def test_no_families_without_their_shares(results):
    assert family_histories(results) == []
