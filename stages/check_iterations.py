"""Check `iterations` before anything is spent on one: each parent exists and leads back to the base model.

The output never changes, so that adding an iteration runs this stage and that iteration, and none of the others.
"""

import argparse
from pathlib import Path

from stages.core import files, params, stage


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Check, and write a line that later stages depend on."""
    iterations = params.read_yaml(Path("params.yaml")).get("iterations")
    params.check_iterations(iterations)
    with files.replacing(arguments.out) as file:
        file.write("every parent exists and leads back to the base model\n")
    return {"iterations": len(iterations or {})}


if __name__ == "__main__":
    stage.run(main, __doc__, outputs=["out"])
