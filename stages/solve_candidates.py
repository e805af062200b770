"""Let the target and the instructor solve the candidates, and keep the solutions that reach the certified answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stages.core import files, runtime, stage
from stages.core.metrics import Usage
from stages.core.params import Seed, section
from stages.core.records import Candidate, Problem, Solution
from stages.instructor import choice
from stages.model import inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import GenerationParams, Sampling, Stop
from stages.synthesis import solving
from stages.synthesis.solving import SolveCandidates
from stages.synthesis.solving_counts import count


@dataclass(frozen=True)
class Paths:
    """Files and folders of this stage; `problems` say how long an output to each set may be."""

    synthetic: stage.Input
    problems: stage.Input
    model: stage.Input
    base: stage.Input
    solutions: stage.Output
    counts: stage.Output


@section
class Params:
    """What this stage declares in dvc.yaml."""

    seed: Seed
    chat: ChatParams
    dtype: Dtype
    generation: GenerationParams
    instructor: choice.InstructorParams
    solve_candidates: SolveCandidates


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write every try, and the counts by author."""
    own = params.solve_candidates
    candidates = files.read_records(paths.synthetic, Candidate)
    target = Target.of(paths.model, paths.base)
    solutions = [solving.worked(candidate) for candidate in candidates]
    usage, likelihoods = None, {}
    if own.samples.instructor:  # first, so that an estimate of its cost comes before the target is run
        tries, usage = tries_of_instructor(candidates, params)
        solutions += tries
    if own.samples.target:
        limits = {problem.set: problem.max_new_tokens for problem in files.read_records(paths.problems, Problem)}
        solutions += tries_of_target(candidates, limits, target, params)
    if own.order == "likelihood":
        likelihoods = likelihoods_of(candidates, solutions, target, params)
    chosen = solving.choose(candidates, solutions, own, likelihoods)
    counts = count(chosen, runtime.load().engine if own.uses_target else None, usage)
    files.write_records(paths.solutions, chosen)
    files.write_json(paths.counts, counts)
    tried = {f"right tries of {name}": f"{one.right}/{one.tries}" for name, one in counts.authors.items()}
    return {"candidates": len(candidates), "with a solution": counts.solved, "solutions": counts.kept, **tried}


def tries_of_target(
    candidates: Sequence[Candidate], limits: Mapping[str, int | None], target: Target, params: Params
) -> list[Solution]:
    """Return the target's tries, graded; `limits` are those of an output, in tokens, by problem set."""
    outputs = inference.solve(
        target,
        [solving.to_problem(one, limits.get(one.set)) for one in candidates],
        chat_params=params.chat,
        dtype=params.dtype,
        params=params.generation,
        title="solve",
        sampling=Sampling(params.solve_candidates.samples.target, params.solve_candidates.temperature),
    )
    return [
        solving.of_target(one, sample, output.text, output.tokens, truncated=output.stop == Stop.LENGTH)
        for one in candidates
        for sample, output in enumerate(outputs[one.id])
    ]


def tries_of_instructor(candidates: Sequence[Candidate], params: Params) -> tuple[list[Solution], Usage | None]:
    """Return the instructor's tries, graded, and what they cost."""
    with choice.opened(params.instructor, "solutions") as instructor:
        questions = [one.question for one in candidates]
        # Not the seed of synthesis, whose votes for a candidate would be these tries.
        seed = int(files.content_id("solutions", str(params.seed))[:7], 16)
        tries = instructor.solve(questions, params.solve_candidates.samples.instructor, seed)
        usage = instructor.usage()
    pairs = zip(candidates, tries, strict=True)
    return [solving.of_instructor(one, *numbered) for one, own in pairs for numbered in enumerate(own)], usage


def likelihoods_of(
    candidates: Sequence[Candidate], solutions: Sequence[Solution], target: Target, params: Params
) -> dict[str, float]:
    """Return the mean log-probability of a token of each right solution to the target, in nats, by id."""
    asked = {one.id: (one.question, one.set) for one in candidates}
    authors = solving.AUTHORS[params.solve_candidates.solutions]
    right = {one.id: (*asked[one.candidate_id], one.text) for one in solutions if one.kept and one.author in authors}
    if not right:
        return {}
    return inference.likelihoods(target, right, chat_params=params.chat, dtype=params.dtype, params=params.generation)


if __name__ == "__main__":
    stage.run(main, __doc__)
