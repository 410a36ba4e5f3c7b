"""The gradient by hand: central differences and autograd agree with it."""

import numpy as np
import pytest
import torch

from lsml_trainer.algorithms.deep.activations import ACTIVATIONS
from lsml_trainer.algorithms.deep.losses import LOSSES
from lsml_trainer.algorithms.deep.network import Network

CASES = {
    f"{loss}, {activation}, dropout {dropout}": (loss, activation, dropout)
    for loss in LOSSES
    for activation in ACTIVATIONS
    for dropout in (0.0, 0.4)
}


def a_network(loss: str, activation: str, dropout: float = 0.0, hidden: tuple[int, ...] = (4, 3)) -> Network:
    return Network((5, *hidden, 3 if loss == "cross_entropy" else 1), ACTIVATIONS[activation], LOSSES[loss], dropout)


def a_batch(loss: str, rows: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(0)
    x, y = random.standard_normal((rows, 5)), random.integers(0, 3, rows)
    return torch.tensor(x), torch.tensor(y) if loss == "cross_entropy" else torch.tensor(y, dtype=torch.float64)


@pytest.mark.parametrize(("loss", "activation", "dropout"), CASES.values(), ids=CASES)
def test_the_gradient_equals_central_differences(loss, activation, dropout):
    network, (x, y), h = a_network(loss, activation, dropout), a_batch(loss), 1e-5
    weights = network.first_weights(0).double() * 2
    masks = [mask.double() for mask in network.masks(0, 1, 2, len(x))]
    _, gradient = network.gradient(weights, x, y, 10, masks)
    bumps = torch.eye(len(weights), dtype=torch.float64) * h
    differences = [
        (network.gradient(weights + bump, x, y, 10, masks)[0] - network.gradient(weights - bump, x, y, 10, masks)[0])
        / (2 * h)
        for bump in bumps
    ]
    np.testing.assert_allclose(gradient, torch.stack(differences), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", [(), (4,), (4, 3)], ids=str)
def test_the_loss_and_gradient_of_plain_torch(loss, hidden):
    network, (x, y) = a_network(loss, "gelu", hidden=hidden), a_batch(loss)
    weights = network.first_weights(0).double().requires_grad_()
    outputs = network.outputs(weights, x)
    plain = torch.nn.CrossEntropyLoss()(outputs, y) if loss == "cross_entropy" else torch.nn.MSELoss()(outputs[:, 0], y)
    plain.backward()
    ours, gradient = network.gradient(weights.detach(), x, y, len(x))
    np.testing.assert_allclose(ours, plain.detach(), rtol=1e-12)
    np.testing.assert_allclose(gradient, weights.grad, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("cuts", [[7], [1, 6], [3, 1, 3]], ids=str)
def test_parts_add_up_to_the_whole(cuts):
    network, (x, y) = a_network("cross_entropy", "tanh"), a_batch("cross_entropy")
    weights = network.first_weights(0).double()
    parts = [
        network.gradient(weights, part_x, part_y, 7)
        for part_x, part_y in zip(x.split(cuts), y.split(cuts), strict=True)
    ]
    whole = network.gradient(weights, x, y, 7)
    np.testing.assert_allclose(sum(loss for loss, _ in parts), whole[0], rtol=1e-12)
    np.testing.assert_allclose(sum(gradient for _, gradient in parts), whole[1], rtol=1e-10, atol=1e-14)


def test_the_first_weights_are_those_of_torch_linear_in_distribution():
    network = Network((400, 300, 2), ACTIVATIONS["relu"], LOSSES["cross_entropy"])
    (W_OI, b_O), _ = network.layers(network.first_weights(5))
    assert W_OI.shape == (300, 400)
    for values in (W_OI, b_O):
        assert values.abs().max() <= 0.05
        assert float(values.double().std()) == pytest.approx(0.05 / 3**0.5, rel=0.1)
    assert network.first_weights(5).equal(network.first_weights(5))
    assert not network.first_weights(5).equal(network.first_weights(6))


def test_dropout_keeps_the_mean_and_is_a_function_of_seed_step_and_shard():
    network = Network((4, 500, 2), ACTIVATIONS["relu"], LOSSES["cross_entropy"], dropout=0.25)
    (mask,) = network.masks(seed=0, step=3, shard=1, rows=200)
    assert mask.unique().tolist() == pytest.approx([0, 4 / 3])
    assert float(mask.mean()) == pytest.approx(1.0, abs=0.01)
    assert mask.equal(network.masks(0, 3, 1, 200)[0])
    others = [network.masks(*place, 200)[0] for place in ((1, 3, 1), (0, 4, 1), (0, 3, 2))]
    assert not any(mask.equal(other) for other in others)


def test_a_linear_model_has_nothing_to_leave_out():
    assert Network((4, 2), ACTIVATIONS["relu"], LOSSES["cross_entropy"], dropout=0.5).masks(0, 0, 0, 9) == []
