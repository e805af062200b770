"""Candidates of which most tries of an author give another answer than the certified one, to be read by eye.

    python -m benchmarks.disagreements ../pilot/data/iter1 [--show]

A majority is more than half of an author's tries, cut ones included, and at least two. The results count those that
give the certified answer, and those that give another; `--show` prints each of these, with the problem, its worked
solution and the shortest of the majority's tries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import inputs, results
from stages.core import files
from stages.core.grouping import grouped
from stages.core.records import Candidate, Solution
from stages.core.solutions import WORKED
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.grading.votes import agreeing


@dataclass(frozen=True)
class Vote:
    """A try with the answer that it gives."""

    solution: Solution
    verdict: Verdict
    extracted: str | None


def main() -> None:
    """Count the majorities for and against certified answers."""
    parser = inputs.parser(__doc__)
    parser.add_argument("iteration", type=Path, help="folder of an iteration's data")
    parser.add_argument("--show", action="store_true", help="print what is to be read")
    arguments = parser.parse_args()
    candidates = {one.id: one for one in files.read_records(arguments.iteration / "synthetic.jsonl", Candidate)}
    solutions = files.read_records(arguments.iteration / "solutions.jsonl", Solution)
    rows = []
    for author, tries in grouped((one for one in solutions if one.author != WORKED), lambda one: one.author).items():
        found = [
            majority(candidates[name].answer, own) for name, own in grouped(tries, lambda one: one.candidate_id).items()
        ]
        against = [votes for votes in found if votes and votes[0].verdict is not Verdict.CORRECT]
        rows.append(
            {
                "author": author,
                "candidates": len(found),
                "majorities": sum(bool(votes) for votes in found),
                "certified": sum(bool(votes) for votes in found) - len(against),
                "another": len(against),
            }
        )
        if arguments.show:
            for votes in against:
                show(candidates[votes[0].solution.candidate_id], votes, author)
    results.write("disagreements", rows)


def majority(answer: str, tries: Sequence[Solution]) -> list[Vote]:
    """Return the tries that give the answer of more than half, at least two; none where there is no such answer."""
    graded = [grade(answer, one.text, truncated=one.verdict is Verdict.TRUNCATED) for one in tries]
    votes = [Vote(one, found.verdict, found.extracted) for one, found in zip(tries, graded, strict=True)]
    alike = [votes[index] for index in agreeing(votes)]
    return alike if len(alike) >= 2 and 2 * len(alike) > len(tries) else []


def show(candidate: Candidate, votes: Sequence[Vote], author: str) -> None:
    """Print what is needed to judge between a certified answer and another one."""
    shortest = min((vote.solution.text for vote in votes), key=len)
    heading = f"{author}: {len(votes)} tries say {votes[0].extracted}, certified is {candidate.answer}"
    print(f"\n===== {candidate.id} {heading}\n{candidate.question}\n--- worked\n{candidate.solution}")
    print(f"--- tried\n{shortest}")


if __name__ == "__main__":
    main()
