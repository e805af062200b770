"""Word problems from reasoning-gym's `gsm_symbolic`: 84 templates of GSM8K with worked solutions.

    question: "There are 9 girls in the yard. If there are 4 times the number of boys in the yard, how many kids ..."
    solution: "There are 9 girls x 4 boys/girl = 36 boys in the yard.\\nIn total ... = 45 kids in the yard\\n#### 45"

A problem's group is its template. Instances with an equation that does not hold are skipped: some templates round on
the way (`78 / 12 = 6`). Source: GSM-Symbolic, arXiv 2410.05229, in the form of reasoning-gym 0.1.25.
"""

import itertools
import random
from collections.abc import Callable
from typing import Any

from stages.arithmetic.equations import Equation, read_equations
from stages.arithmetic.expressions import Number, numbers
from stages.core.exceptions import ParamsError
from stages.core.records import Problem
from stages.problems.reading import make_problem
from stages.problems.settings import SetSpec

_ATTEMPTS_PER_PROBLEM = 50
_PROBES = 5
_FIT_PROBES = 40
_MIN_FIT = 0.1

Generator = Callable[[random.Random, float], dict[str, Any]]


def generate(spec: SetSpec, count: int, rng: random.Random, each_at_least: int = 1) -> list[Problem]:
    """Return at least `count` distinct problems, the same number from every template that `spec` admits.

    `each_at_least`, the least number from each, is for sets that are drawn from a few templates alone. A template needs
    a tenth of instances with no number above `spec.largest_number`.

    Raises:
        ParamsError: no template that is simple enough, or too few distinct instances.
    """
    generators = _simple_templates(spec)
    each = max(-(-count // len(generators)), each_at_least)
    return [problem for name in sorted(generators) for problem in _instances(name, generators[name], each, spec, rng)]


def _simple_templates(spec: SetSpec) -> dict[str, Generator]:
    from reasoning_gym.arithmetic.gsm_symbolic import gsm_symbolic  # 0.3 s and only this source needs it

    generators = gsm_symbolic.GSMSymbolicDataset(gsm_symbolic.GSMSymbolicDatasetConfig(seed=0, size=1)).generators
    simple = {
        f"gsm_symbolic-{number:02}": generators[number]
        for number in gsm_symbolic.tasks_ok
        if _is_simple(generators[number], spec)
    }
    if not simple:
        raise ParamsError(
            f"params.yaml: prepare_problems.sets.{spec.name}: no template has at most {spec.max_equations} equations "
            f"(max_equations) with no number above {spec.largest_number} (largest_number)"
        )
    return simple


def _is_simple(generator: Generator, spec: SetSpec) -> bool:
    """Return whether a template's instances have few enough `=` signs, and enough of them are usable.

    Several instances are probed, because some templates vary.
    """
    probes = (_solution(generator(random.Random(i), 1.0)) for i in range(_FIT_PROBES))
    solutions = list(itertools.islice(probes, _PROBES))
    if spec.max_equations is not None and max(text.count("=") for text in solutions) > spec.max_equations:
        return False
    solutions += probes  # most templates are not simple, and are spared these
    return sum(_is_fit(text, spec.largest_number) for text in solutions) >= _MIN_FIT * _FIT_PROBES


def _solution(made: dict[str, Any]) -> str:
    return str(made["metadata"]["answer_cot"])


def _is_fit(solution: str, largest: int | None) -> bool:
    """Return whether all equations hold and are of numbers up to `largest`."""
    equations = read_equations(solution)
    return all(equation.holds for equation in equations) and (
        largest is None or all(number.value <= largest for equation in equations for number in _numbers(equation))
    )


def _numbers(equation: Equation) -> tuple[Number, ...]:
    return (*equation.operands, *numbers(equation.right))


def _instances(name: str, generator: Generator, count: int, spec: SetSpec, rng: random.Random) -> list[Problem]:
    problems: dict[str, Problem] = {}
    for _ in range(count * _ATTEMPTS_PER_PROBLEM):
        if len(problems) == count:
            break
        made = generator(rng, 1.0)
        problem = make_problem(
            made["question"], _solution(made), made["answer"], name, of=spec.name, limit=spec.max_new_tokens
        )
        if _is_fit(problem.solution, spec.largest_number):
            problems.setdefault(problem.question, problem)
    if len(problems) < count:
        raise ParamsError(
            f"params.yaml: prepare_problems.sets.{spec.name} asks for {count} distinct instances of each template, "
            f"but {name} gave {len(problems)}; lower limit"
        )
    return list(problems.values())
