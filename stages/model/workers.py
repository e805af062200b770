"""Where a target runs: in one engine of this process, or in one of each worker of a Ray cluster.

Callers form units of work (a batch of prompts or of trials) and write each result to their journal as it arrives:

    for index, generations in workers.each(write, batches): ...

A unit gives the same result on every worker, so that their number changes the runtime alone.
Models reach the workers of a cluster by their path, and so does this project's code: the workspace lies on a file
system that all nodes share.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

from stages.core.exceptions import SourceError
from stages.core.runtime import RayRuntime
from stages.model import checkpoints, ray_cluster, tokens
from stages.model.checkpoints import Target
from stages.model.generation import Engine, Tokens

U = TypeVar("U")
R = TypeVar("R")
OpenEngine = Callable[[Target], AbstractContextManager[Engine]]


class InProcess:
    """One engine in this process, which runs the units one after the other."""

    at_once = False

    def __init__(self, engine: Engine) -> None:
        """Take an engine that is open."""
        self.context = engine.context
        self.has_likelihoods = engine.has_likelihoods
        self.encode = engine.encode
        self._engine = engine

    def each(self, work: Callable[[Engine, U], R], units: Sequence[U]) -> Iterator[tuple[int, R]]:
        """Run the units in order."""
        return ((index, work(self._engine, unit)) for index, unit in enumerate(units))


class OnCluster:
    """One engine in each worker of a Ray cluster; this process holds only the tokenizer."""

    at_once = True
    has_likelihoods = True

    def __init__(self, target: Target, open_engine: OpenEngine, params: RayRuntime, context: int | None) -> None:
        """Connect to the cluster; `context` is what the engines' will be.

        Raises:
            ClusterError: none answers.
        """
        ray_cluster.connect(params)
        self.context = context
        self._tokenizer = checkpoints.load_tokenizer(target.base)
        self._open = partial(_open_on_worker, open_engine, _absolute(target))
        self._params = params

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text, none added."""
        return tokens.encode(self._tokenizer, texts)

    def each(self, work: Callable[[Engine, U], R], units: Sequence[U]) -> Iterator[tuple[int, R]]:
        """Run the units in parallel; results come in any order, and the workers end with the last one."""
        return ray_cluster.run(self._params, self._open, work, units)


def _absolute(target: Target) -> Target:
    return replace(target, base=target.base.resolve(), adapter=target.adapter and target.adapter.resolve())


@contextmanager
def _open_on_worker(open_engine: OpenEngine, target: Target) -> Iterator[Engine]:
    _check_shared(target)
    with open_engine(target) as engine:
        yield engine


def _check_shared(target: Target) -> None:
    """Refuse, by a SourceError, a target whose folders this machine does not see."""
    for folder in filter(None, (target.base, target.adapter)):
        if not (folder / checkpoints.CARD).is_file():
            raise SourceError(
                f"the Ray worker on {socket.gethostname()} finds no model in {folder}; the workspace must lie on a "
                "file system that all nodes share, under the same path (docs/clusters.md)"
            )
