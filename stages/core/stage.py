"""The stage runner: paths from the command line, a lock, one line of counts, and one line for each failure.

    @dataclass(frozen=True)
    class Paths:
        problems: stage.Input
        out: stage.Output

    def main(paths: Paths, params: Params) -> dict[str, object]: ...

    if __name__ == "__main__":
        stage.run(main, __doc__)

dvc.yaml passes every path (`--problems data/problems/train.jsonl`); Python does not repeat them.
"""

import argparse
import fcntl
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, get_type_hints

from stages.core import storage, times
from stages.core.exceptions import BusyError, RecordsError, SeiError
from stages.core.params import declared
from stages.core.runtime import ESTIMATE_ONLY

Input = Annotated[Path, "input"]
"""A file or folder that must exist."""
Output = Annotated[Path, "output"]
"""A file or folder that the stage writes."""


def run(main: Callable[..., Mapping[str, object]], description: str | None) -> None:
    """Parse the command line, run `main` under the stage's lock and print the counts that it returns.

    Its errors are those of `told_in_a_line`.

    Args:
        main: `main(paths: Paths, params: Params)`, or without params; `Paths` is a dataclass whose fields are `Input`,
            `Output` or `str`, each of which is an option, and `Params` holds the sections that the stage declares.
        description: the stage's docstring, for `--help`.
    """
    kinds = get_type_hints(main)
    options = get_type_hints(kinds["paths"], include_extras=True)
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in options.items():
        parser.add_argument(_option(name), type=str if kind is str else Path, required=True)
    paths = kinds["paths"](**vars(parser.parse_args()))
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    _quiet_libraries()
    title = os.environ.get("DVC_STAGE") or parser.prog
    started = time.monotonic()
    with told_in_a_line(title):
        _check_inputs({name: getattr(paths, name) for name, kind in options.items() if kind == Input})
        with lock(title):
            counts = main(paths, declared(kinds["params"])) if "params" in kinds else main(paths)
        seconds = time.monotonic() - started
        if "DVC_STAGE" in os.environ and ESTIMATE_ONLY not in os.environ:
            times.record(title, seconds, [getattr(paths, name) for name, kind in options.items() if kind == Output])
    sys.stdout.write(summary_line(title, counts, seconds) + "\n")


@contextmanager
def told_in_a_line(title: str) -> Iterator[None]:
    """End the process at an expected error, with exit status 1 and a line on stderr for each fault.

    Expected are `SeiError`, and a disk that is full or refuses a file. Any other error keeps its traceback.
    """
    try:
        yield
    except SeiError as error:
        sys.exit("\n".join(f"error: {title}: {fault}" for fault in str(error).splitlines()))
    except Exception as error:
        refused = storage.fault(error)
        if refused is None:
            raise
        sys.exit(f"error: {title}: {refused}")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def summary_line(title: str, counts: Mapping[str, object], seconds: float) -> str:
    """Return `predict@iter1: read 64, written 64 (12.3 s)`."""
    listed = ", ".join(f"{name} {value}" for name, value in counts.items())
    return f"{title}: {listed} ({seconds:.1f} s)"


@contextmanager
def lock(title: str, directory: Path = Path(".dvc/tmp")) -> Iterator[None]:
    """Hold the stage's lock in this workspace; the kernel frees it when the process dies, however it dies.

    A killed `dvc repro` leaves the stage that it started running, and the next one would start a second copy.

    Raises:
        BusyError: another process holds it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"sei-{title.replace('/', '_')}.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise BusyError(f"another copy is running (process {owner}); wait for it or stop it") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _quiet_libraries() -> None:
    """Turn off progress bars of libraries where stderr is no terminal, and warnings about their own code."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        # For the bars that libraries draw themselves; our own (`progress.bar`) look at the terminal too.
        os.environ.setdefault("TQDM_DISABLE", "1")
    for name in ("httpx", "httpx2", "openai", "sentence_transformers"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\.")


def _check_inputs(inputs: Mapping[str, Path]) -> None:
    for name, path in inputs.items():
        if not path.exists():
            raise RecordsError(f"{_option(name)} {path}: no such file or directory")
