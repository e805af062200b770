"""How a stage is started: its paths, its lock, its one line of counts, and what a failure looks like.

    if __name__ == "__main__":
        stage.run(main, __doc__, inputs=["problems", "model"], outputs=["out"])

dvc.yaml passes every path (`--problems data/problems/train.jsonl`); Python does not repeat them.
"""

import argparse
import fcntl
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from stages.core import storage, times
from stages.core.exceptions import BusyError, RecordsError, SeiError
from stages.core.runtime import ESTIMATE_ONLY


def run(
    main: Callable[[argparse.Namespace], Mapping[str, object]],
    description: str | None,
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    names: Sequence[str] = (),
) -> None:
    """Parse the command line, run `main` under the stage's lock and print the counts that it returns.

    An expected error (`SeiError`, or a disk that is full or refuses a file) becomes one line on stderr and exit
    status 1; any other keeps its traceback.

    Args:
        main: takes the parsed arguments, a `Path` for each input and output and text for each name.
        description: the stage's docstring, for `--help`.
        inputs: options that name a file or directory which must exist.
        outputs: options that name what the stage writes.
        names: options that carry a name, such as the iteration.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in [*inputs, *outputs]:
        parser.add_argument(f"--{option.replace('_', '-')}", type=Path, required=True)
    for option in names:
        parser.add_argument(f"--{option.replace('_', '-')}", required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    _quiet_libraries()
    title = os.environ.get("DVC_STAGE") or parser.prog
    started = time.monotonic()
    try:
        _need(arguments, inputs)
        with lock(title):
            counts = main(arguments)
        seconds = time.monotonic() - started
        if "DVC_STAGE" in os.environ and ESTIMATE_ONLY not in os.environ:
            times.record(title, seconds, [getattr(arguments, name) for name in outputs])
    except SeiError as error:
        sys.exit(f"error: {title}: {error}")
    except Exception as error:
        refused = storage.fault(error)
        if refused is None:
            raise
        sys.exit(f"error: {title}: {refused}")
    sys.stdout.write(summary_line(title, counts, seconds) + "\n")


def summary_line(title: str, counts: Mapping[str, object], seconds: float) -> str:
    """Return `predict@iter1: read 64, written 64 (12.3 s)`."""
    told = ", ".join(f"{name} {value}" for name, value in counts.items())
    return f"{title}: {told} ({seconds:.1f} s)"


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
    """Keep libraries from filling a log with bars, where it is no terminal, and with their own deprecations."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        # For the bars that libraries draw themselves; our own (`progress.bar`) look at the terminal too.
        os.environ.setdefault("TQDM_DISABLE", "1")
    for name in ("httpx", "httpx2", "openai", "sentence_transformers"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\.")


def _need(arguments: argparse.Namespace, inputs: Sequence[str]) -> None:
    for option in inputs:
        path: Path = getattr(arguments, option)
        if not path.exists():
            raise RecordsError(f"--{option.replace('_', '-')} {path}: no such file or directory")
