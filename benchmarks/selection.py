"""One-shot selection against the plain way: candidates a minute of CPU time, and whether the same ones are kept.

    python -m benchmarks.selection --base models/base --adapter models/iter1 --data data/iter2 --candidates 24

The plain way is batches of 16 in order of arrival, the full prompt of each trial, every candidate on every case:
greedy generation, and a second pass for the likelihood that decides between ties. Ours is `stages.selection.trials`,
which asks for likelihoods only where they decide; what the plain way takes without any is a row of its own. Both run
on the same model, candidates and cases in one process; ours comes between the two halves of the plain way, so that what
else runs on the machine slows both alike. `--data` holds synthetic, bad_cases, good_cases and assignments.jsonl.
"""

import argparse
import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks import inputs, results
from benchmarks.clock import Clock
from stages.core import files
from stages.core.records import Assignment, Candidate, Case
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Target
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.generation import GenerationParams
from stages.model.workers import InProcess
from stages.selection import development, ranking, trials
from stages.selection.prompts import one_shot
from stages.selection.scores.interface import Outcome, ScoreInputs, untried
from stages.selection.settings import Keep, SelectionParams

Outcomes = dict[str, dict[str, Outcome]]
"""By candidate id and case id."""

BATCH = 16
CHAT = ChatParams("stages/prompts/chatml.jinja", "{question}", "<|im_end|>")


@dataclass(frozen=True)
class Setting:
    """The model, what is tried on what, and how many are kept."""

    engine: SharedPrefixEngine
    candidates: list[Candidate]
    cases: development.DevelopmentSet
    params: SelectionParams
    chat: ChatFormat
    new_tokens: int
    batch_tokens: int


def main() -> None:
    """Measure and compare."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--data", type=Path, default=Path("data/iter1"))
    parser.add_argument("--candidates", type=int, default=24)
    parser.add_argument("--bad", type=int, default=3)
    parser.add_argument("--good", type=int, default=3)
    parser.add_argument("--keep", type=float, default=0.5)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--new-tokens", type=int, default=160)
    parser.add_argument("--batch-tokens", type=int, default=20000)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SEI_CACHE"] = scratch  # a journal of an earlier run would answer
        results.write("selection", compare(load(arguments)))


def generate(setting: Setting, candidates: Sequence[Candidate], outcomes: Outcomes) -> None:
    """Try candidates on every case with whole prompts, 16 at a time as they come."""
    for batch in _batches(setting, candidates):
        made = setting.engine.generate([_prompt(setting, *trial) for trial in batch])
        for (candidate, case), generation in zip(batch, made, strict=True):
            outcomes.setdefault(candidate.id, {})[case.id] = Outcome(trials.solved(case, generation), None)


def score(setting: Setting, candidates: Sequence[Candidate], outcomes: Outcomes) -> None:
    """Find the likelihood of every case's gold solution, in the same batches."""
    for batch in _batches(setting, candidates):
        pairs = [(_prompt(setting, *trial), setting.chat.completion(trial[1].solution)) for trial in batch]
        for (candidate, case), value in zip(batch, setting.engine.log_likelihoods(pairs), strict=True):
            outcomes[candidate.id][case.id] = replace(outcomes[candidate.id][case.id], gain=value)


def _batches(setting: Setting, candidates: Sequence[Candidate]) -> Iterator[list[tuple[Candidate, Case]]]:
    pairs = [(candidate, case) for candidate in candidates for case in setting.cases.cases()]
    for start in range(0, len(pairs), BATCH):
        yield pairs[start : start + BATCH]


def _prompt(setting: Setting, candidate: Candidate, case: Case) -> str:
    return one_shot(candidate, case, setting.chat)


def ours(setting: Setting) -> ScoreInputs:
    """Try the candidates as the stage does."""
    how = trials.TrialSettings(setting.params, setting.chat, "benchmark", setting.new_tokens, setting.batch_tokens)
    scored = untried(setting.candidates, setting.cases, random.Random(0))
    return trials.run_trials(InProcess(setting.engine), scored, how)


def compare(setting: Setting) -> list[dict[str, Any]]:
    """Run the plain way on half of the candidates, ours on all, the plain way on the rest, and return their rows."""
    plain: Outcomes = {}
    half = len(setting.candidates) // 2
    generating, scoring, our = Clock(), Clock(), Clock()
    generating.run(generate, setting, setting.candidates[:half], plain)
    scoring.run(score, setting, setting.candidates[:half], plain)
    mine = our.run(ours, setting)
    generating.run(generate, setting, setting.candidates[half:], plain)
    scoring.run(score, setting, setting.candidates[half:], plain)
    both = Clock(generating.seconds + scoring.seconds, generating.cpu_seconds + scoring.cpu_seconds)
    count = len(setting.candidates)
    every = count * len(setting.cases.cases())
    scored = sum(outcome.gain is not None for own in mine.outcomes.values() for outcome in own.values())
    return [
        measured("plain", both, count, every) | {"likelihoods": every},
        measured("plain, likelihoods left out", generating, count, every) | {"likelihoods": 0},
        measured("ours", our, count, every) | {"likelihoods": scored} | sameness(setting, plain, mine),
    ]


def measured(way: str, clock: Clock, candidates: int, trials: int) -> dict[str, Any]:
    """Return how long a way took."""
    return {
        "way": way,
        "candidates": candidates,
        "trials": trials,
        "candidates_per_cpu_minute": round(60 * candidates / clock.cpu_seconds, 2),
        "cpu_seconds": round(clock.cpu_seconds),
        "seconds": round(clock.seconds),
    }


def sameness(setting: Setting, plain: Outcomes, mine: ScoreInputs) -> dict[str, int]:
    """Return how many of the plain way's choices and outcomes ours has too."""
    plain_kept, our_kept = (
        {score.candidate_id for score in ranking.rank(scored, setting.params) if score.kept}
        for scored in (replace(mine, outcomes=plain), mine)
    )
    agree = sum(
        outcome.solved == mine.outcomes[name][case_id].solved
        for name, own in plain.items()
        for case_id, outcome in own.items()
    )
    return {"kept": len(plain_kept), "kept_the_same": len(our_kept & plain_kept), "same_outcomes": agree}


def load(arguments: argparse.Namespace) -> Setting:
    """Load the model and draw candidates and cases."""
    rng = random.Random(0)
    read = {name: arguments.data / f"{name}.jsonl" for name in ("synthetic", "bad_cases", "good_cases", "assignments")}
    section = SelectionParams("accuracy", arguments.bad, arguments.good, Keep("fraction", arguments.keep, "all"))
    types = {a.bad_case_id: a.error_type_id for a in files.read_records(read["assignments"], Assignment)}
    bad, good = (files.read_records(read[name], Case) for name in ("bad_cases", "good_cases"))
    candidates = rng.sample(files.read_records(read["synthetic"], Candidate), arguments.candidates)
    target = Target(arguments.base, arguments.adapter)
    engine = SharedPrefixEngine(target, arguments.dtype, GenerationParams(arguments.new_tokens), "cpu")
    return Setting(
        engine,
        candidates,
        development.draw(bad, good, types, section.bad_cases, section.good_cases, rng),
        section,
        ChatFormat(CHAT),
        arguments.new_tokens,
        arguments.batch_tokens,
    )


if __name__ == "__main__":
    main()
