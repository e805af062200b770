"""Error types across iterations."""

from dataclasses import replace

import pytest

from stages.reporting.history import change, type_histories
from stages.reporting.results import Results


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
    line = [f"iter{number}" for number in range(len(sizes))]
    by_iteration = {name: {"slips": size} for name, size in zip(line, sizes, strict=True)}
    assert change("slips", by_iteration, line) == said


def test_iteration_is_compared_with_those_that_it_descends_from(results):
    """`side` branches off base beside iter1: what iter1 has is no past of it."""
    base, first = results.models
    one = results.iterations[0]
    side = replace(one, name="side", error_types=[one.error_types[1]])
    found = type_histories(Results([base, first, replace(first, name="side")], [one, side]))
    assert [(history.name, history.sizes, history.changes) for history in found] == [
        ("slips", {"iter1": 30, "side": 0}, {"iter1": "", "side": ""}),
        ("units", {"iter1": 10, "side": 10}, {"iter1": "", "side": ""}),
    ]


def test_second_iteration_of_a_line_is_compared_with_the_first(results):
    base, first = results.models
    one = results.iterations[0]
    two = replace(
        one, name="iter2", error_types=[one.error_types[1] | {"size": 4}, one.error_types[0] | {"name": "odd"}]
    )
    found = type_histories(Results([base, first, replace(first, name="iter2", parent="iter1")], [one, two]))
    assert {history.name: history.changes["iter2"] for history in found} == {
        "slips": "gone", "units": "shrank", "odd": "new",
    }  # fmt: skip
