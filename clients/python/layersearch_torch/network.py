"""ResNets for 32x32 images, dense or with decomposed layers; module names are those of candidates."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from layersearch_torch.work import Refused

CLASSES = 10


class BasisConvolution(nn.Module):
    """A convolution with `rank` filters, and a 1x1 convolution that makes the other outputs (or all) of its maps."""

    def __init__(self, dense, rank, variant, shared=None):
        super().__init__()
        outputs = dense.out_channels
        made = outputs if variant.name == "full" else outputs - rank
        if not 1 <= rank < outputs or rank % variant.groups or made % variant.groups:
            raise Refused(f"rank {rank} of {outputs} outputs, {variant.groups} groups, is not possible")
        self.keeps_basis = variant.name != "full"
        self.basis = nn.Conv2d(
            dense.in_channels, rank, dense.kernel_size, dense.stride, dense.padding, bias=False
        )
        self.coefficients = shared or nn.Conv2d(rank, made, 1, groups=variant.groups, bias=False)

    def forward(self, x):
        maps = self.basis(x)
        made = self.coefficients(maps)
        return torch.cat([maps, made], 1) if self.keeps_basis else made


class Classifier(nn.Module):
    """The linear layer `fc` with bias, as a 1x1 convolution of one pixel, so that it may be decomposed like others."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weights = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return self.weights(x[:, :, None, None]).flatten(1) + self.bias


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut: of option A (sampled, channels of zeros), or B (1x1 convolution)."""

    def __init__(self, inputs, outputs, stride, has_projection):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.missing = outputs - inputs
        self.stride = stride
        changes = stride != 1 or inputs != outputs
        self.downsample = None
        if changes and has_projection:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def shortcut(self, x):
        if self.downsample is not None:
            return self.downsample(x)
        if self.stride == 1 and self.missing == 0:
            return x
        before = self.missing // 2
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, before, self.missing - before))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self, blocks, widths, has_projection):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.stages = len(widths)
        inputs = widths[0]
        for stage, (count, width) in enumerate(zip(blocks, widths)):
            made = []
            for index in range(count):
                made.append(Block(inputs, width, 2 if stage and not index else 1, has_projection))
                inputs = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*made))
        self.fc = Classifier(inputs, CLASSES)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(1, self.stages + 1):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


def _dense(model):
    depth = int(model[len("resnet") :])
    if depth in (18, 34):
        blocks = [2, 2, 2, 2] if depth == 18 else [3, 4, 6, 3]
        return ResNet(blocks, [64, 128, 256, 512], has_projection=True)
    return ResNet([(depth - 2) // 6] * 3, [16, 32, 64], has_projection=False)


def _place(network, layer):
    """The module that holds the convolution of a layer, and its name there."""
    path = layer.split(".")
    if layer == "fc":
        return network.fc, "weights"
    module = network
    for name in path[:-1]:
        module = getattr(module, name, None) if module is not None else None
    if not isinstance(getattr(module, path[-1], None), nn.Conv2d):
        raise Refused(f"the network has no layer {layer}")
    return module, path[-1]


def make_network(model, candidate, seed):
    """The network of a candidate with initial weights of a seed, on the CPU."""
    network = _dense(model)
    shared = {}
    for layer, decomposition in candidate.items():
        module, name = _place(network, layer)
        dense = getattr(module, name)
        variant = decomposition.variant
        key = (layer.split(".")[0], dense.out_channels, decomposition.rank) if variant.name == "tied" else None
        basis = BasisConvolution(dense, decomposition.rank, variant, shared.get(key))
        if key is not None:
            shared[key] = basis.coefficients
        setattr(module, name, basis)
    _initialize(network, torch.Generator().manual_seed(seed))
    return network


@torch.no_grad()
def _initialize(network, generator):
    drawn = set()
    inputs = network.fc.weights.basis.in_channels if _is_basis(network.fc.weights) else network.fc.weights.in_channels
    bound = 1 / math.sqrt(inputs)
    for name, module in network.named_modules():
        if not isinstance(module, nn.Conv2d) or module.weight in drawn:
            continue
        drawn.add(module.weight)
        if name.endswith(".coefficients"):
            module.weight.normal_(0, math.sqrt(module.groups / module.in_channels), generator=generator)
        elif name.startswith("fc."):
            module.weight.uniform_(-bound, bound, generator=generator)
        else:
            area = module.kernel_size[0] * module.kernel_size[1]
            module.weight.normal_(0, math.sqrt(2 / (module.out_channels * area)), generator=generator)
    network.fc.bias.uniform_(-bound, bound, generator=generator)


def _is_basis(module):
    return isinstance(module, BasisConvolution)


def parameter_parts(network):
    """Parameters by part: `coefficients`, `basis` of decomposed layers, and `other`; shared ones once."""
    parts = {"coefficients": [], "basis": [], "other": []}
    for name, parameter in network.named_parameters():
        part = name.split(".")[-2] if "." in name else "other"
        parts[part if part in ("coefficients", "basis") else "other"].append(parameter)
    return parts
