"""Write an iteration's model and training set as others load them, and take both to a hub.

    python -m tools.export iter2 OUT
    python -m tools.export iter2 OUT --push ORG/NAME

OUT/model is the adapter merged into the base model's weights, in 16 bit where the pipeline computes in it: what
`evaluate` measured, for transformers, vLLM and all that read such a folder. OUT/data is what it was trained on, each
row with where it came from, for `datasets.load_dataset("OUT/data")`. Both have a card. `--push` creates ORG/NAME and
ORG/NAME-data, or writes to them; they are private unless `--public` is given.
"""

import argparse
import sys
import warnings
from pathlib import Path

from stages.check_params import Sections
from stages.core import params
from stages.core.exceptions import ParamsError, RecordsError
from stages.core.files import new_folder, read_json, read_record, replacing
from stages.core.metrics import Comparisons, Evaluation, TrainingCounts
from stages.core.params import BASE
from stages.core.stage import told_in_a_line
from stages.model import checkpoints
from stages.model.checkpoints import CARD, Target
from tools import export_cards, export_data, export_hub
from tools.export_cards import Run
from tools.export_data import there


def read_run(sections: Sections, iteration: str, base_model: str | None, repository: str | None) -> Run:
    """Read all that the cards tell of an iteration of the pipeline in the current folder.

    Raises:
        ParamsError: params.yaml has no such iteration.
        RecordsError: an output of it is not there.
    """
    if iteration not in sections.iterations:
        known = ", ".join(sections.iterations)
        raise ParamsError(f"{params.PARAMS}: iterations has no `{iteration}`; there are {known}")
    models, metrics = Path("models"), Path("metrics")
    card = read_json(there(models / BASE / CARD))
    return Run(
        iteration=iteration,
        target=Target.of(there(models / iteration / CARD).parent, models / BASE),
        base_model=base_model or card.get("id"),
        repository=repository,
        rows=export_data.read_rows(Path("data"), iteration),
        too_long=read_record(there(metrics / iteration / "train.json"), TrainingCounts).too_long,
        problems=sections.prepare_problems,
        instructor=sections.instructor,
        chat=sections.chat,
        max_new_tokens=sections.generation.max_new_tokens,
        base=read_record(there(metrics / BASE / "evaluate.json"), dict[str, Evaluation]),
        evaluations=read_record(there(metrics / iteration / "evaluate.json"), dict[str, Evaluation]),
        comparisons=read_record(there(metrics / iteration / "compare.json"), dict[str, Comparisons]),
    )


def write(run: Run, dtype: checkpoints.Dtype, out: Path) -> None:
    """Write `model` and `data` to the folder `out`, which must not exist, and all of it or nothing.

    Raises:
        SourceError: the base model's weights cannot be had.
    """
    template = run.chat.text()
    with new_folder(out) as folder:
        write_model(run.target, dtype, template, folder / "model")
        (folder / "data").mkdir()
        export_data.write_rows(run.rows, folder / "data" / export_data.FILE)
        for name, card in (("model", export_cards.model_card(run)), ("data", export_cards.data_card(run))):
            with replacing(folder / name / "README.md") as file:
                file.write(card)


def write_model(target: Target, dtype: checkpoints.Dtype, chat_template: str | None, out: Path) -> None:
    """Write the merged model and the tokenizer with the chat template, or with its own for None."""
    checkpoints.save(checkpoints.load(target, dtype, "cpu"), target.base, out, chat_template)


def export(iteration: str, out: Path, base_model: str | None, push: str | None, *, public: bool) -> None:
    """Export an iteration of the pipeline in the current folder.

    Raises:
        SeiError: the iteration is not there, `out` is, or the hub does not take it.
    """
    if out.exists():
        raise RecordsError(f"{out}: exists; name another folder, or remove it")
    sections = params.parse(Sections, params.read_yaml(params.PARAMS))
    run = read_run(sections, iteration, base_model, push)
    if push:
        export_hub.create(push, public=public)
    write(run, sections.dtype, out)
    if push:
        export_hub.upload(push, out)


def main() -> None:
    """Read the command line and export; an expected error is one line and exit status 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("iteration", metavar="ITERATION", help="a finished iteration of params.yaml")
    parser.add_argument("out", metavar="OUT", type=Path, help="a new folder")
    parser.add_argument("--base-model", metavar="ORG/NAME", help="the base model, where it did not come from the hub")
    parser.add_argument("--push", metavar="ORG/NAME", help="create or update the repositories on the hub")
    parser.add_argument("--public", action="store_true", help="let all read them")
    given = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\.")  # about its own code
    with told_in_a_line("export"):
        export(given.iteration, given.out, given.base_model, given.push, public=given.public)
    sys.stdout.write(f"wrote {given.out / 'model'} and {given.out / 'data'}\n")
    if given.push:
        sys.stdout.write(f"pushed {given.push} and {export_hub.data_repository(given.push)}\n")


if __name__ == "__main__":
    main()
