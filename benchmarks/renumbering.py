"""How many problems can be given new numbers, and whether what comes out is sound.

    python -m benchmarks.renumbering [--data ../shared/data] [--limit N] [--show N]

Prints, for GSM8K's training problems and for the templates of the default pipeline, the share that is renumbered, the
refusals by reason, the faults of what was renumbered, and the time a call takes.
"""

import argparse
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from stages.arithmetic.renumbering import renumber
from stages.arithmetic.tracing import Refusal
from stages.synthesis.checks import faults

TEMPLATES = (4, 5, 6, 8, 10, 14, 16, 20, 23, 24, 26, 30, 38, 39, 43, 45, 50, 54, 55, 56, 58, 59, 69, 72, 95, 99)
PER_TEMPLATE = 100
Problem = tuple[str, str, str]


def main() -> None:
    arguments = _parse_arguments()
    gsm8k = _read_gsm8k(arguments.data / "gsm8k_train.jsonl")[: arguments.limit]
    print(f"GSM8K training problems: {_measure(gsm8k, arguments.show)}")
    shares = []
    for template, problems in _generate_templates():
        line, share = _measure_share(problems, arguments.show)
        shares.append(share)
        print(f"gsm_symbolic template {template:3}: {line}")
    print(f"templates with at least 3 in 4 renumbered: {sum(share >= 0.75 for share in shares)} of {len(shares)}")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with gsm8k_train.jsonl")
    parser.add_argument("--limit", type=int, help="only so many of GSM8K's problems")
    parser.add_argument("--show", type=int, default=0, help="print so many renumbered problems of each set")
    return parser.parse_args()


def _read_gsm8k(path: Path) -> list[Problem]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(row["question"], row["answer"], row["answer"].rpartition("####")[2].strip()) for row in rows]


def _generate_templates() -> Iterable[tuple[int, list[Problem]]]:
    # Importing reasoning_gym takes seconds; the figures for GSM8K need not wait for it.
    from reasoning_gym import create_dataset

    generators = create_dataset("gsm_symbolic", seed=0, size=1).generators
    for template in TEMPLATES:
        items = [generators[template](random.Random(seed), 1.0) for seed in range(PER_TEMPLATE)]
        yield template, [(item["question"], item["metadata"]["answer_cot"], str(item["answer"])) for item in items]


def _measure(problems: list[Problem], show: int) -> str:
    return _measure_share(problems, show)[0]


def _measure_share(problems: list[Problem], show: int) -> tuple[str, float]:
    reasons: Counter[str] = Counter()
    faulty: Counter[str] = Counter()
    seconds = []
    for index, (question, solution, answer) in enumerate(problems):
        start = time.perf_counter()
        result = renumber(question, solution, answer, random.Random(index))
        seconds.append(time.perf_counter() - start)
        if isinstance(result, Refusal):
            reasons[result.reason] += 1
            continue
        faulty.update(faults(result.question, result.solution, result.answer))
        if show > 0:
            show -= 1
            print(f"{result.question}\n{result.solution}\n")
    renumbered = len(problems) - reasons.total()
    share = renumbered / len(problems)
    milliseconds = 1000 * statistics.median(seconds)
    figures = f"{renumbered} of {len(problems)} ({share:.1%}), median {milliseconds:.1f} ms"
    return f"{figures}, refused {dict(reasons.most_common())}, faults {dict(faulty)}", share


if __name__ == "__main__":
    main()
