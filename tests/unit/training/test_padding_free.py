"""The loss of rows without padding, against each row's loss alone by transformers."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

from stages.training import micro_batches, padding_free
from stages.training.backends import trl
from stages.training.encoding import IGNORED
from tests.unit.training.conftest import padded

SIZES = {
    "vocab_size": 50, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 4, "pad_token_id": 0,
}  # fmt: skip
ROWS = [
    {"input_ids": [7, 3, 9, 1, 4, 30, 2], "labels": [IGNORED, IGNORED, IGNORED, 1, 4, 30, 2]},
    {"input_ids": [7, 8, 2], "labels": [IGNORED, 8, 2]},
    {"input_ids": [5, 11, 12, 13, 2], "labels": [IGNORED, IGNORED, IGNORED, IGNORED, 2]},
]


def made(kind, layers=("q_proj", "v_proj"), **changes):
    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(kind, **SIZES | changes), dtype=torch.float32, attn_implementation="eager"
    )
    config = LoraConfig(r=2, target_modules=list(layers), task_type="CAUSAL_LM", init_lora_weights=False)
    return get_peft_model(base, config).train()


def by_rows(model):
    """Return the summed loss of each row's full logits."""
    total = 0.0
    for row in ROWS:
        logits = model(input_ids=torch.tensor([row["input_ids"]])).logits[0, :-1]
        total = total + torch.nn.functional.cross_entropy(
            logits, torch.tensor(row["labels"][1:]), ignore_index=IGNORED, reduction="sum"
        )
    return total


def slopes(model, loss):
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    return dict(zip(trained, torch.autograd.grad(loss, trained.values()), strict=True))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", padding_free._MODELS)
def test_loss_and_gradients_are_those_of_each_row_alone(kind, tied):
    options = {"sliding_window": None} if kind == "mistral" else {}
    model = made(kind, tie_word_embeddings=tied, **options)
    base = model.get_base_model()
    plain = by_rows(model)
    wanted = slopes(model, plain)
    assert padding_free.fits(base)
    padding_free.prepare(base)
    head = base.get_output_embeddings()
    loss = padding_free.summed_loss(model, base, padded(ROWS))
    assert torch.allclose(loss, plain, rtol=1e-6)
    for name, slope in slopes(model, loss).items():
        assert torch.allclose(slope, wanted[name], atol=1e-6), name
    assert base.get_output_embeddings() is head


def test_prepared_model_reads_padded_rows_as_before():
    model = made("llama").eval()
    batch = padded(ROWS)
    del batch["labels"]
    kept = batch["attention_mask"].bool()
    with torch.inference_mode():
        before = model(**batch).logits
        padding_free.prepare(model.get_base_model())
        after = model(**batch).logits
    assert torch.allclose(after[kept], before[kept], atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        pytest.param("llama", {"layers": ["q_proj", "lm_head"]}, id="adapted-head"),
        pytest.param("mistral", {"sliding_window": 2}, id="sliding-window"),
        pytest.param("gemma2", {}, id="soft-cap"),
        pytest.param("granite", {}, id="scaled-logits"),
    ],
)
def test_model_that_does_more_does_not_fit(kind, options):
    assert not padding_free.fits(made(kind, **options).get_base_model())


def test_loss_of_a_model_with_an_adapted_head_is_that_of_each_row_alone_too():
    model = made("llama", ["q_proj", "lm_head"], tie_word_embeddings=False)
    plain = by_rows(model)
    wanted = slopes(model, plain)
    loss = trl._summed_loss(model, model.get_base_model(), padded(ROWS))
    assert torch.allclose(loss, plain, rtol=1e-6)
    for name, slope in slopes(model, loss).items():
        assert torch.allclose(slope, wanted[name], atol=1e-6), name


def test_micro_batches_have_all_rows_in_order_each_as_wide_as_its_longest():
    parts = list(micro_batches.split(padded(ROWS), 2))
    assert [part["input_ids"].tolist() for part in parts] == [
        [[7, 3, 9, 1, 4, 30, 2], [7, 8, 2, 2, 2, 2, 2]],
        [[5, 11, 12, 13, 2]],
    ]
    assert [part["labels"].shape for part in parts] == [(2, 7), (1, 5)]
