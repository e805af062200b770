"""Problems that are held out: which, the loss on them, and the state that is kept for it."""

from dataclasses import replace

import pytest
import torch

from stages.core.exceptions import RecordsError
from stages.model import checkpoints
from stages.training import validation
from stages.training.encoding import Encoded, encode
from stages.training.job import Job
from stages.training.methods import sft
from stages.training.resuming import SAVE_SECONDS
from tests.unit.training.conftest import (
    SETTINGS,
    adapter_weights,
    assert_same_weights,
    curve,
    doubles,
    killed,
    loss_by_hand,
)  # fmt: skip


@pytest.fixture(scope="module")
def encoded(chat, make_row):
    return encode(doubles(make_row, (1, 20, 4, 5, 7, 8, 90)), chat, 512)


@pytest.fixture
def train(encoded, tiny_target, tmp_path):
    def run(
        fingerprint="f", keep="last", at_once=None, save_seconds=SAVE_SECONDS, curves="curves", held_out=None,
        dtype="float32", **changes
    ):  # fmt: skip
        settings = replace(SETTINGS, validation=0.3, keep=keep, **changes)
        rows, held_out = encoded.rows[:5], held_out or encoded.rows[5:]
        places = (tmp_path / curves, tmp_path / "adapter")
        job = Job(rows, tiny_target, settings, dtype, "cpu", 0, 0, fingerprint, *places, at_once, held_out)
        return sft.fit(job, save_seconds)[:2]

    return run


def mean_by_hand(model, rows):
    total, count = loss_by_hand(model.eval(), rows)
    return total / count


def hold_out(encoded, share, seed=0):
    kept, held_out = validation.hold_out(encoded, share, seed)
    number = {id(row): source.id for row, source in zip(encoded.rows, encoded.sources, strict=True)}
    return [number[id(row)] for row in kept], [number[id(row)] for row in held_out]


def test_share_of_the_problems_is_held_out_by_seed(encoded):
    kept, held_out = hold_out(encoded, 0.3)
    assert len(held_out) == 2  # of 7
    assert sorted(kept + held_out) == sorted(source.id for source in encoded.sources)
    assert hold_out(encoded, 0.3) == (kept, held_out)
    assert len({tuple(hold_out(encoded, 0.3, seed)[1]) for seed in range(5)}) > 1


def test_without_a_share_nothing_is_held_out(encoded):
    assert validation.hold_out(encoded, 0.0, 0) == (encoded.rows, [])


def test_rows_of_one_problem_are_held_out_together(encoded):
    twice = Encoded(
        encoded.rows + [dict(row) for row in encoded.rows],
        encoded.sources + [replace(source, id=f"{source.id}-again") for source in encoded.sources],
        0,
    )
    for seed in range(5):
        _, held_out = hold_out(twice, 0.3, seed)
        assert len(held_out) == 4
        assert {f"{name}-again" for name in held_out if "-" not in name} <= set(held_out)


def test_problem_held_out_among_few_is_held_out_among_as_many_more(encoded):
    few = Encoded(encoded.rows[:4], encoded.sources[:4], 0)
    for seed in range(10):
        assert set(hold_out(few, 0.25, seed)[1]) <= set(hold_out(encoded, 0.65, seed)[1])


def test_single_problem_is_refused(encoded):
    with pytest.raises(RecordsError, match=r"train\.validation 0\.5 would hold out all problems, of which there are 1"):
        validation.hold_out(Encoded(encoded.rows[:1], encoded.sources[:1], 0), 0.5, 0)


@pytest.mark.parametrize("at_once", [None, 1])
def test_loss_is_the_mean_over_trained_tokens_at_the_start_and_after_each_epoch(
    train, encoded, tiny_base, tmp_path, at_once
):
    model, fitted = train(at_once=at_once)
    start = checkpoints.load_base(tiny_base, "float32", "cpu")
    assert len(fitted.validation) == 4
    assert fitted.validation[0] == pytest.approx(mean_by_hand(start, encoded.rows[5:]), rel=1e-5)
    assert fitted.validation[-1] == pytest.approx(mean_by_hand(model, encoded.rows[5:]), rel=1e-5)
    assert fitted.validation[-1] < fitted.validation[0]
    assert fitted.kept_epoch == 3.0
    found = curve(tmp_path / "curves", "eval/loss")
    assert [step for step, _ in found] == [0, 3, 6, 9]
    assert [loss for _, loss in found] == pytest.approx(fitted.validation)
    assert len(curve(tmp_path / "curves")) == 9


def test_loss_over_several_batches_of_unlike_sizes_is_the_mean_over_all_tokens(train, encoded):
    model, fitted = train(epochs=1.0, held_out=encoded.rows[2:])  # 5 rows in batches of 2
    assert fitted.validation[-1] == pytest.approx(mean_by_hand(model, encoded.rows[2:]), rel=1e-5)


@pytest.fixture
def worsening(chat, make_row, train):
    """A training, in four epochs, of rows whose answers are nothing like that of the row held out."""
    (held_out,) = encode([make_row("z", "1 and 1?", "zzzzzz")], chat, 512).rows

    def run(*arguments, **changes):
        return train(*arguments, held_out=[held_out], epochs=4.0, **changes)

    return run, [held_out]


def test_best_state_is_the_one_after_the_epoch_with_the_least_loss(worsening):
    train, held_out = worsening
    model, fitted = train(keep="best")
    after = fitted.validation[1:]
    assert after[-1] > min(after)
    assert fitted.kept_epoch == 1.0 + after.index(min(after))
    assert mean_by_hand(model, held_out) == pytest.approx(min(after), rel=1e-4)
    last, _ = train("last")
    assert mean_by_hand(last, held_out) == pytest.approx(after[-1], rel=1e-4)


@pytest.mark.parametrize("after", [3, 4, 12])
def test_killed_run_ends_with_the_same_best_state_and_losses(worsening, interrupting, tmp_path, after):
    train, _ = worsening
    interrupting.append([])  # a first run that ends
    whole, expected = train("whole", keep="best", curves="whole", save_seconds=0.0)
    interrupting.clear()
    interrupting.after = after
    killed(train, keep="best", save_seconds=0.0)
    model, fitted = train(keep="best", save_seconds=0.0)
    assert interrupting == [list(range(after)), list(range(after, 12))]
    assert_same_weights(model, whole)
    assert (fitted.validation, fitted.kept_epoch) == (expected.validation, expected.kept_epoch)
    assert curve(tmp_path / "curves", "eval/loss") == curve(tmp_path / "whole", "eval/loss")


def test_best_state_of_an_adapter_in_bfloat16_stays_in_it(worsening):
    model, _ = worsening[0](keep="best", dtype="bfloat16", adapter_dtype="model")
    assert {tensor.dtype for tensor in adapter_weights(model).values()} == {torch.bfloat16}
