"""Problems that an arm's model alone solves, and that base alone solves, drawn by seed, with both outputs, to be read.

    python -m benchmarks.proof_examples ../proof [--arm sei-0] [--count 10] [--set test/gsm8k_test]

`../proof` is the clone in which `benchmarks.proof` ran. Nothing is written: the texts are those of the data sets.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import inputs
from benchmarks.solutions import BASE, TRAINED
from stages.core import files
from stages.core.problem_sets import read_held_out
from stages.core.records import TestPrediction
from stages.core.verdict import Verdict


def main() -> None:
    """Print the problems."""
    parser = inputs.parser(__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--arm", default="sei-0")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--set", help="one set; all by default")
    arguments = parser.parse_args()
    kept = arguments.project / ".sei/arms" / arguments.arm
    before, after = (files.read_records(kept / part, TestPrediction) for part in (BASE, TRAINED))
    if arguments.set:
        before, after = ([one for one in rows if one.problem_set == arguments.set] for rows in (before, after))
    problems = {one.id: one for members in read_held_out(kept / "held_out").values() for one in members}
    pairs = [(old, new) for old, new in paired(before, after) if is_right(old) is not is_right(new)]
    for title, fixed in (("fixed", True), ("broken", False)):
        of_kind = [pair for pair in pairs if is_right(pair[1]) is fixed]
        drawn = random.Random(0).sample(of_kind, min(arguments.count, len(of_kind)))
        print(f"# {title}: {len(drawn)} of {len(of_kind)}\n")
        for old, new in drawn:
            problem = problems[old.problem_id]
            print(f"## {old.problem_set} {problem.id}\n\n{problem.question}\n\nGold: {problem.solution}\n")
            for name, one in (("base", old), (arguments.arm, new)):
                print(f"{name} ({one.verdict}, first mistake {one.mistake}): {one.output}\n")


def paired(
    before: Sequence[TestPrediction], after: Sequence[TestPrediction]
) -> Iterator[tuple[TestPrediction, TestPrediction]]:
    """Yield what two models wrote of each problem; with several tries, of each try."""
    others = {(one.problem_set, one.problem_id, one.sample): one for one in after}
    return ((one, others[one.problem_set, one.problem_id, one.sample]) for one in before)


def is_right(one: TestPrediction) -> bool:
    """Tell whether an output has the right answer."""
    return one.verdict is Verdict.CORRECT


if __name__ == "__main__":
    main()
