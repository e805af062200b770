"""K-means, with real embeddings."""

import pytest

from stages.errors.methods.kmeans import Params, partition
from stages.errors.partition import Context
from stages.errors.weighted_keyphrases import embedded as embed_keyphrases
from stages.instructor.symbolic.instructor import SymbolicInstructor
from tests.unit.errors.conftest import EMPTY, SLIPS, UNITS

SPELLINGS = ["WRONG OPERAND", "Wrong Operand", "Wrong operand", "wrong operand"]


def groups(keyphrases, min_=2, max_=6, seed=0):
    labels = partition(keyphrases, Params(min_, max_), Context(seed, SymbolicInstructor())).labels.tolist()
    assert sorted(set(labels)) == list(range(len(set(labels))))
    members = {label: set() for label in labels}
    for text, label in zip(keyphrases.texts, labels, strict=True):
        members[label].add(text)
    return sorted(members.values(), key=sorted)


def once(*texts):
    return dict.fromkeys(texts, 1)


def test_obviously_different_keyphrases_are_separated_and_similar_ones_are_not(embedded):
    found = groups(embedded(once(*SLIPS, *UNITS, *EMPTY)))
    assert found == sorted([set(SLIPS), set(UNITS), set(EMPTY)], key=sorted)


def test_number_of_types_stays_in_its_range(embedded):
    keyphrases = embedded(once(*SLIPS, *UNITS, *EMPTY))
    assert len(groups(keyphrases, 2, 2)) == 2
    assert len(groups(keyphrases, 5, 6)) in {5, 6}
    assert len(groups(keyphrases, 1, 1)) == 1


@pytest.mark.parametrize("min_", [1, 2, 5])
def test_one_keyphrase_repeated_is_one_type(embedded, min_):
    assert groups(embedded({SLIPS[0]: 40}), min_) == [{SLIPS[0]}]


@pytest.mark.parametrize("count", [2, 3])
def test_fewer_distinct_keyphrases_than_min_types_are_a_type_each(embedded, count):
    texts = [SLIPS[0], UNITS[0], EMPTY[0]][:count]
    assert groups(embedded(dict.fromkeys(texts, 2)), 4, 8) == sorted([{text} for text in texts], key=sorted)


def test_weights_count_in_the_choice_of_the_number_of_types(at_angles):
    # In two types {0, 60} {180, 181} the silhouettes of 0 and 60 are (180 apart: 2, and 1 within) about 0.5; in three
    # {0} {60} {180, 181} they are 0. The pair at 180 has nearly 1 in both.
    assert len(groups(at_angles({"a0": 1, "a60": 1, "b180": 1, "b181": 1}), 2, 3)) == 2


@pytest.mark.parametrize(("min_", "max_"), [(1, 3), (2, 3), (3, 12)])
def test_keyphrases_that_differ_in_capitals_alone_are_one_type(model, min_, max_):
    # The embedding model reads lower case: four texts, one point.
    assert groups(embed_keyphrases(SPELLINGS, model), min_, max_) == [set(SPELLINGS)]


@pytest.mark.parametrize(("min_", "max_"), [(2, 3), (3, 12)])
def test_spellings_of_one_keyphrase_stay_together(model, min_, max_):
    found = groups(embed_keyphrases([*SPELLINGS, "gave no answer"], model), min_, max_)
    assert found == [set(SPELLINGS), {"gave no answer"}]
