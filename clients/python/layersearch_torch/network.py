"""ResNets, dense or with decomposed layers. The names of modules are those in candidates."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from layersearch_torch.architecture import Refused, parse_architecture


class BasisConvolution(nn.Module):
    """A convolution with `rank` filters, and a 1x1 convolution that combines its maps into the other outputs (or
    all)."""

    def __init__(self, dense, rank, variant, shared=None):
        super().__init__()
        outputs = dense.out_channels
        made = outputs if variant.name == "full" else outputs - rank
        filters = dense.in_channels * dense.kernel_size[0] * dense.kernel_size[1]
        if not 1 <= rank < min(outputs, filters) or rank % variant.groups or made % variant.groups:
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
    """The linear layer `fc` with bias, as a 1x1 convolution of one pixel, so that it can be decomposed like other
    layers."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weights = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return self.weights(x[:, :, None, None]).flatten(1) + self.bias


class Shortcut(nn.Module):
    """Takes every `stride`th pixel, and adds the missing channels as zeros, half of them before and half after the
    others."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self._stride, missing = stride, outputs - inputs
        self._before, self._behind = missing // 2, missing - missing // 2

    def forward(self, x):
        x = x[:, :, :: self._stride, :: self._stride] if self._stride > 1 else x
        return F.pad(x, (0, 0, 0, 0, self._before, self._behind)) if self._before + self._behind else x


class Block(nn.Module):
    """The convolutions `conv1`, … of a block, each with its batch norm, and a shortcut of option A or B."""

    def __init__(self, inputs, inner, outputs, stride, is_bottleneck, has_projection):
        super().__init__()
        shapes = [(inputs, inner, 3, stride), (inner, outputs, 3, 1)]
        if is_bottleneck:
            shapes = [(inputs, inner, 1, 1), (inner, inner, 3, stride), (inner, outputs, 1, 1)]
        self._count = len(shapes)
        for index, (ins, outs, kernel, step) in enumerate(shapes, 1):
            setattr(self, f"conv{index}", nn.Conv2d(ins, outs, kernel, step, kernel // 2, bias=False))
            setattr(self, f"bn{index}", nn.BatchNorm2d(outs))
        if has_projection and (stride != 1 or inputs != outputs):
            projection = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(outputs))
        else:
            self.downsample = Shortcut(inputs, outputs, stride)

    def forward(self, x):
        y = x
        for index in range(1, self._count + 1):
            y = getattr(self, f"bn{index}")(getattr(self, f"conv{index}")(y))
            y = F.relu(y if index < self._count else y + self.downsample(x))
        return y


class ResNet(nn.Module):
    def __init__(self, architecture, classes):
        super().__init__()
        inputs = architecture.widths[0]
        kernel, stride = (7, 2) if architecture.has_pooled_stem else (3, 1)
        self.conv1 = nn.Conv2d(3, inputs, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(inputs)
        self._has_pooling = architecture.has_pooled_stem
        self._stages = len(architecture.blocks)
        for stage, (count, channels) in enumerate(zip(architecture.blocks, architecture.widths)):
            inner = channels * architecture.width
            outputs = 4 * channels if architecture.is_bottleneck else inner
            made = []
            for index in range(count):
                step = 2 if stage and not index else 1
                bottleneck, projection = architecture.is_bottleneck, architecture.has_projection
                made.append(Block(inputs, inner, outputs, step, bottleneck, projection))
                inputs = outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*made))
        self.fc = Classifier(inputs, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if self._has_pooling:
            x = F.max_pool2d(x, 3, 2, 1)
        for stage in range(1, self._stages + 1):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


def _place(network, layer):
    """Returns the module that has the convolution of a layer, and the convolution's name in it."""
    path = layer.split(".")
    if layer == "fc":
        return network.fc, "weights"
    module = network
    for name in path[:-1]:
        module = getattr(module, name, None) if module is not None else None
    if not isinstance(getattr(module, path[-1], None), nn.Conv2d):
        raise Refused(f"the network has no layer {layer}")
    return module, path[-1]


def make_network(model, candidate, seed, classes):
    """Returns the network of a candidate on the CPU, with initial weights from a seed."""
    network = ResNet(parse_architecture(model), classes)
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
    """Returns the parameters by part: `coefficients` and `basis` of decomposed layers, and `other`. Shared
    parameters are listed once."""
    parts = {"coefficients": [], "basis": [], "other": []}
    for name, parameter in network.named_parameters():
        part = name.split(".")[-2] if "." in name else "other"
        parts[part if part in ("coefficients", "basis") else "other"].append(parameter)
    return parts
