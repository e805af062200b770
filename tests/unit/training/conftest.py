"""Settings for the tiny model, sums to train it on, and runs that end as if killed."""

import csv

import pytest
import torch

from stages.training import curves
from stages.training.encoding import IGNORED, encode
from stages.training.settings import DpoSettings, LoraSettings, TrainSettings

LORA = LoraSettings(rank=2, alpha=4, dropout=0.0, target_modules=["q_proj", "v_proj"])
DPO = DpoSettings(beta=0.1, epochs=2.0, learning_rate=0.05)
SETTINGS = TrainSettings("sft", "trl", "base", 3.0, 0.02, 0.0, 2, 512, 0.0, "last", "float32", None, LORA, DPO)
STEPS_PER_EPOCH = 3  # 5 rows in batches of 2


def doubles(make_row, numbers):
    """Training rows that add each number to itself."""
    return [make_row(f"r{a}", f"{a} and {a}?", f"{a} + {a} = {2 * a}\n#### {2 * a}") for a in numbers]


def encoded(rows, chat):
    return encode(rows, chat, 512).rows


def padded(rows):
    """A batch as the trainer collates it, padded on the right with the end token."""
    longest = max(len(row["input_ids"]) for row in rows)

    def column(name, filler):
        return torch.tensor([row[name] + [filler] * (longest - len(row[name])) for row in rows])

    ids = column("input_ids", 2)
    lengths = torch.tensor([[len(row["input_ids"])] for row in rows])
    return {
        "input_ids": ids,
        "labels": column("labels", IGNORED),
        "attention_mask": (torch.arange(longest) < lengths).long(),
    }


def adapter_weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items() if "lora" in name}


def assert_same_weights(one, other):
    one, other = adapter_weights(one), adapter_weights(other)
    assert one.keys() == other.keys()
    assert one
    for name in one:
        assert torch.equal(one[name], other[name]), name


def loss_by_hand(model, rows):
    """Cross-entropy of the answer tokens, each from the full logits of its row alone; the sum, and how many."""
    total, count = 0.0, 0
    for row in rows:
        with torch.inference_mode():
            chances = model(torch.tensor([row["input_ids"]])).logits[0].double().log_softmax(-1)
        for i, label in enumerate(row["labels"]):
            if label != IGNORED:
                total -= float(chances[i - 1, label])
                count += 1
    return total, count


def curve(folder, name="loss"):
    with (folder / "plots" / "metrics" / f"{name}.tsv").open(newline="") as file:
        return [(int(row["step"]), float(row[name.rpartition("/")[2]])) for row in csv.DictReader(file, delimiter="\t")]


def killed(train, **changes):
    with pytest.raises(KeyboardInterrupt, match="killed after a checkpoint"):
        train(**changes)


class Began(list):
    """The steps that each run began; the first `kills` runs end after the checkpoint of step `after`.

    `saved` has the step of each checkpoint.
    """

    after = STEPS_PER_EPOCH
    kills = 1

    def __init__(self):
        self.saved = []


@pytest.fixture
def interrupting(monkeypatch):
    """Make the first runs end, like a kill, right after a checkpoint; later runs go to their end."""
    began = Began()
    original = curves.callback

    def interrupted(folder):
        callback = original(folder)
        ends = len(began) < began.kills
        steps = []
        began.append(steps)

        def on_save(_args, state, _control, **_):
            began.saved.append(state.global_step)
            if ends and state.global_step == began.after:
                raise KeyboardInterrupt("killed after a checkpoint")

        def on_step_begin(_args, state, _control, **_):
            steps.append(state.global_step)

        callback.on_save = on_save
        callback.on_step_begin = on_step_begin
        return callback

    monkeypatch.setattr(curves, "callback", interrupted)
    return began
