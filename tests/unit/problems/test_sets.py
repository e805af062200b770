"""Sets by role: each kind read from files, cut into parts, kept apart, and counted."""

import json
import random
import re
from collections import Counter

import pytest

from stages.core.exceptions import ParamsError, RecordsError
from stages.problems import procedural, sets
from tests.unit.conftest import DATA, needs_data
from tests.unit.problems.specs import specs

OWN = {"columns": {"question": "q", "answer": "a"}}


@pytest.fixture
def write(tmp_path):
    """Write `name.jsonl` with problems of the given numbers, and return the fields of a set that reads it."""

    def write(name, numbers, **fields):
        lines = [json.dumps({"q": f"{n} + 0?", "a": n}) for n in numbers]
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))
        return OWN | {"path": f"data/raw/{name}.jsonl"} | fields

    return write


def prepared(folder, **chosen):
    return {one.name: one for one in sets.prepare(specs(**chosen), folder, seed=0)}


def numbers(problems):
    return sorted(int(problem.answer) for problem in problems)


def test_sets_have_their_roles_and_a_dev_part_is_cut_from_a_train_set(tmp_path, write):
    found = prepared(
        tmp_path,
        one=write("one", range(10), role="train", domain="sums", dev=3),
        two=write("two", range(20, 25), role="test", domain="sums"),
        tune=write("tune", range(30, 33), role="dev"),
        far=write("far", range(40, 44), role="ood"),
    )
    parts = {name: {role: len(getattr(one.parts, role)) for role in sets._FIRST} for name, one in found.items()}
    none = dict.fromkeys(sets._FIRST, 0)
    assert parts == {
        "one": none | {"train": 7, "dev": 3}, "two": none | {"test": 5}, "tune": none | {"dev": 3},
        "far": none | {"ood": 4},
    }  # fmt: skip
    one = found["one"].parts
    assert numbers([*one.train, *one.dev]) == list(range(10))
    # A set that is not cut keeps the order of its file.
    assert [problem.answer for problem in found["far"].parts.ood] == ["40", "41", "42", "43"]
    assert {problem.set for problem in one.dev} == {"one"}


def test_train_set_gives_up_a_fifth_as_test_where_its_domain_has_none(tmp_path, write):
    (one,) = prepared(tmp_path, one=write("one", range(11), role="train")).values()
    assert (len(one.parts.train), len(one.parts.test)) == (9, 2)


def test_train_set_gives_up_as_many_as_it_is_told(tmp_path, write):
    (one,) = prepared(tmp_path, one=write("one", range(11), role="train", test=4)).values()
    assert (len(one.parts.train), len(one.parts.test)) == (7, 4)


def test_another_set_changes_nothing_of_a_set(tmp_path, write):
    one = write("one", range(20), role="train", dev=5)
    alone = prepared(tmp_path, one=one)["one"]
    assert prepared(tmp_path, two=write("two", range(50, 60), role="train"), one=one)["one"] == alone


def test_training_problem_that_is_held_out_is_refused_with_its_set(tmp_path, write):
    sets_ = {"one": write("one", range(9), role="train"), "far": write("far", [3, 7, 50], role="ood")}
    message = (
        r"sets\.one: 2 of its problems are in other sets: '3 \+ 0\?' is in far; '7 \+ 0\?' is in far; .*`duplicates"
    )
    with pytest.raises(RecordsError, match=message):
        prepared(tmp_path, **sets_)


def test_training_problem_that_is_held_out_with_other_white_space_is_refused(tmp_path, write):
    sets_ = {"one": write("one", range(9), role="train"), "far": write("far", [3], role="ood")}
    path = tmp_path / "far.jsonl"
    path.write_text(path.read_text().replace("3 + 0?", "3 +  0?"))
    with pytest.raises(RecordsError, match=r"sets\.one: 1 of its problems are in other sets: '3 \+ 0\?' is in far"):
        prepared(tmp_path, **sets_)


@pytest.mark.parametrize("role", ["train", "dev"])
def test_problem_that_is_held_out_is_dropped_where_asked_for(tmp_path, write, role):
    far = write("far", [3, 7, 50], role="test", domain="one")
    one = write("one", range(9), role=role, duplicates="drop", domain="one")
    other = {} if role == "train" else {"other": write("other", range(60, 66), role="train")}
    found = prepared(tmp_path, one=one, far=far, **other)
    assert numbers(getattr(found["one"].parts, role)) == [0, 1, 2, 4, 5, 6, 8]
    assert found["one"].counts.left_out == {"in other sets": 2}
    assert numbers(found["far"].parts.test) == [3, 7, 50]


def test_held_out_sets_may_share_problems(tmp_path, write):
    found = prepared(
        tmp_path,
        one=write("one", range(9), role="train"),
        far=write("far", [50, 51], role="ood"),
        farther=write("farther", [51, 52], role="ood"),
    )
    assert numbers(found["farther"].parts.ood) == [51, 52]


def test_parts_that_leave_nothing_to_train_on_are_refused(tmp_path, write):
    with pytest.raises(ParamsError, match=r"sets\.one: train, dev and test need 7 problems, there are 6"):
        prepared(tmp_path, one=write("one", range(6), role="train", dev=4, test=2))
    generated = {"role": "train", "limit": 5, "dev": 3, "test": 2}
    with pytest.raises(ParamsError, match=r"sets\.procedural: its parts leave nothing to train on"):
        prepared(tmp_path, procedural=generated)


SIMPLE = {"of": "procedural", "max_equations": 2}


def test_generated_set_that_is_held_out_has_all_templates_and_problems_of_its_own(tmp_path):
    found = prepared(
        tmp_path,
        procedural=SIMPLE | {"role": "train", "limit": 40},
        tune=SIMPLE | {"role": "dev", "limit": 60},
        far=SIMPLE | {"role": "ood", "limit": 60},
    )
    tune, far, trained = found["tune"].parts.dev, found["far"].parts.ood, found["procedural"].parts.problems
    assert (len(tune), len(far)) == (60, 60)
    assert {problem.group for problem in tune} == {problem.group for problem in far} >= {one.group for one in trained}
    assert not {problem.question for problem in tune} & {problem.question for problem in far}


def test_generated_problem_that_no_part_uses_may_be_in_another_set(tmp_path):
    far = SIMPLE | {"role": "ood", "limit": 30}
    one = {"role": "train", "path": "data/raw/one.jsonl", **OWN}
    (spec,) = (spec for spec in specs(far=far, one=one) if spec.name == "far")
    pool = procedural.generate(spec, 60, random.Random("0:far"))
    lines = [json.dumps({"q": problem.question, "a": problem.answer}) for problem in pool]
    (tmp_path / "one.jsonl").write_text("\n".join(lines))
    with pytest.raises(RecordsError, match=r"sets\.one: 30 of its problems are in other sets"):
        prepared(tmp_path, far=far, one=one)


def test_counts_are_those_of_each_set(tmp_path, write):
    found = prepared(tmp_path, one=write("one", range(10), role="train", dev=3, test=2, limit=8))
    counts = found["one"].counts
    assert (counts.name, counts.source, counts.rows) == ("one", "data/raw/one.jsonl", 8)
    assert (counts.train, counts.dev, counts.test, counts.ood, counts.faulty_golds) == (3, 3, 2, 0, 0)


FILES = {"gsm8k": "gsm8k_train", "math": "math_train", "math500": "math500_test", "svamp": "svamp_test",
         "mawps": "mawps_test"}  # fmt: skip


def real(name, **fields):
    """Return what is read of a set of the shared data, by its name in the catalogue."""
    path = f"data/raw/{FILES.get(name, name)}.jsonl"
    other = {} if fields.get("role") == "train" else {"procedural": {"role": "train", "limit": 5, "max_equations": 2}}
    return {one.name: one for one in sets.prepare(specs(**{name: {"path": path, **fields}}, **other), DATA, 0)}[name]


@needs_data
@pytest.mark.parametrize(("name", "limit"), [("gsm8k", 300), ("svamp", 300), ("math500", 100), ("math", 300)])
def test_shared_data_is_read_by_name(name, limit):
    found = real(name, role="ood", limit=limit)
    assert found.counts.ood == limit
    assert found.counts.faulty_golds == 0
    assert all(problem.answer for problem in found.parts.ood)


@needs_data
def test_mawps_has_its_87_repeated_questions_dropped_or_named():
    assert real("mawps", role="ood").counts.left_out == {"repeated": 87}
    with pytest.raises(RecordsError, match=r"sets\.mawps: 87 rows have the same question as an earlier one: "):
        real("mawps", role="ood", duplicates="refuse")


@needs_data
def test_two_golds_of_math_are_empty_boxes(caplog):
    found = real("math", role="ood", order="file", skip=5300, limit=100)
    assert found.counts.faulty_golds == 2
    named = re.findall(r"math_train\.jsonl:(\d+) \(it does not parse as an answer: ''\)", caplog.text)
    assert named == ["5342", "5344"]


@needs_data
def test_math_is_narrowed_by_level_subject_and_figure():
    found = real("math", role="train", levels=[1, 2], subjects=["Geometry"], figures="drop", limit=60, dev=20, test=10)
    assert (found.counts.train, found.counts.dev, found.counts.test) == (30, 20, 10)
    problems = [*found.parts.train, *found.parts.dev]
    assert Counter(problem.group for problem in problems) == {"Geometry": 50}
    assert {problem.level for problem in problems} == {1, 2}
    assert not [problem for problem in problems if "[asy]" in problem.question + problem.solution]
    assert found.counts.left_out["with figures"] > 0
    assert all("boxed" in problem.solution and "####" not in problem.solution for problem in problems)
