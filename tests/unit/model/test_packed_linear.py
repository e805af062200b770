"""Linear layers whose weights are laid out once."""

import pytest
import torch

from stages.model import packed_linear
from stages.model.packed_linear import PackedLinear


class Model(torch.nn.Module):
    """Two layers that share a weight with nothing, one small one, and one of a class of its own."""

    device, dtype = torch.device("cpu"), torch.float32

    class Own(torch.nn.Linear):
        """A linear layer that computes in its own way."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Sequential(torch.nn.Linear(300, 400), torch.nn.Linear(400, 300, bias=False))
        self.small = torch.nn.Linear(300, 10)
        self.own = self.Own(300, 300)

    def forward(self, x):
        x = self.inner(x)
        return self.small(x), self.own(x)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Model().eval()


@pytest.mark.parametrize("shape", [(1, 300), (2, 7, 300), (0, 300), (300,)], ids=str)
def test_packed_model_computes_the_same(model, shape):
    x = torch.randn(shape)
    with torch.inference_mode():
        before = model(x)
        packed_linear.pack(model)
        after = model(x)
    assert [type(layer) for layer in model.inner] == [PackedLinear, PackedLinear]
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other)


def test_slices_are_multiplied_as_they_are(model):
    x = torch.randn(3, 9, 300)
    layer = model.inner[0]
    with torch.inference_mode():
        expected = layer(x[:, 2:5])
        torch.testing.assert_close(PackedLinear(layer)(x[:, 2:5]), expected)


def test_weight_and_bias_are_still_there(model):
    layer = model.inner[0]
    packed = PackedLinear(layer)
    assert torch.equal(packed.weight, layer.weight)
    assert packed.bias is layer.bias
    assert (packed.in_features, packed.out_features) == (300, 400)


def test_small_layers_and_those_of_other_classes_stay(model):
    packed_linear.pack(model)
    assert type(model.small) is torch.nn.Linear
    assert type(model.own) is Model.Own


@pytest.mark.parametrize(
    ("device", "dtype"),
    [(torch.device("cuda"), torch.float32), (torch.device("cpu"), torch.float16)],
    ids=["gpu", "half"],
)
def test_models_that_the_processor_does_not_multiply_so_stay(model, device, dtype):
    model.device, model.dtype = device, dtype
    packed_linear.pack(model)
    assert type(model.inner[0]) is torch.nn.Linear
