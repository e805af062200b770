from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.arithmetic.unknowns import read_relations

F = Fraction


@pytest.mark.parametrize(
    ("text", "name", "solution"),
    [
        pytest.param("2x + 5 = 15", "x", 5, id="factor-and-term"),
        pytest.param("Then 20 + 6n = 50 + n.", "n", 6, id="on-both-sides"),
        pytest.param("3(x - 2) = 12", "x", 6, id="brackets"),
        pytest.param("((1)/(4)) * (x + 60) = x", "x", 20, id="share-of-a-sum"),
        pytest.param("x / 4 + 1 = 3", "x", 8, id="divided"),
        pytest.param("w - 20% * w = 40", "w", 50, id="percent"),
        pytest.param("-x + 9 = 4", "x", 5, id="minus-in-front"),
        pytest.param("9 + red pens = 15", "red pens", 6, id="words-as-unknown"),
        pytest.param("4 * red pens = 20 pens", "red pens", 5, id="words-with-factor"),
        pytest.param("2 hours + x = 5 hours", "x", 3, id="units"),
        pytest.param("$5/hour * x = $40", "x", 8, id="per-unit"),
        pytest.param("The three of them cost x + 2x = 12", "x", 4, id="prose-in-front"),
        pytest.param("R = 3R", "R", 0, id="nothing-solves-it-but-zero"),
        pytest.param("x = 12", "x", 12, id="definition"),
    ],
)
def test_equation_with_one_unknown_is_solved(text, name, solution):
    (relation,) = read_relations(text)
    assert (relation.name, relation.solution) == (name, solution)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x + y = 12", id="two-unknowns"),
        pytest.param("pens - pencils = 60 - 180", id="two-phrases"),
        pytest.param("x * x = 16", id="square"),
        pytest.param("12 / x = 3", id="unknown-below"),
        pytest.param("x = 2^x", id="power"),
        pytest.param("cost = 1 + (number of pens * 2)", id="phrase-in-brackets-with-another"),
        pytest.param("3 + 4 = 7", id="no-unknown"),
        pytest.param("x / 0 = 3", id="division-by-zero"),
        pytest.param("(x + 3 = 5", id="open-bracket"),
        pytest.param("The answer is 5.", id="prose"),
    ],
)
def test_anything_else_is_not_read(text):
    assert list(read_relations(text)) == []


def test_chain_is_read_pair_by_pair():
    first, second = read_relations("4x = 3x + 5 = 20")
    assert (first.solution, second.solution) == (5, 5)


def test_sides_with_the_same_unknown_and_other_constants_are_impossible():
    (relation,) = read_relations("7 + 5 + pens = 13 + pens")
    assert relation.is_impossible
    assert relation.solution is None


@pytest.mark.parametrize(("text", "expected"), [("x = 12", True), ("12 = x", True), ("2x = 12", False)])
def test_definition_only_names_a_value(text, expected):
    (relation,) = read_relations(text)
    assert relation.is_definition is expected


def test_span_points_into_the_text():
    text = "Take 5. Then 2x + 6 = 16 pens, so."
    (relation,) = read_relations(text)
    assert text[relation.start : relation.end] == "2x + 6 = 16 pens"


@given(st.integers(-9, 9).filter(bool), st.integers(0, 99), st.integers(-99, 99))
def test_solution_solves_what_was_written(factor, constant, solution):
    (relation,) = read_relations(f"{factor}x + {constant} = {factor * solution + constant}")
    assert relation.solution == solution


@given(st.text(alphabet="0123456789+-*/=()%$ xyzab.\n", max_size=60))
def test_any_text_is_read_without_an_error(text):
    for relation in read_relations(text):
        assert isinstance(relation.is_impossible, bool)
        assert 0 <= relation.start < relation.end <= len(text)
