"""Keep the candidates that help the parent model most when shown as the one worked example."""

import random
from dataclasses import dataclass, replace
from typing import TypeVar

from stages.answers.final_answer import Annotations, of_set, restyled
from stages.core import files, runtime, stage
from stages.core.params import Seed, section
from stages.core.records import Assignment, Candidate, Case, Solution
from stages.core.solutions import TARGET, kept_by_candidate, pass_rates
from stages.model import chat, inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import GenerationParams
from stages.selection import counting, exercises, ranking, scoring, trial_cases, trials
from stages.selection.scores.interface import ScoreInputs, untried
from stages.selection.settings import SelectionParams

Shown = TypeVar("Shown", Candidate, Case)


@dataclass(frozen=True)
class Paths:
    """Files and folders of this stage."""

    synthetic: stage.Input
    solutions: stage.Input
    bad: stage.Input
    good: stage.Input
    assignments: stage.Input
    model: stage.Input
    base: stage.Input
    scores: stage.Output
    selected: stage.Output
    counts: stage.Output


@section
class Params:
    """What this stage declares in dvc.yaml."""

    seed: Seed
    chat: ChatParams
    dtype: Dtype
    generation: GenerationParams
    select_data: SelectionParams
    assemble_training_set: Annotations


def in_style(one: Shown, params: Params) -> Shown:
    """Return a candidate or case whose solution is as the target is to write it."""
    ending = of_set(params.chat.final_answer, one.set)
    return replace(one, solution=restyled(one.solution, one.answer, ending, params.assemble_training_set))


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write every candidate's score, the kept candidates, and counts."""
    tries = files.read_records(paths.solutions, Solution)
    solutions = kept_by_candidate(tries)
    candidates = [one for one in files.read_records(paths.synthetic, Candidate) if one.id in solutions]
    short = [one for one in candidates if one.skill is not None]
    tried = [one for one in candidates if one.skill is None]
    styled = [in_style(replace(one, solution=solutions[one.id][0].text), params) for one in tried]
    rng = random.Random(params.seed)
    cases = trial_cases.draw(
        [in_style(case, params) for case in files.read_records(paths.bad, Case)],
        [in_style(case, params) for case in files.read_records(paths.good, Case)],
        {one.bad_case_id: one.error_type_id for one in files.read_records(paths.assignments, Assignment)},
        params.select_data.bad_cases,
        params.select_data.good_cases,
        rng,
    )
    rows = {name: len(own) for name, own in solutions.items()}
    keep = params.select_data.keep
    of_problems, of_exercises = exercises.divide(keep, *(sum(rows[one.id] for one in part) for part in (tried, short)))
    params = replace(params, select_data=replace(params.select_data, keep=of_problems))
    inputs = untried(styled, cases, rows, pass_rates(tries, TARGET), rng)
    engine = None
    if tried and cases.cases() and scoring.SCORES[params.select_data.score].needs:
        machine = runtime.load()
        engine = machine.engine
        inputs = run_trials(Target.of(paths.model, paths.base), inputs, params, machine)
    scores = ranking.rank(inputs, params.select_data)
    counts = counting.count(scores, inputs, params.select_data, engine)
    drawn = exercises.draw(short, rows, of_exercises)
    counts = exercises.added(counts, drawn, short, rows, keep)
    scores += drawn
    kept = {score.candidate_id for score in scores if score.kept}
    files.write_records(paths.scores, scores)
    files.write_records(paths.selected, (candidate for candidate in candidates if candidate.id in kept))
    files.write_json(paths.counts, counts)
    return {
        "candidates": counts.candidates,
        "kept": counts.kept,
        "rows": counts.rows,
        **({"shortfall": counts.shortfall} if counts.shortfall else {}),
        "helped": counts.helped,
        "tied at cut": counts.tied_at_cut,
    }


def run_trials(target: Target, inputs: ScoreInputs, params: Params, machine: runtime.Runtime) -> ScoreInputs:
    """Load the target and try all candidates on the trial cases."""
    form = chat.load(params.chat, target.base)
    with inference.open_workers(target, params.dtype, params.generation, machine) as workers:
        trial_settings = trials.TrialSettings(
            params.select_data,
            form,
            inference.fingerprint(target, params.dtype, params.generation, machine),
            params.generation.max_new_tokens,
            machine.batch_tokens,
        )
        return trials.run_trials(workers, inputs, trial_settings)


if __name__ == "__main__":
    stage.run(main, __doc__)
