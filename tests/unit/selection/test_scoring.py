"""The table of scores."""

from typing import get_args

from stages.selection.scoring import SCORES, ScoreName


def test_every_score_of_the_section_is_in_the_table():
    assert list(SCORES) == list(get_args(ScoreName))
