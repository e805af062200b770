"""Word problems from reasoning-gym's `gsm_symbolic`: 84 templates of GSM8K with worked solutions.

    question: "There are 9 girls in the yard. If there are 4 times the number of boys in the yard, how many kids ..."
    solution: "There are 9 girls x 4 boys/girl = 36 boys in the yard.\\nIn total ... = 45 kids in the yard\\n#### 45"

A problem's group is its template. Instances whose own equations do not hold are passed over: some templates round on
the way (`78 / 12 = 6`). Source: GSM-Symbolic, arXiv 2410.05229, in the form of reasoning-gym 0.1.25.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stages.arithmetic.equations import read_equations
from stages.pipeline.exceptions import ParamsError
from stages.pipeline.records import Problem
from stages.problems.reading import make_problem

_ATTEMPTS_PER_PROBLEM = 50
_PROBES = 5

Generator = Callable[[random.Random, float], dict[str, Any]]


@dataclass(frozen=True)
class ProceduralParams:
    """`max_equations`: keep the templates whose worked solutions have at most so many `=` signs."""

    dataset: str
    max_equations: int


def generate(params: ProceduralParams, count: int, rng: random.Random, each_at_least: int = 1) -> list[Problem]:
    """Return at least `count` distinct problems, the same number from every template that `params` admits.

    `each_at_least` is for sets that are drawn from a few templates alone.

    Raises:
        ParamsError: an unknown data set, no template that is simple enough, or too few distinct instances.
    """
    generators = _simple_templates(params)
    each = max(-(-count // len(generators)), each_at_least)
    return [problem for name in sorted(generators) for problem in _instances(name, generators[name], each, rng)]


def _simple_templates(params: ProceduralParams) -> dict[str, Generator]:
    from reasoning_gym.arithmetic.gsm_symbolic import gsm_symbolic  # 0.3 s and only this source needs it

    if params.dataset != gsm_symbolic.DATASET_NAME:
        raise ParamsError(
            f"params.yaml: prepare_problems.procedural.dataset must be {gsm_symbolic.DATASET_NAME}, "
            f"not {params.dataset!r}"
        )
    generators = gsm_symbolic.GSMSymbolicDataset(gsm_symbolic.GSMSymbolicDatasetConfig(seed=0, size=1)).generators
    simple = {
        f"{params.dataset}-{number:02}": generators[number]
        for number in gsm_symbolic.tasks_ok
        if _is_simple(generators[number], params.max_equations)
    }
    if not simple:
        raise ParamsError(
            f"params.yaml: prepare_problems.procedural.max_equations is {params.max_equations}; "
            "no template is that short"
        )
    return simple


def _is_simple(generator: Generator, max_equations: int) -> bool:
    """Tell whether a few instances have so few `=` signs, and the equations of one at least hold.

    Several, because some templates vary.
    """
    solutions = [str(generator(random.Random(i), 1.0)["metadata"]["answer_cot"]) for i in range(_PROBES)]
    return max(text.count("=") for text in solutions) <= max_equations and any(map(_holds, solutions))


def _holds(solution: str) -> bool:
    return all(equation.holds for equation in read_equations(solution))


def _instances(name: str, generator: Generator, count: int, rng: random.Random) -> list[Problem]:
    found: dict[str, Problem] = {}
    for _ in range(count * _ATTEMPTS_PER_PROBLEM):
        if len(found) == count:
            break
        made = generator(rng, 1.0)
        problem = make_problem(made["question"], made["metadata"]["answer_cot"], made["answer"], name)
        if _holds(problem.solution):
            found.setdefault(problem.question, problem)
    if len(found) < count:
        raise ParamsError(
            f"params.yaml: prepare_problems asks for {count} distinct instances of each template, "
            f"but {name} gave {len(found)}; lower train, test or ood"
        )
    return list(found.values())
