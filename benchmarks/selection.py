"""One-shot selection against the plain way: candidates a minute of CPU time, and whether the same ones are kept.

    python -m benchmarks.selection --adapter models/iter1 --data data/iter2 --candidates 24 --bad 10 --good 10

The plain way is batches of 16 in order of arrival, the full prompt of each trial, every candidate on every case:
greedy generation, and a second pass for the likelihood that decides between ties. Ours is `stages.selection.trials`,
which asks for likelihoods only where they decide; what the plain way takes without any is a row of its own. Both run
on the same model, candidates and cases in one process, in float32 on one thread; ours comes between the two halves of
the plain way, so that what else runs on the machine slows both alike. `--data` holds synthetic, bad_cases, good_cases
and assignments.jsonl.
"""

import argparse
import os
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks import inputs, results
from benchmarks.clock import Clock
from stages.core import files
from stages.core.records import Assignment, Candidate, Case
from stages.model import chat
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Target
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.generation import GenerationParams
from stages.model.workers import InProcess
from stages.selection import ranking, trial_cases, trials
from stages.selection.prompts import one_shot
from stages.selection.scores.interface import Outcome, ScoreInputs, untried
from stages.selection.settings import Keep, SelectionParams

Outcomes = dict[str, dict[str, Outcome]]
"""By candidate id and case id."""

BATCH, BATCH_TOKENS, NEW_TOKENS = 16, 20_000, 160
CHAT = ChatParams("file", "stages/prompts/chatml.jinja", None, "{question}", {}, final_answer="#### {answer}")


@dataclass(frozen=True)
class Setting:
    """The model, the form of its prompts, what is tried on what, and how many are kept."""

    engine: SharedPrefixEngine
    form: ChatFormat
    candidates: list[Candidate]
    cases: trial_cases.TrialCases
    params: SelectionParams


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
    torch.set_num_threads(1)
    setting = load(parser.parse_args())
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SEI_CACHE"] = scratch  # a journal of an earlier run would answer
        results.write("selection", compare(setting))


def load(arguments: argparse.Namespace) -> Setting:
    """Load the model and draw candidates and cases."""
    params = SelectionParams("accuracy", arguments.bad, arguments.good, Keep("fraction", arguments.keep, "all"))
    target = Target(arguments.base, arguments.adapter)
    engine = SharedPrefixEngine(target, "float32", GenerationParams(NEW_TOKENS, True), "cpu")
    candidates, cases = draw(arguments.data, arguments.candidates, arguments.bad, arguments.good)
    return Setting(engine, chat.load(CHAT, arguments.base), candidates, cases, params)


def draw(data: Path, count: int, bad: int, good: int) -> tuple[list[Candidate], trial_cases.TrialCases]:
    """Draw so many candidates of an iteration, and the cases that they are tried on."""
    rng = random.Random(0)
    read = {name: data / f"{name}.jsonl" for name in ("synthetic", "bad_cases", "good_cases", "assignments")}
    types = {a.bad_case_id: a.error_type_id for a in files.read_records(read["assignments"], Assignment)}
    of_bad, of_good = (files.read_records(read[name], Case) for name in ("bad_cases", "good_cases"))
    candidates = rng.sample(files.read_records(read["synthetic"], Candidate), count)
    return candidates, trial_cases.draw(of_bad, of_good, types, bad, good, rng)


def compare(setting: Setting) -> list[dict[str, Any]]:
    """Run the plain way on half of the candidates, ours on all, the plain way on the rest, and return their rows."""
    plain: Outcomes = {}
    half = len(setting.candidates) // 2
    generating, scoring, our = Clock(), Clock(), Clock()
    try_plainly(setting, setting.candidates[:half], plain, generating, scoring)
    mine = our.run(ours, setting)
    try_plainly(setting, setting.candidates[half:], plain, generating, scoring)
    both = Clock(generating.seconds + scoring.seconds, generating.cpu_seconds + scoring.cpu_seconds)
    count = len(setting.candidates)
    every = count * len(setting.cases.cases())
    scored = sum(outcome.gain is not None for own in mine.outcomes.values() for outcome in own.values())
    return [
        measured("plain", both, count, every, every),
        measured("plain, likelihoods left out", generating, count, every, 0),
        measured("ours", our, count, every, scored) | sameness(setting, plain, mine),
    ]


def try_plainly(
    setting: Setting, candidates: Sequence[Candidate], outcomes: Outcomes, generating: Clock, scoring: Clock
) -> None:
    """Try candidates on every case with whole prompts, 16 at a time as they come."""
    pairs = [(candidate, case) for candidate in candidates for case in setting.cases.cases()]
    for batch in (pairs[start : start + BATCH] for start in range(0, len(pairs), BATCH)):
        prompts = [one_shot(candidate, case, setting.form) for candidate, case in batch]
        golds = [setting.form.completion(case.solution) for _, case in batch]
        made = generating.run(setting.engine.generate, prompts)
        gains = scoring.run(setting.engine.log_likelihoods, list(zip(prompts, golds, strict=True)))
        for (candidate, case), generation, gain in zip(batch, made, gains, strict=True):
            outcomes.setdefault(candidate.id, {})[case.id] = Outcome(trials.solved(case, generation), gain)


def ours(setting: Setting) -> ScoreInputs:
    """Try the candidates as the stage does."""
    how = trials.TrialSettings(setting.params, setting.form, "benchmark", NEW_TOKENS, BATCH_TOKENS)
    ids = [candidate.id for candidate in setting.candidates]
    scored = untried(setting.candidates, setting.cases, dict.fromkeys(ids, 1), {}, random.Random(0))
    return trials.run_trials(InProcess(setting.engine), scored, how)


def measured(way: str, clock: Clock, candidates: int, every: int, likelihoods: int) -> dict[str, Any]:
    """Return what a way did and how long it took."""
    return {
        "way": way,
        "candidates": candidates,
        "trials": every,
        "likelihoods": likelihoods,
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


if __name__ == "__main__":
    main()
