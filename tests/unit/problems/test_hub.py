"""Hub data sets: pinned by commit; a data set that cannot be had is one line."""

import pytest

from stages.core.exceptions import ParamsError, SourceError
from stages.core.params import parse
from stages.problems.hub import HubParams, load
from stages.problems.reading import Columns

COLUMNS = Columns("question", "answer", None, None)
COMMIT = "740312add88f781978c0658806c59bc2815b9866"


@pytest.mark.parametrize("revision", ["main", "v1.0", COMMIT[:7], COMMIT.upper(), COMMIT + "\n", ""])
def test_revision_that_is_no_commit_is_refused(revision):
    values = {"id": "openai/gsm8k", "config": "main", "split": "train", "revision": revision}
    with pytest.raises(ParamsError, match=r"`hub\.revision`: the 40 hex digits of a commit are needed; branches and"):
        parse(HubParams, values, "hub")


def test_data_set_that_is_not_in_the_cache_is_one_line_when_offline(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    with pytest.raises(SourceError, match=r"^data set nobody/nothing at 740312ad: .+") as caught:
        load(HubParams("nobody/nothing", None, "train", COMMIT), COLUMNS)
    assert "\n" not in str(caught.value)


def test_rows_of_a_split_become_problems_and_a_split_that_does_not_exist_is_one_line(tmp_path):
    (tmp_path / "train.jsonl").write_text('{"question": "1 + 1?", "answer": "1 + 1 = 2\\n#### 2"}\n')
    # `load_dataset` takes a folder where it takes an id.
    (problem,) = load(HubParams(str(tmp_path), None, "train", COMMIT), COLUMNS)
    assert (problem.question, problem.answer) == ("1 + 1?", "2")
    with pytest.raises(SourceError, match=r'Unknown split "tset"'):
        load(HubParams(str(tmp_path), None, "tset", COMMIT), COLUMNS)
