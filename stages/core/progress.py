"""A progress bar on stderr for anything over a few seconds; quiet when stderr is not a terminal."""

import sys
from typing import Any


def bar(total: int, unit: str, title: str, initial: int = 0) -> Any:
    """Return a tqdm bar; `initial` counts what an earlier, killed run had finished already."""
    from tqdm import tqdm  # imported late: most of the stages show none

    return tqdm(total=total, unit=unit, desc=title, initial=initial, disable=not sys.stderr.isatty())
