"""Error types that the instructor forms and names itself."""

from stages.core.params import section
from stages.errors.partition import NOISE, Context, Partition
from stages.errors.weighted_keyphrases import WeightedKeyphrases


@section
class Params:
    """Empty, so that this method is declared like the others."""


def partition(keyphrases: WeightedKeyphrases, _params: Params, context: Context) -> Partition:
    """Return the types of the instructor, with their names; the vectors do not count.

    Raises:
        ParamsError: the instructor cannot form types.
    """
    import numpy as np  # heavy

    grouping = context.instructor.group_keyphrases(keyphrases.texts)
    label_of = {text: label for label, members in enumerate(grouping.members) for text in members}
    return Partition(
        labels=np.array([label_of.get(text, NOISE) for text in keyphrases.texts], dtype=int),
        names=grouping.types,
        counts={
            "dropped": len(grouping.dropped),
            "repeated": len(grouping.repeated),
            "invented": len(grouping.invented),
        },
    )
