"""The gradient by hand: central differences and autograd agree with it."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from lsml_trainer.algorithms.batches import Purpose, random
from lsml_trainer.algorithms.deep.mlp.activations import ACTIVATIONS
from lsml_trainer.algorithms.deep.mlp.losses import Loss, bce_with_logits, cross_entropy, huber, mse
from lsml_trainer.algorithms.deep.mlp.network import Network
from lsml_trainer.algorithms.deep.training import BLAS_BLOCK, clipped, squared_norm

Array = np.ndarray[Any, Any]
# what: (ours, outputs, torch's on outputs (N, K) and labels (N,), both float64)
LOSSES: dict[str, tuple[Loss, int, Any]] = {
    "cross_entropy": (cross_entropy(3), 3, lambda z, y: functional.cross_entropy(z, y.long())),
    "cross_entropy, smoothed": (
        cross_entropy(3, 0.2),
        3,
        lambda z, y: functional.cross_entropy(z, y.long(), label_smoothing=0.2),
    ),
    "bce_with_logits": (
        bce_with_logits,
        1,
        lambda z, y: functional.binary_cross_entropy_with_logits(z[:, 0], y),
    ),
    "mse": (mse, 1, lambda z, y: functional.mse_loss(z[:, 0], y)),
    "huber": (huber(0.7), 1, lambda z, y: functional.huber_loss(z[:, 0], y, delta=0.7)),
}
CASES = {f"{loss}, {activation}": (loss, activation) for loss in LOSSES for activation in ACTIVATIONS}


def a_network(loss: str, activation: str = "tanh", dropout: float = 0.0, hidden: tuple[int, ...] = (4, 3)) -> Network:
    return Network((5, *hidden, LOSSES[loss][1]), ACTIVATIONS[activation], dropout)


def a_batch(loss: str, rows: int = 7) -> tuple[Array, Array]:
    stream = np.random.default_rng(0)
    x, y = stream.standard_normal((rows, 5)), stream.integers(0, 3, rows)
    return x, {"cross": y, "bce_w": np.minimum(y, 1).astype(float)}.get(loss[:5], y.astype(float))


def weights_of(network: Network) -> Array:
    return network.first_weights(0).astype(np.float64) * 2


@pytest.mark.parametrize(("loss", "activation"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_the_gradient_equals_central_differences(loss, activation, dropout):
    network, (x, y), h = a_network(loss, activation, dropout), a_batch(loss), 1e-5
    weights, masks = weights_of(network), network.masks(random(0, Purpose.DROPOUT, 1, 2), len(x)) if dropout else []

    def value(at: Array) -> float:
        return network.gradient(at, x, y, LOSSES[loss][0], 0.1, masks)[0]

    _, gradient = network.gradient(weights, x, y, LOSSES[loss][0], 0.1, masks)
    bumps = np.eye(len(weights)) * h
    differences = [(value(weights + bump) - value(weights - bump)) / (2 * h) for bump in bumps]
    np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", [(), (4,), (4, 3)], ids=str)
def test_the_loss_and_gradient_of_plain_torch(loss, hidden):
    network, (x, y) = a_network(loss, "gelu", hidden=hidden), a_batch(loss)
    weights = weights_of(network)
    flat = torch.tensor(weights, requires_grad=True)
    outputs = torch.tensor(x)
    for layer, (weight, bias, shape) in enumerate(network._places):
        outputs = functional.linear(
            functional.gelu(outputs) if layer else outputs, flat[weight].reshape(shape), flat[bias]
        )
    np.testing.assert_allclose(network.outputs(weights, x), outputs.detach(), rtol=1e-10)
    plain = LOSSES[loss][2](outputs, torch.tensor(y))
    plain.backward()
    ours, gradient = network.gradient(weights, x, y, LOSSES[loss][0], 1 / len(x))
    np.testing.assert_allclose(ours, plain.detach(), rtol=1e-6)
    np.testing.assert_allclose(gradient, flat.grad, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("cuts", [[1], [3, 4]], ids=str)
def test_parts_add_up_to_the_whole(loss, cuts):
    network, (x, y) = a_network(loss), a_batch(loss)
    weights, criterion, share = weights_of(network), LOSSES[loss][0], np.arange(1.0, 8.0)
    parts = [
        network.gradient(weights, *part[:2], criterion, part[2])
        for part in zip(*(np.split(whole, cuts) for whole in (x, y, share)), strict=True)
    ]
    whole = network.gradient(weights, x, y, criterion, share)
    np.testing.assert_allclose(sum(loss for loss, _ in parts), whole[0], rtol=1e-12)
    np.testing.assert_allclose(sum(gradient for _, gradient in parts), whole[1], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("rows", [1, 2, 7, 64])
@pytest.mark.parametrize(("loss", "activation"), CASES.values(), ids=CASES)
def test_pieces_that_go_together_have_the_bits_that_they_have_alone(loss, activation, rows):
    network, stream = a_network(loss, activation, 0.4, (33, 17)), np.random.default_rng(0)
    weights, criterion = network.first_weights(0), LOSSES[loss][0]
    x = stream.standard_normal((8, rows, 5)).astype(np.float32)
    y = np.stack([a_batch(loss, rows)[1]] * 8)
    share = stream.random((8, rows)).astype(np.float32)
    masks = [np.stack(each) for each in zip(*(network.masks(stream, rows) for _ in x), strict=True)]
    together = network.gradient(weights, x, y, criterion, share, masks)
    for piece in range(8):
        alone = network.gradient(
            weights, x[piece].copy(), y[piece], criterion, share[piece].copy(), [mask[piece].copy() for mask in masks]
        )
        for one, many in zip(alone, together, strict=True):
            assert one.tobytes() == many[piece].tobytes()


def test_the_first_weights_are_those_of_torch_linear_in_distribution():
    network = Network((400, 300, 2), ACTIVATIONS["relu"])
    (W_OI, b_O), _ = network.layers(network.first_weights(5))
    assert W_OI.shape == (300, 400)
    for values in (W_OI, b_O):
        assert abs(values).max() <= 0.05
        assert float(values.std()) == pytest.approx(0.05 / 3**0.5, rel=0.1)
    np.testing.assert_array_equal(network.first_weights(5), network.first_weights(5))
    assert (network.first_weights(5) != network.first_weights(6)).any()


def test_dropout_keeps_the_mean_and_is_a_function_of_seed_step_shard_and_piece():
    network = Network((4, 500, 2), ACTIVATIONS["relu"], dropout=0.25)

    def mask_of(seed: int, *place: int) -> Array:
        (mask,) = network.masks(random(seed, Purpose.DROPOUT, *place), 200)
        return mask

    mask = mask_of(0, 3, 1)
    assert np.unique(mask).tolist() == pytest.approx([0, 4 / 3])
    assert float(mask.mean()) == pytest.approx(1.0, abs=0.01)
    np.testing.assert_array_equal(mask, mask_of(0, 3, 1))
    assert all((mask != mask_of(*place)).any() for place in ((1, 3, 1), (0, 4, 1), (0, 3, 2), (0, 3, 1, 1)))


def test_a_linear_model_has_nothing_to_leave_out():
    assert Network((4, 2), ACTIVATIONS["relu"], dropout=0.5).masks(random(0, Purpose.DROPOUT, 0, 0), 9) == []


def test_a_long_gradient_is_shortened_and_a_short_one_is_not():
    gradient = np.array([3.0, 4.0])
    theirs = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    theirs.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_([theirs], 0.5)
    np.testing.assert_allclose(clipped(gradient, 5.0, 0.5), theirs.grad)
    assert clipped(gradient, 5.0, 6.0) is gradient
    assert clipped(gradient, 5.0, None) is gradient


@pytest.mark.parametrize("length", [0, 3, BLAS_BLOCK, BLAS_BLOCK + 1, 3 * BLAS_BLOCK, 3 * BLAS_BLOCK + 5])
def test_a_squared_norm_in_blocks_is_that_of_the_whole(length):
    vector = np.random.default_rng(length).normal(size=length)
    np.testing.assert_allclose(squared_norm(vector), np.square(vector).sum(), rtol=1e-12)
