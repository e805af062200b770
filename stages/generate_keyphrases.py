"""Ask the instructor for the reason of each bad case's first mistake, as a keyphrase."""

from collections import Counter
from dataclasses import dataclass

from stages.core import files, stage
from stages.core.metrics import KeyphraseCounts
from stages.core.params import section
from stages.core.records import Case
from stages.instructor import choice


@dataclass(frozen=True)
class Paths:
    """The bad cases, their keyphrases, and the counts."""

    bad: stage.Input
    out: stage.Output
    counts: stage.Output


@section
class Params:
    """What this stage declares in dvc.yaml."""

    instructor: choice.InstructorParams


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write one keyphrase for each bad case, in the same order."""
    cases = files.read_records(paths.bad, Case)
    with choice.opened(params.instructor, "keyphrases") as instructor:
        keyphrases = instructor.keyphrases(cases)
        usage = instructor.usage()
    files.write_records(paths.out, keyphrases)
    # The message of a server, after the colon, differs each time; the records have it.
    failures = Counter(keyphrase.failure.partition(": ")[0] for keyphrase in keyphrases if keyphrase.failure)
    failed = dict(sorted(failures.items()))
    counts = KeyphraseCounts(len(keyphrases) - failures.total(), failed, usage)
    files.write_json(paths.counts, counts)
    return {
        "bad cases": len(cases),
        "keyphrases": counts.keyphrases,
        "distinct": len({keyphrase.keyphrase for keyphrase in keyphrases if not keyphrase.failure}),
        **failed,
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
