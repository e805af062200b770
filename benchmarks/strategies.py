"""What each strategy makes of the same bad cases: how many candidates, and what is rejected for which reason.

    python -m benchmarks.strategies [--project .] [--candidates 260]

Works on the outputs of a project in which `dvc repro` has run, with the symbolic instructor, and writes nothing.
"""

import argparse
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from stages.core import params
from stages.instructor.interface import SymbolicParams
from stages.instructor.symbolic.instructor import SymbolicInstructor
from stages.synthesis import strategies
from stages.synthesis.outcome import Synthesized
from stages.synthesize_data import read_material

RUNS = [
    ("sei", "share"),
    ("sei", "failure_rate"),
    ("untargeted", "share"),
    ("per_case", "share"),
    ("train_set", "share"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, default=Path(), help="folder with params.yaml and data")
    parser.add_argument("--candidates", type=int, help="wanted of each strategy; the project's own number if left out")
    arguments = parser.parse_args()
    values = params.read_yaml(arguments.project / "params.yaml")
    declared = params.parse(strategies.StrategyParams, values["synthesize_data"], "synthesize_data")
    instructor = SymbolicInstructor(
        params.parse(SymbolicParams, values["instructor"]["symbolic"], "instructor.symbolic")
    )
    amount = replace(declared.amount, candidates=arguments.candidates or declared.amount.candidates)
    for name, iteration in values["iterations"].items():
        material = read_material(_paths(arguments.project / "data", name, iteration["parent"]))
        for strategy, by in RUNS:
            allocation = replace(declared.allocation, by=by)
            wanted = replace(declared, strategy=strategy, amount=amount, allocation=allocation)
            started = time.perf_counter()
            made = strategies.run(wanted, material, instructor, solves=False, seed=values["seed"], threads=1)
            seconds = time.perf_counter() - started
            print(f"{name} {strategy} by {by}: {_told(made, amount.candidates)}, {seconds:.1f} s")


def _told(made: Synthesized, wanted: int) -> str:
    reasons = dict(Counter(one.reason for one in made.rejected).most_common())
    sizes = sorted(Counter(one.error_type_id for one in made.accepted).values())
    accepted = len(made.accepted)
    return f"{accepted} accepted, {wanted - accepted} short, by type {sizes}, rejected {reasons}"


def _paths(data: Path, iteration: str, parent: str) -> argparse.Namespace:
    """Return the inputs that dvc.yaml gives to `synthesize_data`."""
    own, problems = data / iteration, data / "problems"
    return argparse.Namespace(
        types=own / "error_types.jsonl",
        assignments=own / "assignments.jsonl",
        bad=own / "bad_cases.jsonl",
        good=own / "good_cases.jsonl",
        unusable=own / "unusable_golds.jsonl",
        train=problems / "train.jsonl",
        test=problems / "test.jsonl",
        ood=problems / "ood",
        history=data / parent / "training_set.jsonl",
    )


if __name__ == "__main__":
    main()
