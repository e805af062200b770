"""HDBSCAN, on keyphrases on a circle and with real embeddings."""

import logging

import pytest

from stages.errors.methods.hdbscan import Params, partition
from stages.errors.partition import NOISE, Context
from stages.instructor.symbolic.instructor import SymbolicInstructor
from tests.unit.errors.conftest import EMPTY, SLIPS, UNITS


def labels_of(keyphrases, size=3, samples=2, dimensions=2):
    found = partition(keyphrases, Params(size, samples, dimensions), Context(0, SymbolicInstructor()))
    return dict(zip(keyphrases.texts, found.labels.tolist(), strict=True))


def test_dense_groups_are_types_and_what_lies_far_from_both_is_noise(at_angles):
    found = labels_of(at_angles(dict.fromkeys(["a0", "a1", "a2", "b60", "b61", "b62", "c180"], 1)))
    assert found["a0"] == found["a1"] == found["a2"]
    assert found["b60"] == found["b61"] == found["b62"]
    assert {found["a0"], found["b60"]} == {0, 1}
    assert found["c180"] == NOISE


def test_keyphrase_of_many_bad_cases_is_a_type_by_itself_and_one_of_few_is_noise(at_angles):
    found = labels_of(at_angles({"a0": 3, "b180": 2, "c60": 1, "c61": 1, "c62": 1}))
    assert found["b180"] == NOISE
    assert found["c60"] == found["c61"] == found["c62"]
    assert {found["a0"], found["c60"]} == {0, 1}


def test_more_copies_than_min_cluster_size_change_nothing(at_angles):
    few = {"a0": 3, "b180": 2, "c60": 1, "c61": 1, "c62": 1}
    assert labels_of(at_angles(few)) == labels_of(at_angles(few | {"a0": 3000}))


def test_obviously_different_keyphrases_are_separated(embedded):
    found = labels_of(embedded(dict.fromkeys([*SLIPS, *UNITS, *EMPTY], 1)), size=3, samples=1, dimensions=4)
    kinds = [{found[text] for text in texts} for texts in (SLIPS, UNITS, EMPTY)]
    assert sorted(map(tuple, kinds)) == [(0,), (1,), (2,)]


@pytest.mark.parametrize(("count", "label"), [(3, 0), (2, NOISE)])
def test_one_keyphrase_repeated_is_a_type_if_it_is_frequent_enough(at_angles, count, label):
    assert labels_of(at_angles({"a0": count})) == {"a0": label}


def test_spellings_of_one_vector_count_together(at_angles):
    assert labels_of(at_angles({"a0": 1, "b0": 1, "c0": 1})) == {"a0": 0, "b0": 0, "c0": 0}


def test_fewer_bad_cases_than_min_cluster_size_or_min_samples_are_noise(at_angles):
    assert set(labels_of(at_angles({"a0": 1, "b90": 1})).values()) == {NOISE}
    assert set(labels_of(at_angles({"a0": 2, "b90": 2}), samples=9).values()) == {NOISE}


def test_all_noise_is_a_warning_that_names_the_params(at_angles, caplog):
    keyphrases = at_angles({f"a{angle}": 1 for angle in (0, 90, 180, 270)})
    with caplog.at_level(logging.WARNING):
        assert set(labels_of(keyphrases).values()) == {NOISE}
    assert "among 4 keyphrases, all are unassigned; lower cluster_keyphrases.hdbscan.min_cluster_size" in caplog.text
