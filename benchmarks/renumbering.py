"""How many problems can be given new numbers, and whether what comes out is sound.

    python -m benchmarks.renumbering [--data ../shared/data] [--limit N] [--show N]

For GSM8K's training problems and for the templates of the default pipeline: the share that is renumbered, the refusals
by reason, the faults of what was renumbered, and the milliseconds of a call at the median.
"""

import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks import inputs, results
from benchmarks.inputs import Problem
from stages.arithmetic.renumbering import renumber
from stages.arithmetic.tracing import Refusal
from stages.synthesis.checks import faults

TEMPLATES = (4, 5, 6, 8, 10, 14, 16, 20, 23, 24, 26, 30, 38, 39, 43, 45, 50, 54, 55, 56, 58, 59, 69, 72, 95, 99)
PER_TEMPLATE = 100


def main() -> None:
    """Renumber GSM8K, then each template's problems."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("--limit", type=int, help="only so many of GSM8K's problems")
    parser.add_argument("--show", type=int, default=0, help="print so many renumbered problems of each set")
    arguments = parser.parse_args()
    gsm8k = inputs.gsm8k(arguments.data, "train")[: arguments.limit]
    by_template = dict(_generate_templates())
    templates = [problem for problems in by_template.values() for problem in problems]
    whole = {"training problems of GSM8K": gsm8k, "default templates": templates}
    results.write("renumbering", [_renumbered(*one, arguments.show) for one in whole.items()])
    results.write("renumbering_templates", [_renumbered(*one) for one in by_template.items()])


def _generate_templates() -> Iterator[tuple[str, list[Problem]]]:
    from reasoning_gym import create_dataset  # takes seconds, and `--help` needs it not

    generators = create_dataset("gsm_symbolic", seed=0, size=1).generators
    for template in TEMPLATES:
        items = [generators[template](random.Random(seed), 1.0) for seed in range(PER_TEMPLATE)]
        yield str(template), [(item["question"], item["metadata"]["answer_cot"], str(item["answer"])) for item in items]


def _renumbered(title: str, problems: list[Problem], show: int = 0) -> dict[str, Any]:
    reasons: Counter[str] = Counter()
    faulty: Counter[str] = Counter()
    seconds = []
    for index, problem in enumerate(problems):
        started = time.perf_counter()
        made = renumber(*problem, random.Random(index))
        seconds.append(time.perf_counter() - started)
        if isinstance(made, Refusal):
            reasons[made.reason] += 1
            continue
        faulty.update(faults(made.question, made.solution, made.answer))
        if index - reasons.total() < show:
            print(f"{made.question}\n{made.solution}\n")
    renumbered = len(problems) - reasons.total()
    return {
        "problems": title,
        "of": len(problems),
        "renumbered": renumbered,
        "percent": round(100 * renumbered / len(problems), 1),
        "milliseconds": round(1000 * statistics.median(seconds), 1),
        "refused": inputs.listed(reasons),
        "faults": inputs.listed(faulty),
    }


if __name__ == "__main__":
    main()
