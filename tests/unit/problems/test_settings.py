"""Problem sets as params name them, the catalogue, and what is refused."""

import pytest
import yaml

from stages.core.exceptions import ParamsError
from stages.problems.settings import CATALOGUE, Columns, catalogue, needs_test
from tests.unit.conftest import ROOT
from tests.unit.problems.specs import spec, specs

TRAIN = {"role": "train", "path": "data/raw/train.jsonl"}


def test_catalogue_names_each_set_of_the_method_and_says_what_was_read():
    assert set(catalogue()) == {
        "gsm8k", "math", "math500", "svamp", "asdiv", "mawps", "aime", "minerva_math", "college_math", "olympiadbench",
        "gsm_symbolic", "procedural",
    }  # fmt: skip
    read = {name for name, entry in catalogue().items() if entry.read_here}
    assert read == {"gsm8k", "math", "math500", "svamp", "mawps", "procedural"}


def test_every_entry_can_be_used_with_a_path():
    for name in catalogue():
        fields = {"limit": 5} if name == "procedural" else {"path": "data/raw/x.jsonl"}
        assert specs(**{name: {"role": "train", **fields}})[0].of == name


def test_entry_brings_what_the_set_leaves_out():
    one = spec("gsm8k_test", of="gsm8k", split="test", path=None)
    assert (one.of, one.id, one.split, one.answer, one.domain) == ("gsm8k", "openai/gsm8k", "test", "hash", "gsm8k")
    assert one.columns == Columns("question", solution="answer")
    assert (one.duplicates, spec("mawps").duplicates) == ("refuse", "drop")


def test_set_of_ones_own_has_a_domain_of_its_own_and_finds_its_answers():
    one = spec("mine", "question=q answer=a")
    assert (one.of, one.domain, one.answer, one.id) == ("", "mine", "auto", None)


def test_train_set_needs_a_test_part_where_its_domain_has_no_test_set():
    gsm8k, math, *_ = sets = specs(gsm8k=TRAIN, math=TRAIN, math500={"role": "test"}, svamp={"role": "ood"})
    assert needs_test(gsm8k, sets)
    assert not needs_test(math, sets)


FAULTS = {
    "unknown": ({"gsm9k": {"role": "ood"}}, r"gsm9k: it is not in the catalogue \(did you mean `gsm8k`\?\); a set of"),
    "unknown-entry": ({"x": {"of": "mats", "role": "ood"}}, r"x: of: no entry `mats` in the catalogue \(did you"),
    "no-train": ({"svamp": {"role": "test"}}, "at least one set needs `role: train`"),
    "no-hub": ({"mawps": {"role": "ood"}}, "mawps: path: no hub data set is known; name a file in data/raw"),
    "path-outside": ({"svamp": {"role": "ood", "path": "/tmp/x.jsonl"}}, "svamp: path: .* must be a file in data/raw"),
    "path-climbs": ({"svamp": {"role": "ood", "path": "data/raw/../x.jsonl"}}, "svamp: path: .* must be a file in"),
    "cut-of-test": ({"svamp": {"role": "test", "dev": 3}}, "svamp: dev: only a set with `role: train` is cut"),
    "ood-groups": ({"svamp": {**TRAIN, "ood": 5}}, "svamp: ood: .* ood_groups must be at least 1, or ood 0"),
    "no-limit": ({"procedural": {"role": "train"}}, "procedural: limit: say how many problems to generate"),
    "equations": ({"svamp": {"role": "ood", "max_equations": 2}}, "svamp: max_equations, .*: only `procedural` has"),
    "levels": ({"gsm8k": {**TRAIN, "levels": [1]}}, r"gsm8k: columns\.level: it is needed for"),
    "own-answer": ({"x": {**TRAIN, "columns": {"question": "q"}}}, r"x: columns\.answer: it is needed for"),
    "name": ({"a/b": {**TRAIN, "of": "gsm8k"}}, "a/b: use letters, digits, _ and -"),
}


@pytest.mark.parametrize(("sets", "message"), FAULTS.values(), ids=FAULTS)
def test_set_that_cannot_be_used_is_refused(sets, message):
    others = {} if "at least" in message else {"other": {**TRAIN, "of": "gsm8k"}}
    with pytest.raises(ParamsError, match=rf"`prepare_problems\.sets`: {message}"):
        specs(**sets, **others)


def test_faults_of_several_sets_come_together():
    with pytest.raises(ParamsError, match=r"gsm9k: it is not .*; svamp: dev: only"):
        specs(gsm9k={"role": "ood"}, svamp={"role": "test", "dev": 3})


def test_role_and_field_that_do_not_exist_are_refused():
    with pytest.raises(ParamsError, match=r"`prepare_problems\.sets\.svamp\.role` must be 'train', 'dev', 'test'"):
        specs(svamp={"role": "held out"})
    with pytest.raises(
        ParamsError, match=r"unknown key `prepare_problems\.sets\.svamp\.limits` \(did you mean `limit`"
    ):
        specs(svamp={"role": "ood", "limits": 3})


def test_docs_list_every_entry_of_the_catalogue():
    text = (ROOT / "docs" / "problems.md").read_text()
    assert [name for name in yaml.safe_load(CATALOGUE.read_text()) if f"`{name}`" not in text] == []
