"""Error types that the instructor forms and names itself."""

from dataclasses import dataclass
from typing import Any

from stages.errors.weighted_keyphrases import NOISE, Points
from stages.instructor.interface import Grouping, Instructor


@dataclass(frozen=True)
class GroupingParams:
    """This method has no settings; its empty section is there to be declared like those of the others."""


def partition(points: Points, instructor: Instructor) -> tuple[Any, Grouping]:
    """Return the label of each point, which is the place of its type in the grouping, or `NOISE`, and the grouping.

    Raises:
        ParamsError: the instructor cannot form types.
    """
    import numpy as np  # heavy

    grouping = instructor.group_keyphrases(points.keyphrases)
    label_of = {text: label for label, members in enumerate(grouping.members) for text in members}
    return np.array([label_of.get(text, NOISE) for text in points.keyphrases], dtype=int), grouping
