"""How fast grading is, and whether its memory stays flat.

    python -m benchmarks.grading

Targets on one core: 20,000 plain numeric gradings a second, 200 symbolic ones a second at the median, and no growth of
memory from the 20,000th to the 100,000th grading. Plain numbers are graded at the end of a worked solution of usual
length. No two symbolic answers are the same, so that no cache answers for the parser; their golds are new in the first
round and known in the second, as a gold is from its second output on. Seconds are of CPU time.
"""

import random
import resource
import statistics
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import results
from benchmarks.clock import Clock
from stages.grading.grade import grade

Pair = tuple[str, str]

PLAIN_ROUNDS, PLAIN_PER_ROUND = 9, 4000
SYMBOLIC = 400
MEMORY_ROUNDS = 100_000
_MEBIBYTE = 1024

_WORKED = "She packs {a} boxes of {b} pens, which makes {a} * {b} = {c} pens.\nHe adds {b}, so {c} + {b} = {d}.\n"
_ENDINGS = ("#### {d}", "The answer is {d}.", "A: {d}", "So there are {d:,} pens.", r"\boxed{{{d}}}")
_SYMBOLIC = (
    (r"\frac{{{a}\sqrt{{{b}}}}}{{{c}}}", r"\boxed{{\frac{{{a}}}{{{c}}}\sqrt{{{b}}}}}"),
    (r"x^2 + {a}x + {b}", r"\boxed{{x^2 + {b} + {a}x}}"),
    (r"(x + {a})(x - {b})", r"\boxed{{(x - {b})(x + {a})}}"),
    (r"{a}\pi + {b}", r"\boxed{{{b} + {a}\pi}}"),
    (r"(\sqrt{{{a}}}, {b})", r"\boxed{{({a}^{{1/2}}, {b})}}"),
    (r"y = {a}x + {b}", r"\boxed{{y = {b} + {a}x}}"),
)


def main() -> None:
    """Measure plain numbers, symbolic answers and memory."""
    rng = random.Random(0)
    plain = [_plain_pair(rng) for _ in range(PLAIN_PER_ROUND)]
    _grade_all(plain)
    plain_times = [_seconds(_grade_all, plain) / len(plain) for _ in range(PLAIN_ROUNDS)]
    grade("x + 1", r"\boxed{1 + x}")
    new_times = _times(list(_symbolic_pairs(rng, SYMBOLIC)))
    known = list(_symbolic_pairs(rng, SYMBOLIC))
    _grade_all([(gold, r"\boxed{0}") for gold, _ in known])
    rows = [
        _rate("plain numbers", plain_times),
        _rate("symbolic, gold new", new_times),
        _rate("symbolic, gold known", _times(known)),
    ]
    results.write("grading", rows)
    growth = {"early": MEMORY_ROUNDS // 5, "late": MEMORY_ROUNDS, "growth_mib": round(_growth(rng), 1)}
    results.write("grading_memory", [growth])


def _times(pairs: list[Pair]) -> list[float]:
    return [_seconds(grade, *pair) for pair in pairs]


def _rate(answers: str, times: list[float]) -> dict[str, Any]:
    median, late = statistics.median(times), sorted(times)[int(0.95 * len(times))]
    return {
        "answers": answers,
        "gradings_per_second": round(1 / median),
        "milliseconds": round(1000 * median, 3),
        "milliseconds_95": round(1000 * late, 3),
    }


def _plain_pair(rng: random.Random) -> Pair:
    a, b = rng.randint(2, 99), rng.randint(2, 99)
    numbers = {"a": a, "b": b, "c": a * b, "d": a * b + b + rng.randint(0, 1)}
    return str(a * b + b), (_WORKED + rng.choice(_ENDINGS)).format(**numbers)


def _symbolic_pairs(rng: random.Random, count: int) -> Iterator[Pair]:
    for i in range(count):
        numbers = {"a": 2 + i // len(_SYMBOLIC), "b": rng.randint(2, 999), "c": rng.randint(2, 99)}
        gold, output = _SYMBOLIC[i % len(_SYMBOLIC)]
        yield gold.format(**numbers), output.format(**numbers)


def _growth(rng: random.Random) -> float:
    """Grade new texts, one in fifty symbolic, and return by how many MiB the peak grew after the first fifth."""
    early = 0.0
    symbolic = _symbolic_pairs(rng, MEMORY_ROUNDS)
    for i in range(MEMORY_ROUNDS):
        grade(*(next(symbolic) if i % 50 == 0 else _plain_pair(rng)))
        if i == MEMORY_ROUNDS // 5:
            early = _peak()
    return _peak() - early


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEBIBYTE


def _grade_all(pairs: list[Pair]) -> None:
    for pair in pairs:
        grade(*pair)


def _seconds(work: Callable[..., object], *args: Any) -> float:
    clock = Clock()
    clock.run(work, *args)
    return clock.cpu_seconds


if __name__ == "__main__":
    main()
