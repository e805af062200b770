"""Fused LoRA layers against PEFT's own."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import nn

from stages.training import fused_lora


def made(dtype=torch.float32, dropout=0.0, autocast=False):
    """Two linear layers, one with a bias, under adapters that already do something."""
    torch.manual_seed(0)
    base = nn.ModuleDict({"first": nn.Linear(6, 8), "second": nn.Linear(8, 5, bias=False)}).to(dtype)
    base.forward = lambda x: base["second"](torch.tanh(base["first"](x)))
    config = LoraConfig(
        r=2, lora_alpha=6, lora_dropout=dropout, target_modules=["first", "second"], init_lora_weights=False
    )
    return get_peft_model(base, config, autocast_adapter_dtype=autocast).train()


def gradients(model, x):
    output = model(x)
    output.pow(2).sum().backward()
    return output, {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def test_outputs_and_gradients_are_those_of_peft():
    plain, fused = made(), made()
    fused_lora.fuse(fused)
    inputs = [torch.linspace(-1, 1, 36).view(2, 3, 6).requires_grad_() for _ in range(2)]
    (wanted, wanted_slopes), (found, slopes) = gradients(plain, inputs[0]), gradients(fused, inputs[1])
    assert torch.allclose(found, wanted, atol=1e-6)
    assert torch.allclose(inputs[1].grad, inputs[0].grad, atol=1e-5)
    assert len(slopes) == 4
    assert slopes.keys() == wanted_slopes.keys()
    for name in slopes:
        assert torch.allclose(slopes[name], wanted_slopes[name], rtol=1e-5, atol=1e-6), name


def test_evaluation_is_pefts_own_so_that_adapters_can_be_disabled_and_merged():
    model, x = made(), torch.ones(1, 6)
    fused_lora.fuse(model)
    with model.disable_adapter():
        bare = model(x)
    adapted = model.eval()(x)
    assert not torch.allclose(adapted, bare)
    model.merge_adapter()
    assert torch.allclose(model(x), adapted, atol=1e-5)
    assert torch.allclose(model.train()(x), adapted, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"dropout": 0.5}, id="dropout"),
        pytest.param({"dtype": torch.bfloat16, "autocast": True}, id="adapter-in-float32"),
    ],
)
def test_other_layers_are_left_alone(options):
    model = made(**options)
    fused_lora.fuse(model)
    assert not any("forward" in vars(layer) for layer in model.modules() if isinstance(layer, fused_lora.Linear))


def test_layers_of_another_class_such_as_quantised_ones_are_left_alone():
    model = made()
    for layer in (one for one in model.modules() if isinstance(one, fused_lora.Linear)):
        layer.base_layer.__class__ = type("Linear4bit", (nn.Linear,), {})
    fused_lora.fuse(model)
    assert not any("forward" in vars(layer) for layer in model.modules() if isinstance(layer, fused_lora.Linear))
