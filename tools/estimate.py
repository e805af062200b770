"""Say what a stage's requests to the instructor may cost, without making any.

    python -m tools.estimate generate_keyphrases@iter1 synthesize_data@iter1

A name without its iteration means that stage of all iterations. Each stage is run outside DVC, with its params and
inputs as they stand and its outputs in a temporary folder, up to the first requests that the request cache cannot
answer. What comes after those depends on their replies: where a stage asks in rounds, the estimate is that of the next
round.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from stages.core.exceptions import ParamsError
from stages.core.runtime import ESTIMATE_ONLY
from stages.core.stage import told_in_a_line


def command(stage: Any, folder: Path) -> list[str]:
    """Return a DVC stage's command with its outputs below `folder`."""
    outs = {out.def_path for out in stage.outs}
    python, *rest = shlex.split(stage.cmd)
    moved = [str(folder / word) if word in outs else word for word in rest]
    return [sys.executable if python == "python" else python, *moved]


def estimate(name: str) -> int:
    """Run the stages that `name` means up to their first request; return the worst exit status.

    Raises:
        ParamsError: there is no such stage.
    """
    from dvc.exceptions import DvcException  # 0.6 s, and `--help` needs neither
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            stages = repo.stage.collect(name)
            root = repo.root_dir
    except DvcException as error:
        raise ParamsError(f"{name}: {error}") from error
    return max(_estimate(stage, root) for stage in stages)


def _estimate(stage: Any, root: str) -> int:
    environment = os.environ | {"DVC_STAGE": stage.addressing, "DVC_ROOT": root, ESTIMATE_ONLY: "1"}
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command(stage, Path(folder)), cwd=root, env=environment, check=False).returncode


def main() -> int:
    """Estimate each stage that is named; return the worst exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="+", metavar="STAGE")
    return max(estimate(name) for name in parser.parse_args().stages)


if __name__ == "__main__":
    with told_in_a_line("estimate"):
        sys.exit(main())
