"""The loss in chunks against PyTorch's own."""

import torch
from torch.nn.functional import cross_entropy
from torch.utils._python_dispatch import TorchDispatchMode

from stages.training.cross_entropy import CHUNK, CrossEntropy

WORDS, WIDTH = 40, 8


def made(positions):
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(positions, WIDTH, generator=generator, requires_grad=True)
    weight = torch.randn(WORDS, WIDTH, generator=generator)
    return hidden, weight, torch.randint(WORDS, (positions,), generator=generator)


def test_loss_and_gradient_of_several_chunks_are_those_of_all_logits_at_once():
    hidden, weight, targets = made(2 * CHUNK + 3)
    plain = cross_entropy(hidden @ weight.t(), targets, reduction="sum")
    (wanted,) = torch.autograd.grad(plain / 7, hidden)
    loss = CrossEntropy.apply(hidden, weight, targets)
    (slope,) = torch.autograd.grad(loss / 7, hidden)
    assert torch.allclose(loss, plain, rtol=1e-6)
    assert torch.allclose(slope, wanted, atol=1e-6)


def test_loss_of_no_position_is_zero():
    hidden, weight, targets = made(0)
    loss = CrossEntropy.apply(hidden, weight, targets)
    loss.backward()
    assert loss.item() == 0.0


def test_no_tensor_has_more_logits_than_a_chunk():
    sizes = []

    class Recording(TorchDispatchMode):
        def __torch_dispatch__(self, function, _types, arguments=(), options=None):
            result = function(*arguments, **(options or {}))
            sizes.extend(t.numel() for t in (result if isinstance(result, tuple) else [result]) if torch.is_tensor(t))
            return result

    with Recording():
        CrossEntropy.apply(*made(3 * CHUNK)).backward()
    assert max(sizes) == CHUNK * WORDS
