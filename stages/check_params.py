"""Check all of params.yaml before anything is computed, and name every fault at once.

The output never changes, so that a changed param runs this stage and those that read the param, and no others.
"""

from dataclasses import dataclass
from typing import get_args

from stages.answers.final_answer import DEFAULT
from stages.core import files, params, stage
from stages.core.exceptions import ParamsError
from stages.core.params import Iterations, Seed
from stages.core.runtime import Runtime
from stages.errors.clustering import ClusteringParams
from stages.grading.cases import ExtractBadCases
from stages.instructor.choice import InstructorSection, Job
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype
from stages.model.generation import GenerationParams, Sampling
from stages.model.sources import ModelSource
from stages.problems.settings import PrepareProblems
from stages.selection.scores.interface import TrialKind
from stages.selection.scoring import SCORES
from stages.selection.settings import SelectionParams
from stages.synthesis import solving
from stages.synthesis.settings import StrategyParams
from stages.synthesis.solving import SolveCandidates
from stages.training import method
from stages.training.assembly import AssembleTrainingSet
from stages.training.settings import TrainSettings


@params.section
class Sections:
    """All sections of params.yaml."""

    iterations: Iterations
    seed: Seed
    dtype: Dtype
    prepare_problems: PrepareProblems
    fetch_target: ModelSource
    chat: ChatParams
    generation: GenerationParams
    predict: Sampling
    evaluate: Sampling
    extract_bad_cases: ExtractBadCases
    instructor: InstructorSection
    cluster_keyphrases: ClusteringParams
    synthesize_data: StrategyParams
    solve_candidates: SolveCandidates
    select_data: SelectionParams
    assemble_training_set: AssembleTrainingSet
    train: TrainSettings
    runtime: Runtime


@dataclass(frozen=True)
class Paths:
    """The file to check, and the output that later stages depend on."""

    params: stage.Input
    out: stage.Output


def faults_of_sets(sections: Sections) -> list[str]:
    """Return what is given for problem sets that there are not."""
    sets, chat = sections.prepare_problems.sets, sections.chat
    by_key: dict[str, object] = {"chat.question": chat.question, "chat.final_answer": chat.final_answer}
    by_key |= {f"instructor.providers.{job}": sections.instructor.by_set(job) for job in get_args(Job)}
    return [
        f"{key}: there is no problem set `{name}`{params.closest(name, list(sets))}"
        for key, of_sets in by_key.items()
        for name in (of_sets if isinstance(of_sets, dict) else ())
        if name not in (*sets, DEFAULT)
    ]


def faults(sections: Sections) -> list[str]:
    """Return a line for each fault that no section can find alone."""
    own, score = sections.solve_candidates, sections.select_data.score
    train_sets = [name for name, one in sections.prepare_problems.sets.items() if one.role == "train"]
    provider = sections.instructor.by_set("solutions")[DEFAULT]
    used_by = (sections.synthesize_data.strategy, provider, score, sections.train.method)
    needing = ["solve_candidates.order: likelihood"] if own.order == "likelihood" else []
    needing += [f"select_data.score: {score}"] if SCORES[score].needs is TrialKind.LIKELIHOOD else []
    return [
        *faults_of_sets(sections),
        *sections.chat.contradictions(train_sets),
        *solving.faults(own, *used_by),
        *sections.runtime.without_likelihoods(needing),
        *method.faults(sections.train, sections.runtime),
    ]


def check(sections: Sections) -> None:
    """Check what no section can check alone.

    Raises:
        ParamsError: a line for each fault.
    """
    if found := faults(sections):
        raise ParamsError(*(f"{params.PARAMS}: {fault}" for fault in found))


def main(paths: Paths) -> dict[str, object]:
    """Check all sections, and write a line that never changes.

    Raises:
        ParamsError: a line for each fault.
    """
    values = params.read_yaml(paths.params)
    check(params.parse(Sections, values))
    with files.replacing(paths.out) as file:
        file.write("params.yaml is sound\n")
    return {"sections": len(values), "iterations": len(values["iterations"])}


if __name__ == "__main__":
    stage.run(main, __doc__)
