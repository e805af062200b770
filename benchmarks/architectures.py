"""Families of models in what the pipeline asks of a target: tiny ones with random weights, in float32 on the CPU.

    python -m benchmarks.architectures [--family LFM2 "Gemma 2"]

Each goes through `check_target`: a prediction, the likelihood of a solution, and a training step with an adapter on all
linear layers. Then two questions are answered and scored together, and after a start that was read before, as in
`select_data`, and compared with what comes of each alone.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import stages
from benchmarks import results
from stages import check_target
from stages.core.exceptions import SeiError
from stages.core.runtime import load as load_runtime
from stages.model import chat, inference
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Target
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.generation import Engine, GenerationParams, SplitPrompt
from stages.training.settings import ALL_LINEAR, LoraSettings
from tests.families import FAMILIES, write_family

TEMPLATE = Path(stages.__file__).parent / "prompts/chatml.jinja"
PARAMS = check_target.Params(
    ChatParams("file", str(TEMPLATE), None, "{question}", {}, final_answer="#### {answer}"),
    "float32",
    GenerationParams(max_new_tokens=4, stop_after_answer=True),
    check_target.TrainedParams("sft", "float32", None, LoraSettings(2, 4, 0.0, ALL_LINEAR)),
)
SOLVED = {
    "2 + 2?": "4",
    "Ann reads 4 pages a day. How many does she read in 2 days, and how many more in 3 weeks?": "4 * 2 = 8\n#### 8",
}
BATCH_TOKENS = 4000
SAME = 1e-4  # nats a token; rounding in float32 is below, what another prompt changes above


def main() -> None:
    """Try each family."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    rows = []
    for name in parser.parse_args().family:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(tried(name, Path(folder)))
        print(rows[-1], flush=True)
    results.write("architectures", rows)


def tried(name: str, folder: Path) -> dict[str, Any]:
    """Return what becomes of a family: `works`, or `refused` with the reason that `check_target` names."""
    base = write_family(folder / "base", name)
    row = {"family": name, "model_type": FAMILIES[name].kind}
    try:
        counts = check_target.main(check_target.Paths(base, folder / "check.json"), PARAMS)
    except SeiError as error:
        return row | {"outcome": "refused", "reason": str(error)}
    with inference.open_engine(Target(base, None), "float32", PARAMS.generation, load_runtime()) as engine:
        difference, same = compared(engine, chat.load(PARAMS.chat, base))
        start = "once" if isinstance(engine, SharedPrefixEngine) else "in each prompt"
    outcome = "works" if same and difference < SAME else "differs"
    return row | {"outcome": outcome, "start_read": start, "difference": f"{difference:.0e}", "loss": counts["loss"]}


def compared(engine: Engine, form: ChatFormat) -> tuple[float, bool]:
    """Return the largest difference of likelihoods, in nats a token, and whether all texts are the same."""
    prompts = [form.prompt(question) for question in SOLVED]
    completions = [form.completion(solution) for solution in SOLVED.values()]
    pairs = list(zip(prompts, completions, strict=True))
    alone = [engine.log_likelihoods([pair])[0] for pair in pairs]
    wholes = engine.encode(prompts)
    pasts = engine.pasts([whole[: len(whole) // 2] for whole in wholes])
    split = [SplitPrompt(past, whole[len(whole) // 2 :]) for past, whole in zip(pasts, wholes, strict=True)]
    together = engine.log_likelihoods(pairs)
    after = engine.likelihoods(list(zip(split, engine.encode(completions), strict=True)), BATCH_TOKENS)
    texts = [engine.generate([prompt])[0] for prompt in prompts]
    same = engine.generate(prompts) == texts == engine.generations(split, BATCH_TOKENS)
    return max(abs(one - other) for values in (together, after) for one, other in zip(alone, values, strict=True)), same


if __name__ == "__main__":
    main()
