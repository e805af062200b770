"""The stage script over two iterations and at its edges, with the params of params.yaml."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from stages import cluster_keyphrases
from stages.core import files, params
from stages.core.metrics import TypeCounts
from stages.core.records import Assignment, ErrorType, KnownType
from stages.instructor.choice import InstructorParams
from tests.unit.errors.conftest import EMPTY, SLIPS, UNITS

VALUES = yaml.safe_load((Path(__file__).parents[3] / "params.yaml").read_text())


@dataclass(frozen=True)
class Written:
    types: list[ErrorType]
    assignments: list[Assignment]
    known: list[KnownType]
    summary: TypeCounts


@pytest.fixture
def run(tmp_path, monkeypatch, make_keyphrase, vector_cache):
    """Run the stage for an iteration on keyphrases and return its counts and what it wrote."""
    monkeypatch.setenv("SEI_CACHE", str(vector_cache))

    def go(iteration, parent, texts, **section):
        values = {
            "seed": 0,
            "instructor": {name: VALUES["instructor"][name] for name in params.fields_of(InstructorParams)},
            "cluster_keyphrases": VALUES["cluster_keyphrases"] | section,
        }
        folder = tmp_path / iteration
        files.write_records(tmp_path / "base" / "known_types.jsonl", [])
        files.write_records(folder / "keyphrases.jsonl", [make_keyphrase(i, text) for i, text in enumerate(texts)])
        known = tmp_path / parent / "known_types.jsonl"
        names = {"keyphrases": "keyphrases", "types": "error_types", "assignments": "assignments",
                 "known_out": "known_types", "counts": "counts"}  # fmt: skip
        written = {field: folder / f"{name}.jsonl" for field, name in names.items()}
        paths = cluster_keyphrases.Paths(iteration=iteration, known=known, **written)
        counts = cluster_keyphrases.main(paths, params.parse(cluster_keyphrases.Params, values))
        return counts, Written(
            types=files.read_records(paths.types, ErrorType),
            assignments=files.read_records(paths.assignments, Assignment),
            known=files.read_records(paths.known_out, KnownType),
            summary=files.read_record(paths.counts, TypeCounts),
        )

    return go


def test_types_are_followed_over_three_iterations(run):
    _, first = run("iter1", "base", [*SLIPS, *UNITS, *EMPTY])
    _, second = run("iter2", "iter1", [*SLIPS, *EMPTY, EMPTY[0], "misreads the price of a ticket"])
    counts, third = run("iter3", "iter2", [*UNITS, *SLIPS, "misreads the price of a ticket"])
    by_id = {t.id: t for t in first.types}
    assert len(by_id) == 3
    assert counts["known before"] == 3

    def told(result):
        return sorted((t.status, t.previous_size, t.first_iteration) for t in result.summary.types)

    assert told(first) == [("new", 0, "iter1")] * 3
    assert told(second) == [("continued", 3, "iter1"), ("continued", 3, "iter1"), ("new", 0, "iter2")]
    assert told(third) == [("continued", 1, "iter2"), ("continued", 3, "iter1"), ("returned", 0, "iter1")]
    (returned,) = (t for t in third.summary.types if t.status == "returned")
    assert returned.name == by_id[returned.id].name
    assert {gone.previous_size for gone in third.summary.gone} == {4}
    assert sorted(k.size for k in third.known) == [0, 1, 3, 3]


@pytest.mark.parametrize("method", ["kmeans", "hdbscan"])
def test_every_bad_case_has_one_type_and_cases_without_a_keyphrase_are_unassigned(run, method):
    own = {"hdbscan": {"min_cluster_size": 3, "min_samples": 1, "dimensions": 4}}
    texts = [*SLIPS, "unassigned", *UNITS, *EMPTY, "unassigned"]
    counts, found = run("iter1", "base", texts, method=method, **own)
    assert [a.bad_case_id for a in found.assignments] == [f"c{i}" for i in range(len(texts))]
    sizes = Counter(a.error_type_id for a in found.assignments)
    assert sizes == {t.id: t.size for t in found.types}
    assert (found.types[-1].name, found.types[-1].size) == ("unassigned", 2)
    assert (counts["types"], counts["unassigned"], counts["distinct"]) == (3, 2, 9)
    assert len(found.known) == 3


def test_unassigned_cases_alone_make_no_type_to_be_known(run):
    counts, found = run("iter1", "base", ["unassigned", "unassigned"])
    assert (counts["types"], counts["unassigned"]) == (0, 2)
    assert [t.name for t in found.types] == ["unassigned"]
    assert found.known == []


def test_no_bad_cases_keep_what_was_known(run):
    run("iter1", "base", SLIPS)
    counts, found = run("iter2", "iter1", [])
    assert (counts["keyphrases"], counts["types"], found.types, found.assignments) == (0, 0, [], [])
    assert {k.size for k in found.known} == {0}


def test_types_under_another_embedding_model_are_new_and_counted(run, tmp_path):
    run("iter1", "base", [*SLIPS, *UNITS, *EMPTY])
    path = tmp_path / "iter1" / "known_types.jsonl"
    path.write_text(path.read_text().replace('"embedding": "', '"embedding": "older '))
    counts, found = run("iter2", "iter1", [*SLIPS, *UNITS, *EMPTY])
    assert (counts["known before"], counts["known under another embedding"]) == (0, 3)
    assert found.summary.known_under_another_embedding == 3
    assert len({k.id for k in found.known}) == len({k.name for k in found.known}) == 6


def test_same_keyphrases_give_the_same_bytes(run, tmp_path):
    def read():
        run("iter1", "base", [*SLIPS, *UNITS, *EMPTY])
        return {path.name: path.read_bytes() for path in (tmp_path / "iter1").iterdir()}

    assert read() == read()
