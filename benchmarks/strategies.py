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
from stages.instructor.symbolic.instructor import SymbolicInstructor
from stages.synthesis import strategy
from stages.synthesis.material import Material, read_material
from stages.synthesis.outcome import Synthesized
from stages.synthesis.settings import StrategyParams

RUNS = [(name, "share") for name in strategy.STRATEGIES] + [("sei", "failure_rate")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, default=Path(), help="folder with params.yaml and data")
    parser.add_argument("--candidates", type=int, help="wanted of each strategy; the project's own number if left out")
    arguments = parser.parse_args()
    values = params.read_yaml(arguments.project / "params.yaml")
    declared = params.parse(StrategyParams, values["synthesize_data"], "synthesize_data")
    instructor = SymbolicInstructor()
    amount = replace(declared.amount, candidates=arguments.candidates or declared.amount.candidates)
    for iteration, line in values["iterations"].items():
        material = _read_material(arguments.project / "data", iteration, line["parent"])
        for name, by in RUNS:
            allocation = replace(declared.allocation, by=by)
            chosen = replace(declared, strategy=name, amount=amount, allocation=allocation)
            started = time.perf_counter()
            made = strategy.run(chosen, material, instructor, seed=values["seed"], threads=1)
            seconds = time.perf_counter() - started
            print(f"{iteration} {name} by {by}: {_summary(made, amount.candidates)}, {seconds:.1f} s")


def _summary(made: Synthesized, wanted: int) -> str:
    reasons = dict(Counter(one.reason for one in made.rejected).most_common())
    sizes = sorted(Counter(one.error_type_id for one in made.accepted).values())
    accepted = len(made.accepted)
    return f"{accepted} accepted, {wanted - accepted} short, by type {sizes}, rejected {reasons}"


def _read_material(data: Path, iteration: str, parent: str) -> Material:
    """Read the inputs that dvc.yaml gives to `synthesize_data`."""
    own, problems = data / iteration, data / "problems"
    return read_material(
        types=own / "error_types.jsonl",
        assignments=own / "assignments.jsonl",
        bad=own / "bad_cases.jsonl",
        good=own / "good_cases.jsonl",
        train=problems / "train.jsonl",
        test=problems / "test.jsonl",
        ood=problems / "ood",
        history=data / parent / "training_set.jsonl",
    )


if __name__ == "__main__":
    main()
