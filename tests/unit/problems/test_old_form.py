"""Params of the former form are refused with the lines to write."""

import pytest
import yaml

from stages.core.exceptions import ParamsError
from stages.core.params import parse
from stages.problems.settings import PrepareProblems

COLUMNS = {"question": "q", "solution": "s", "answer": None, "group": None}
SPLIT = {"train": 198, "test": 132, "ood": 48, "ood_groups": 4}
OLD = {
    "source": "procedural", "split": SPLIT, "columns": COLUMNS, "extra": {},
    "local": {"path": "/elsewhere/train.jsonl"},
    "procedural": {"dataset": "gsm_symbolic", "max_equations": 2, "largest_number": 100},
    "hub": {"id": "openai/gsm8k", "config": "main", "split": "train", "revision": "a" * 40},
}  # fmt: skip
SIZES = {"role": "train", "limit": 378, "test": 132, "ood": 48, "ood_groups": 4}
PLAIN = {"question": "q", "solution": "s"}
NEW = {
    "procedural": {"procedural": SIZES | {"max_equations": 2, "largest_number": 100}},
    "local": {"train": SIZES | {"path": "data/raw/train.jsonl", "columns": PLAIN}},
    "hub": {"gsm8k": SIZES | OLD["hub"] | {"columns": PLAIN}},
}


@pytest.mark.parametrize("source", NEW)
def test_old_form_is_refused_with_what_to_write(source):
    with pytest.raises(
        ParamsError, match=r"^params\.yaml: `prepare_problems`: this form is no longer read; write {"
    ) as one:
        parse(PrepareProblems, OLD | {"source": source}, "prepare_problems")
    (line,) = str(one.value).splitlines()
    assert yaml.safe_load(line.partition("write ")[2]) == {"sets": NEW[source]}


def test_extra_sets_become_ood_sets():
    extra = {"svamp": {"file": "svamp.jsonl", "limit": 200, "columns": COLUMNS}}
    with pytest.raises(ParamsError) as caught:
        parse(PrepareProblems, OLD | {"extra": extra}, "prepare_problems")
    sets = yaml.safe_load(str(caught.value).partition("write ")[2])["sets"]
    assert sets["svamp"] == {"role": "ood", "path": "data/raw/svamp.jsonl", "limit": 200, "columns": PLAIN}
