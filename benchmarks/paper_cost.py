"""What `tools.estimate` says of the settings of `recipes/paper.yaml`, on the bad cases of a project that has some.

    python -m benchmarks.paper_cost ../pilot

`../pilot` is a clone of the repository in which one iteration ran up to `cluster_keyphrases`. Nothing is asked. Of
`synthesize_data` it is the first round; the independent solutions that verify its drafts come after it.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import arms, inputs, results
from stages.core.files import read_lines
from tools import recipe

STAGES = ("generate_keyphrases@iter1", "cluster_keyphrases@iter1", "synthesize_data@iter1")
_LINE = re.compile(r"about (\d+) requests, \d+ cached, (\d+) tokens, at most \$([\d.]+)")


def main() -> None:
    """Estimate each stage with the recipe laid over the project's params."""
    parser = inputs.parser(__doc__)
    parser.add_argument("project", type=Path)
    project = parser.parse_args().project
    bad = sum(1 for _ in read_lines(project / "data/iter1/bad_cases.jsonl"))
    with arms.laid_over(project, {}):
        recipe.apply(["paper"], project / "params.yaml")
        rows = [{"stage": stage.partition("@")[0], "bad_cases": bad, **estimate(project, stage)} for stage in STAGES]
    results.write("paper_cost", rows)


def estimate(project: Path, stage: str) -> dict[str, Any]:
    """Return the requests, tokens and dollars that a stage would ask for."""
    command = [sys.executable, "-m", "tools.estimate", stage]
    environment = arms.environment(project) | {"OPENAI_API_KEY": "none"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=True)
    requests, tokens, dollars = (float(number) for number in _LINE.findall(done.stderr)[-1])
    return {"requests": int(requests), "tokens": int(tokens), "dollars_at_most": round(dollars, 2)}


if __name__ == "__main__":
    main()
