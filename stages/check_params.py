"""Check the whole of params.yaml before anything is computed, and name every fault in it at once.

The output never changes, so that a changed param runs this stage and those that read the param, and no others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stages.core import files, params, stage
from stages.core.exceptions import ParamsError
from stages.core.params import Iterations
from stages.core.runtime import Runtime
from stages.errors.clustering import ClusteringParams
from stages.grading.cases import ExtractBadCases
from stages.instructor.choice import InstructorSection
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype
from stages.model.generation import GenerationParams
from stages.model.sources import FetchTarget
from stages.problems.sources import PrepareProblems
from stages.selection.settings import SelectionParams
from stages.synthesis.settings import StrategyParams
from stages.training.assembly import AssembleTrainingSet
from stages.training.settings import TrainSettings

SECTIONS: Mapping[str, Any] = {
    "iterations": Iterations,
    "seed": int,
    "dtype": Dtype,
    "prepare_problems": PrepareProblems,
    "fetch_target": FetchTarget,
    "chat": ChatParams,
    "generation": GenerationParams,
    "extract_bad_cases": ExtractBadCases,
    "instructor": InstructorSection,
    "cluster_keyphrases": ClusteringParams,
    "synthesize_data": StrategyParams,
    "select_data": SelectionParams,
    "assemble_training_set": AssembleTrainingSet,
    "train": TrainSettings,
    params.RUNTIME: Runtime,
}


@dataclass(frozen=True)
class Paths:
    """The file to check, and the output that later stages depend on."""

    params: stage.Input
    out: stage.Output


def find_faults(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each fault of the values of params.yaml."""
    for name in values:
        if name not in SECTIONS:
            yield f"{params.PARAMS}: unknown section `{name}`{params.closest(str(name), list(SECTIONS))}"
    for name, kind in SECTIONS.items():
        if name not in values:
            yield f"{params.PARAMS}: missing section `{name}`"
            continue
        try:
            params.parse(kind, values[name], name)
        except ParamsError as error:
            yield from error.faults


def main(paths: Paths) -> dict[str, object]:
    """Check, and write a line that never changes.

    Raises:
        ParamsError: a line for each fault.
    """
    values = params.read_yaml(paths.params)
    faults = list(find_faults(values))
    if faults:
        raise ParamsError(*faults)
    with files.replacing(paths.out) as file:
        file.write("params.yaml is sound\n")
    return {"sections": len(values), "iterations": len(values["iterations"])}


if __name__ == "__main__":
    stage.run(main, __doc__)
