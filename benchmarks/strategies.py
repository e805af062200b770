"""What each strategy makes of the same bad cases: how many candidates, and what is rejected for which reason.

    python -m benchmarks.strategies [--project .] [--candidates 260]

Works on the outputs of a project in which `dvc repro` has run, with the symbolic instructor.
"""

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from stages.core import params
from stages.instructor.symbolic.instructor import SymbolicInstructor
from stages.synthesis import strategy
from stages.synthesis.material import Material, read_material
from stages.synthesis.settings import StrategyParams

RUNS: list[Any] = [*((name, "share") for name in strategy.STRATEGIES), ("sei", "failure_rate")]


def main() -> None:
    """Run each strategy on each iteration's bad cases."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--project", type=Path, default=Path(), help="folder with params.yaml and data")
    parser.add_argument("--candidates", type=int, help="wanted of each strategy; the project's own number if left out")
    arguments = parser.parse_args()
    values = params.read_yaml(arguments.project / "params.yaml")
    declared = params.parse(StrategyParams, values["synthesize_data"], "synthesize_data")
    amount = replace(declared.amount, candidates=arguments.candidates or declared.amount.candidates)
    found = []
    for iteration, line in values["iterations"].items():
        material = _read_material(arguments.project / "data", iteration, line["parent"])
        for name, by in RUNS:
            chosen = replace(declared, strategy=name, amount=amount, allocation=replace(declared.allocation, by=by))
            found.append({"iteration": iteration} | _run(chosen, material, values["seed"]))
    results.write("strategies", found)


def _run(chosen: StrategyParams, material: Material, seed: int) -> dict[str, Any]:
    started = time.perf_counter()
    made = strategy.run(chosen, material, SymbolicInstructor(), seed=seed, threads=1)
    return {
        "strategy": chosen.strategy,
        "by": chosen.allocation.by,
        "accepted": len(made.accepted),
        "short": chosen.amount.candidates - len(made.accepted),
        "types": len({one.error_type_id for one in made.accepted}),
        "rejected": inputs.listed(Counter(one.reason for one in made.rejected)),
        "seconds": round(time.perf_counter() - started, 1),
    }


def _read_material(data: Path, iteration: str, parent: str) -> Material:
    """Read the inputs that dvc.yaml gives to `synthesize_data`."""
    own, problems = data / iteration, data / "problems"
    return read_material(
        types=own / "error_types.jsonl",
        assignments=own / "assignments.jsonl",
        bad=own / "bad_cases.jsonl",
        good=own / "good_cases.jsonl",
        train=problems / "train.jsonl",
        held_out=problems / "held_out",
        history=data / parent / "training_set.jsonl",
    )


if __name__ == "__main__":
    main()
