"""The `prepare_problems` section, and the problems of the source that it chooses."""

import math
import random
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from stages.core.params import section
from stages.core.records import Problem
from stages.problems import hub, local, procedural
from stages.problems.extra import ExtraSets
from stages.problems.hub import HubParams
from stages.problems.local import LocalParams
from stages.problems.procedural import ProceduralParams
from stages.problems.reading import Columns
from stages.problems.splits import SplitParams


@section
class PrepareProblems:
    """The `prepare_problems` section; only the chosen source's own section is needed.

    Attributes:
        source: where train, test and out-of-distribution problems come from.
        columns: of the sources `local` and `hub`.
        split: sizes of the sets.
        extra: more test sets, by name.
        procedural: settings of that source.
        local: settings of that source.
        hub: settings of that source.
    """

    source: Literal["procedural", "local", "hub"]
    columns: Columns
    split: SplitParams
    extra: ExtraSets
    procedural: ProceduralParams | None = field(default=None, kw_only=True)
    local: LocalParams | None = field(default=None, kw_only=True)
    hub: HubParams | None = field(default=None, kw_only=True)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if getattr(self, self.source) is None:
            raise ValueError(f"the chosen source needs its section {self.source}")
        return self


def load_pool(params: PrepareProblems, rng: random.Random) -> list[Problem]:
    """Return all problems of the chosen source; a generator makes a few more than the splits take.

    Raises:
        ParamsError: a generator cannot make so many problems.
        SourceError: a data set cannot be had.
        RecordsError: a file or a row that holds no problem.
    """
    chosen: Any = getattr(params, params.source)
    if params.source == "procedural":
        # Twice as many as asked for: the splits need them from some of the groups only.
        count = 2 * (params.split.train + params.split.test + params.split.ood)
        each_ood = math.ceil(params.split.ood / max(1, params.split.ood_groups))
        return procedural.generate(chosen, count, rng, each_ood)
    if params.source == "local":
        return local.read(Path(chosen.path), params.columns)
    return hub.load(chosen, params.columns)
