"""Keep the candidates that help the parent model most when shown as the one worked example."""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass

from stages.pipeline import files, params, runtime, stage
from stages.pipeline.records import Candidate, Case
from stages.selection import one_shot, trying
from stages.target import inference
from stages.target.chat import ChatFormat, ChatParams
from stages.target.generation import GenerationParams, generate_all
from stages.target.models import Dtype, Target


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    chat: ChatParams
    dtype: Dtype
    generation: GenerationParams
    select_data: one_shot.SelectionParams


def run_trials(
    target: Target, candidates: Sequence[Candidate], cases: Sequence[Case], declared: Params
) -> dict[str, float]:
    """Return the value of every trial, by its key: 0 or 1 for `accuracy`, nats a token for `likelihood`."""
    speed = runtime.load()
    chat = ChatFormat(declared.chat)
    engine = inference.load_engine(target, declared.dtype, declared.generation, speed)
    fingerprint = inference.fingerprint(target, declared.dtype, declared.generation)
    prompts = one_shot.trials(candidates, cases, chat)
    if declared.select_data.score == "likelihood":
        return trying.likelihoods(
            engine, prompts, cases, chat, fingerprint=fingerprint, batch_tokens=speed.batch_tokens
        )
    made = generate_all(
        engine,
        prompts,
        fingerprint=fingerprint,
        max_new_tokens=declared.generation.max_new_tokens,
        batch_tokens=speed.batch_tokens,
        title="select",
    )
    by_id = {case.id: case for case in cases}
    return {key: one_shot.solved(by_id[key.rpartition("/")[2]], generation) for key, generation in made.items()}


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write every candidate's score, the kept candidates, and counts."""
    declared = params.declared(Params)
    candidates = files.read_records(arguments.synthetic, Candidate)
    development = one_shot.draw(
        files.read_records(arguments.bad, Case),
        files.read_records(arguments.good, Case),
        declared.select_data,
        random.Random(declared.seed),
    )
    scores = []
    if candidates:
        target = Target.of(arguments.model, arguments.base)
        values = run_trials(target, candidates, development.cases(), declared)
        scores = one_shot.rank(candidates, development, values, declared.select_data)
    kept = {score.candidate_id for score in scores if score.kept}
    files.write_records(arguments.scores, scores)
    files.write_records(arguments.selected, (candidate for candidate in candidates if candidate.id in kept))
    helped = sum(score.score > 0 for score in scores)
    cases = {"bad": len(development.bad), "good": len(development.good)}
    files.write_json(
        arguments.counts,
        {"candidates": len(candidates), "kept": len(kept), "helped": helped, "development_cases": cases},
    )
    return {
        "candidates": len(candidates),
        "cases": len(development.cases()),
        "helped": helped,
        "kept": len(kept),
    }


if __name__ == "__main__":
    stage.run(
        main,
        __doc__,
        inputs=["synthetic", "bad", "good", "model", "base"],
        outputs=["scores", "selected", "counts"],
    )
