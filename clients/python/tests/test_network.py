import functools
import math

import pytest

torch = pytest.importorskip("torch", reason="networks need PyTorch")
from torch import nn

from layersearch_torch import network as networks
from layersearch_torch.network import parameter_parts
from layersearch_torch.work import Decomposition, Refused, Variant, parse_candidate

make_network = functools.partial(networks.make_network, classes=10)


def count(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    "model, parameters",
    [
        ("resnet8", 75290),
        ("resnet20", 269722),
        ("resnet56", 853018),
        ("resnet18", 11173962),
        ("cifar-resnet:depth=20", 269722),
        ("resnet:blocks=3/3/3,widths=16/32/64,shortcut=A", 269722),
        ("resnet:blocks=3/4/6/3,block=bottleneck,stem=7x7-pool", 25557032 - 2049 * 990),
        ("resnet:blocks=3/4/6/3,block=bottleneck,stem=7x7-pool,width=2", 68883240 - 2049 * 990),
        ("cifar-resnet:depth=26,width=10,shortcut=B", 36481434),
    ],
)
def test_dense_parameters(model, parameters):
    assert count(make_network(model, {}, 1)) == parameters


@pytest.mark.parametrize("model", ["resnet8", "resnet18", "resnet:blocks=1/1,block=bottleneck,stem=7x7-pool"])
def test_shapes(model):
    network = make_network(model, {}, 1).eval()
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert ("layer1.0.downsample.0.weight" in network.state_dict()) == ("bottleneck" in model)


@pytest.mark.parametrize("model", ["resnet8", "resnet18", "resnet:blocks=1/1,block=bottleneck,stem=7x7-pool"])
@pytest.mark.parametrize("side, classes", [(4, 2), (48, 1000), (96, 100)])
def test_other_images_and_classes(model, side, classes):
    network = make_network(model, {}, 1, classes=classes).eval()
    assert network(torch.zeros(2, 3, side, side)).shape == (2, classes)
    assert count(network) - count(make_network(model, {}, 1)) == (classes - 10) * (network.fc.weights.in_channels + 1)


@pytest.mark.parametrize(
    "candidate, change",
    [
        ("layer1.0.conv1=4", -16 * 16 * 9 + 4 * 16 * 9 + 4 * 12),
        ("layer1.0.conv1=4/full", -16 * 16 * 9 + 4 * 16 * 9 + 4 * 16),
        ("layer1.0.conv1=4/grouped2", -16 * 16 * 9 + 4 * 16 * 9 + 2 * 12),
        ("layer1.0.conv1=4/tied,layer1.0.conv2=4/tied", 2 * (-16 * 16 * 9 + 4 * 16 * 9) + 4 * 12),
        ("layer1.0.conv1=4/tied,layer1.0.conv2=8/tied", -2 * 16 * 16 * 9 + 12 * 16 * 9 + 4 * 12 + 8 * 8),
        ("layer2.0.conv1=8", -32 * 16 * 9 + 8 * 16 * 9 + 8 * 24),
        ("conv1=5", -16 * 27 + 5 * 27 + 5 * 11),
        ("fc=4", -640 + 4 * 64 + 4 * 6),
    ],
)
def test_decomposed_parameters(candidate, change):
    network = make_network("resnet8", parse_candidate(candidate, Variant("remainder")), 1)
    assert count(network) == 75290 + change
    assert network.eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize(
    "model",
    ["", "resnet", "resnet21", "resnet:", "cifar-resnet:depth=21", "cifar-resnet:depth=20,colour=3", "vgg:depth=8",
     "resnet:blocks=2/2,widths=16", "resnet:blocks=0", "resnet:blocks=2,block=wide", "cifar-resnet:depth=20,depth"],
)
def test_unknown_models_are_refused(model):
    with pytest.raises(Refused):
        make_network(model, {}, 1)


def test_a_projection_may_be_decomposed():
    candidate = parse_candidate("layer2.0.downsample.0=16/tied,layer2.0.conv1=16/tied", Variant("full"))
    network = make_network("resnet18", candidate, 1)
    block = network.layer2[0]
    assert block.downsample[0].coefficients is block.conv1.coefficients
    assert network.eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


def test_outputs_of_remainder_and_groups():
    network = make_network("resnet8", parse_candidate("layer1.0.conv1=4/grouped2", Variant("full")), 1)
    layer = network.layer1[0].conv1
    x = torch.randn(1, 16, 8, 8)
    y, maps = layer(x), layer.basis(x)
    weight = layer.coefficients.weight[:, :, 0, 0]
    assert weight.shape == (12, 2)
    assert torch.equal(y[:, :4], maps)
    assert torch.allclose(y[:, 4:10], torch.einsum("or,brhw->bohw", weight[:6], maps[:, :2]), atol=1e-5)
    assert torch.allclose(y[:, 10:], torch.einsum("or,brhw->bohw", weight[6:], maps[:, 2:]), atol=1e-5)


def test_option_a_puts_zeros_on_both_sides():
    block = make_network("resnet8", {}, 1).layer2[0]
    x = torch.randn(1, 16, 32, 32)
    y = block.downsample(x)
    assert y.shape == (1, 32, 16, 16)
    assert torch.equal(y[:, 8:24], x[:, :, ::2, ::2]) and y[:, :8].abs().sum() + y[:, 24:].abs().sum() == 0


@pytest.mark.parametrize(
    "candidate",
    ["layer1.0.conv1=16", "layer9.0.conv1=2", "layer1.0.bn1=2", "layer1=2", "layer1.0.conv1=3/grouped2", "x=1"],
)
def test_impossible_candidates_are_refused(candidate):
    with pytest.raises(Refused):
        make_network("resnet8", parse_candidate(candidate, Variant("remainder")), 1)


def test_initial_weights():
    candidate = {
        "layer4.1.conv1": Decomposition(128, Variant("remainder")),
        "layer4.1.conv2": Decomposition(128, Variant("grouped", 4)),
    }
    network = make_network("resnet18", candidate, 7)

    def deviation(weight):
        return weight.std(correction=0).item()

    assert deviation(network.layer3[0].conv2.weight) == pytest.approx(math.sqrt(2 / (256 * 9)), rel=0.02)
    block = network.layer4[1]
    assert deviation(block.conv1.basis.weight) == pytest.approx(math.sqrt(2 / (128 * 9)), rel=0.02)
    assert deviation(block.conv1.coefficients.weight) == pytest.approx(math.sqrt(1 / 128), rel=0.02)
    assert deviation(block.conv2.coefficients.weight) == pytest.approx(math.sqrt(4 / 128), rel=0.03)
    bound = 1 / math.sqrt(512)
    weight = network.fc.weights.weight
    assert weight.abs().max() <= bound and deviation(weight) == pytest.approx(bound / math.sqrt(3), rel=0.03)
    assert network.fc.bias.abs().max() <= bound and network.fc.bias.abs().sum() > 0
    assert all(m.eps == 1e-5 and m.momentum == 0.1 for m in network.modules() if isinstance(m, nn.BatchNorm2d))


def test_same_seed_same_weights():
    first, second, other = (make_network("resnet8", {}, seed).state_dict() for seed in (3, 3, 2**64 - 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])


def test_parts():
    candidate = parse_candidate("layer1.0.conv1=4/tied,layer1.0.conv2=4/tied,fc=4", Variant("remainder"))
    parts = parameter_parts(make_network("resnet8", candidate, 1))
    assert len(parts["coefficients"]) == 2 and len(parts["basis"]) == 3


def test_a_rank_beyond_what_the_inputs_span_is_refused():
    for rank, is_possible in ((26, True), (27, False)):
        candidate = parse_candidate(f"conv1={rank}", Variant("remainder"))
        if is_possible:
            make_network("resnet18", candidate, 1)
        else:
            with pytest.raises(Refused):
                make_network("resnet18", candidate, 1)
