"""Keep the candidates that help the parent model most when shown as the one worked example."""

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stages.core import files, params, runtime, stage
from stages.core.records import Assignment, Candidate, Case, Score
from stages.model import inference, tokens
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import GenerationParams
from stages.selection import development, ranking, settings, trials


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    chat: ChatParams
    dtype: Dtype
    generation: GenerationParams
    select_data: settings.SelectionParams


def run_trials(
    target: Target, candidates: Sequence[Candidate], cases: development.DevelopmentSet, declared: Params
) -> list[ranking.Attempt]:
    """Load the target and try all candidates on the development cases."""
    chat = ChatFormat(declared.chat)
    tokens.check_prompts(target.base, chat)
    speed = runtime.load()
    with inference.open_workers(target, declared.dtype, declared.generation, speed) as workers:
        settings.check_engine(declared.select_data, workers.has_likelihoods)
        return trials.attempt_all(
            workers,
            candidates,
            cases,
            trials.Trying(
                declared.select_data,
                chat,
                inference.fingerprint(target, declared.dtype, declared.generation, speed),
                declared.generation.max_new_tokens,
                speed.batch_tokens,
            ),
        )


def _helped(score: Score, section: settings.SelectionParams) -> bool:
    """Tell whether a candidate is known to be better than no example, which solves all good cases and no bad one."""
    if section.score != "accuracy":
        return (score.likelihood_gain or 0) > 0
    if score.score is None:
        return False
    halves = bool(score.bad_cases) + bool(score.good_cases)
    return score.score > bool(score.good_cases) / halves


def summarize(
    scores: Sequence[Score],
    attempts: Sequence[ranking.Attempt],
    cases: development.DevelopmentSet,
    section: settings.SelectionParams,
    groups: Mapping[str, str],
) -> dict[str, object]:
    """Return counts of candidates, ties, development cases and trials."""
    outcomes = [outcome for attempt in attempts for outcome in attempt.outcomes.values()]
    failed = [o for o in outcomes if (o.solved if section.score == "accuracy" else o.gain) is None]
    return {
        "candidates": len(scores),
        "kept": sum(s.kept for s in scores),
        "helped": sum(_helped(s, section) for s in scores),
        "missing": sum(s.score is None for s in scores),
        **ranking.ties(scores, groups),
        "development_cases": cases.counts(),
        "trials": {
            "run": len(outcomes),
            "failed": len(failed),
        },
    }


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write every candidate's score, the kept candidates, and counts."""
    declared = params.declared(Params)
    section = declared.select_data
    settings.check(section)
    candidates = files.read_records(arguments.synthetic, Candidate)
    rng = random.Random(declared.seed)
    cases = development.draw(
        files.read_records(arguments.bad, Case),
        files.read_records(arguments.good, Case),
        {a.bad_case_id: a.error_type_id for a in files.read_records(arguments.assignments, Assignment)},
        section,
        rng,
    )
    attempts: list[ranking.Attempt] = []
    if section.score == "random":
        scores = ranking.rank_at_random(candidates, section.keep, rng)
    else:
        if candidates:
            attempts = run_trials(Target.of(arguments.model, arguments.base), candidates, cases, declared)
        scores = ranking.rank(attempts, cases, section)
    kept = {score.candidate_id for score in scores if score.kept}
    files.write_records(arguments.scores, scores)
    files.write_records(arguments.selected, (candidate for candidate in candidates if candidate.id in kept))
    counts = summarize(scores, attempts, cases, section, ranking.groups(candidates, section.keep))
    if attempts:
        counts |= inference.made_by(runtime.load())
    files.write_json(arguments.counts, counts)
    shown = ("candidates", "kept", "helped", "tied_at_cut")
    return {name.replace("_", " "): counts[name] for name in shown}


if __name__ == "__main__":
    stage.run(
        main,
        __doc__,
        inputs=["synthetic", "bad", "good", "assignments", "model", "base"],
        outputs=["scores", "selected", "counts"],
    )
