"""Let the instructor name the reason of each bad case's first mistake in a keyphrase."""

import argparse
from collections import Counter
from dataclasses import dataclass

from stages.core import files, params, stage
from stages.core.records import Case
from stages.instructor import choice
from stages.instructor.interface import InstructorParams
from stages.llm import spending


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    instructor: InstructorParams


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write one keyphrase for each bad case, in the same order."""
    instructor = choice.make(params.declared(Params).instructor)
    cases = files.read_records(arguments.bad, Case)
    keyphrases = instructor.keyphrases(cases)
    files.write_records(arguments.out, keyphrases)
    failed = Counter(_kind(k.failure) for k in keyphrases if k.failure)
    counts = {"keyphrases": len(keyphrases) - failed.total(), "failed": dict(sorted(failed.items()))}
    files.write_json(arguments.counts, counts | spending.account(instructor.usage()))
    return {
        "bad cases": len(cases),
        "keyphrases": len(keyphrases) - failed.total(),
        "distinct": len({k.keyphrase for k in keyphrases if not k.failure}),
        **dict(sorted(failed.items())),
    }


def _kind(failure: str) -> str:
    """Return a failure without its details, which may differ each time: `request failed`."""
    return failure.partition(": ")[0]


if __name__ == "__main__":
    stage.run(main, __doc__, inputs=["bad"], outputs=["out", "counts"])
