"""Set experiments side by side on one page: which is best, by how much, and whether by more than chance.

    python -m tools.experiments workspace more-rows untargeted-1 [--out FILE]

A name is an experiment of `dvc exp`, a branch, tag or commit, or `workspace`. The others are compared with the first,
problem by problem where DVC's cache has the outputs of both; nothing is run, and nothing is fetched.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from stages.core.exceptions import SourceError
from stages.core.files import replacing
from stages.core.stage import told_in_a_line
from tools import experiments_data, experiments_page

_PAGE = Path("reports/experiments.html")


def write(names: Sequence[str], out: Path) -> None:
    """Write the page of the experiments that are named.

    Raises:
        SeiError: there are fewer than two, or one is not there or not finished.
    """
    names = list(dict.fromkeys(names))
    if len(names) < 2:
        raise SourceError("give two experiments or more, such as `workspace NAME`; `dvc exp list -A` names them")
    page = experiments_page.render([experiments_data.read(name) for name in names])
    with replacing(out) as file:
        file.write(page)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; an expected error is one line and exit status 1."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.experiments", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--out", type=Path, default=_PAGE, metavar="FILE", help=f"the page; {_PAGE} by default")
    given = parser.parse_args(arguments)
    with told_in_a_line("experiments"):
        write(given.names, given.out)
    sys.stdout.write(f"wrote {given.out}\n")


if __name__ == "__main__":
    main()
