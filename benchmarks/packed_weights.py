"""Reading and writing with the transformers engine on a CPU, with plain weights and with packed ones.

    python -m benchmarks.packed_weights models/base ../qwen05 [--rows 24] [--threads 2]

A problem in the model's own chat template, with another number in each row. Each row writes 25 tokens, whatever they
are: the first of all rows is `read`, the others are `written`.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from benchmarks import inputs, results
from stages.core.runtime import set_threads
from stages.model import packed_linear
from stages.model.checkpoints import Target
from stages.model.engines.transformers import TransformersEngine
from stages.model.generation import GenerationParams, Tokens

NEW = 25


def main() -> None:
    """Measure each model in both ways, in turn."""
    parser = inputs.parser(__doc__)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=24)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    set_threads(arguments.threads)
    rows = []
    for model in arguments.models:
        for weights in ("plain", "packed"):
            read, written = _seconds(model, arguments.rows, packed=weights == "packed")
            rows.append(
                {
                    "model": model.name,
                    "weights": weights,
                    "rows": arguments.rows,
                    "read_seconds": round(read, 1),
                    "written_per_second": round(arguments.rows * (NEW - 1) / written, 1),
                }
            )
    results.write("packed_weights", rows)


def _seconds(model: Path, rows: int, *, packed: bool) -> tuple[float, float]:
    """Return how long reading takes with one token written, and how long the other tokens take."""
    with patch.object(packed_linear, "pack", packed_linear.pack if packed else lambda _: None):
        engine = TransformersEngine(Target(model, None), "auto", GenerationParams(NEW, stop_after_answer=False), "cpu")
    question = "A baker fills 7 trays with 12 rolls each and sells {} rolls before noon. How many rolls are left? "
    texts = [[{"role": "user", "content": question.format(number) * 2}] for number in range(rows)]
    prompts = [engine._tokenizer.apply_chat_template(text, add_generation_prompt=True)["input_ids"] for text in texts]
    engine._stop_rule.final = set()
    return _time(engine, prompts, 1), _time(engine, prompts, NEW) - _time(engine, prompts, 1)


def _time(engine: TransformersEngine, prompts: Sequence[Tokens], new_tokens: int) -> float:
    engine._max_new_tokens = new_tokens
    started = time.perf_counter()
    engine.write(prompts)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
