"""The loss in chunks against PyTorch's own."""

import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.utils._python_dispatch import TorchDispatchMode

from stages.training.cross_entropy import CHUNK, CrossEntropy, of_logits

WORDS, WIDTH = 40, 8


def made(positions):
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(positions, WIDTH, generator=generator, requires_grad=True)
    weight = torch.randn(WORDS, WIDTH, generator=generator)
    return hidden, weight, torch.randint(WORDS, (positions,), generator=generator)


def of_plain_head(hidden, weight, targets):
    return CrossEntropy.apply(hidden, weight, targets)


def of_other_head(hidden, weight, targets):
    return of_logits(hidden @ weight.t(), targets)


@pytest.mark.parametrize("summed", [of_plain_head, of_other_head])
def test_loss_and_gradient_of_several_chunks_are_those_of_all_logits_at_once(summed):
    hidden, weight, targets = made(2 * CHUNK + 3)
    plain = cross_entropy(hidden @ weight.t(), targets, reduction="sum")
    (wanted,) = torch.autograd.grad(plain / 7, hidden)
    loss = summed(hidden, weight, targets)
    (slope,) = torch.autograd.grad(loss / 7, hidden)
    assert torch.allclose(loss, plain, rtol=1e-6)
    assert torch.allclose(slope, wanted, atol=1e-6)


@pytest.mark.parametrize("summed", [of_plain_head, of_other_head])
def test_loss_of_no_position_is_zero(summed):
    hidden, weight, targets = made(0)
    loss = summed(hidden, weight, targets)
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


def test_no_float32_tensor_has_more_than_a_chunk_of_16_bit_logits():
    hidden, weight, targets = made(3 * CHUNK)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        of_logits((hidden @ weight.t()).bfloat16(), targets).backward()
    assert not [tensor for tensor in kept if tensor.dtype == torch.float32 and tensor.numel() > CHUNK * WORDS]
