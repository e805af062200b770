"""One-shot selection against the plain way: candidates a minute of CPU time, and whether the same ones are kept.

    python -m benchmarks.selection --base models/base --adapter models/iter1 --data data/iter2 --candidates 24

The plain way is batches of 16 in order of arrival, the full prompt of each trial, every candidate on every case:
greedy generation, and a second pass for the likelihood that decides between ties. Ours is `stages.selection.trying`.
Both run on the same model, candidates and cases in one process; ours comes between the two halves of the plain way,
so that what else runs on the machine slows both alike. `--data` holds synthetic, bad_cases, good_cases and
assignments.jsonl.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from stages.pipeline import files
from stages.pipeline.records import Assignment, Candidate, Case
from stages.selection import development, ranking, trying
from stages.selection.prompts import one_shot
from stages.selection.settings import Keep, SelectionParams
from stages.target.chat import ChatFormat, ChatParams
from stages.target.generation import GenerationParams
from stages.target.models import Target
from stages.target.shared_prefix import SharedPrefixEngine
from stages.target.workers import InProcess

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


def plain(setting: Setting, candidates: Sequence[Candidate]) -> list[ranking.Attempt]:
    """Try every candidate on every case with whole prompts, 16 at a time as they come."""
    trials = [(candidate, case) for candidate in candidates for case in setting.cases.cases()]
    attempts = {candidate.id: ranking.Attempt(candidate.id, "") for candidate in candidates}
    for start in range(0, len(trials), BATCH):
        batch = trials[start : start + BATCH]
        prompts = [one_shot(candidate, case, setting.chat) for candidate, case in batch]
        made = setting.engine.generate(prompts)
        golds = [setting.chat.completion(case.solution) for _, case in batch]
        likelihoods = setting.engine.log_likelihoods(list(zip(prompts, golds, strict=True)))
        for (candidate, case), generation, likelihood in zip(batch, made, likelihoods, strict=True):
            attempts[candidate.id].outcomes[case.id] = ranking.Outcome(trying.solved(case, generation), likelihood)
    return list(attempts.values())


def ours(setting: Setting) -> list[ranking.Attempt]:
    """Try the candidates as the stage does."""
    how = trying.Trying(setting.params, setting.chat, "benchmark", setting.new_tokens, setting.batch_tokens)
    return trying.attempt_all(InProcess(setting.engine), setting.candidates, setting.cases, how)


def timed(run: Callable[[], list[ranking.Attempt]]) -> tuple[list[ranking.Attempt], float, float]:
    """Return the attempts, and seconds of CPU time and of the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    attempts = run()
    return attempts, time.process_time() - cpu, time.perf_counter() - clock


def compare(setting: Setting) -> None:
    """Run the plain way on half of the candidates, ours on all, the plain way on the rest, and print both."""
    half = len(setting.candidates) // 2
    first, cpu, clock = timed(lambda: plain(setting, setting.candidates[:half]))
    mine, our_cpu, our_clock = timed(lambda: ours(setting))
    second, more_cpu, more_clock = timed(lambda: plain(setting, setting.candidates[half:]))
    whole, cpu, clock = [*first, *second], cpu + more_cpu, clock + more_clock
    trials = sum(len(attempt.outcomes) for attempt in mine)
    possible = len(mine) * len(setting.cases.cases())
    print(f"{len(mine)} candidates, {possible} trials, of which early stopping left {trials}")
    for name, seconds, elapsed in (("plain", cpu, clock), ("ours", our_cpu, our_clock)):
        rate = 60 * len(mine) / seconds
        print(f"{name:6} {rate:7.2f} candidates a minute of CPU time ({seconds:.0f} s, {elapsed:.0f} s by the clock)")
    print(f"ratio  {cpu / our_cpu:7.2f} in CPU time, {clock / our_clock:.2f} by the clock")
    tell_sameness(setting, whole, mine)


def tell_sameness(setting: Setting, whole: Sequence[ranking.Attempt], mine: Sequence[ranking.Attempt]) -> None:
    """Print whether the same candidates are kept, and in how many trials the outcomes agree."""
    plain_kept, our_kept = (
        {score.candidate_id for score in ranking.rank(attempts, setting.cases, setting.params) if score.kept}
        for attempts in (whole, mine)
    )
    pairs = [
        (outcome.solved, attempt.outcomes[case_id].solved)
        for attempt, reference in zip(mine, whole, strict=True)
        for case_id, outcome in reference.outcomes.items()
        if case_id in attempt.outcomes
    ]
    agree = sum(one == other for one, other in pairs)
    print(f"kept the same {len(our_kept & plain_kept)} of {len(plain_kept)}; outcomes agree in {agree} of {len(pairs)}")


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
        development.draw(bad, good, types, section, rng),
        section,
        ChatFormat(CHAT),
        arguments.new_tokens,
        arguments.batch_tokens,
    )


def main() -> None:
    """Measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
        compare(load(arguments))


if __name__ == "__main__":
    main()
