"""Layers and costs of CIFAR ResNets with basis convolutions, counted as LayerSearch counts them: parameters with batch norms and the
classifier's biases, multiply-adds of convolutions and classifier for one image."""
from collections import namedtuple

Layer = namedtuple("Layer", "name inputs outputs size")
WIDTHS = (16, 32, 64)


def blocks(model):
    """How many residual blocks a stage of resnet8, 14, 20 … has."""
    depth = model.removeprefix("resnet")
    if not depth.isdigit() or int(depth) < 8 or (int(depth) - 2) % 6:
        raise ValueError(f"{model}: a ResNet for CIFAR is wanted, such as resnet8 or resnet20")
    return (int(depth) - 2) // 6


def layers(model):
    """The 3x3 convolutions in order; `size` is of the maps that they make."""
    found = [Layer("conv1", 3, WIDTHS[0], 32)]
    inputs = WIDTHS[0]
    for stage, width in enumerate(WIDTHS):
        for block in range(blocks(model)):
            name, size = f"layer{stage + 1}.{block}", 32 >> stage
            found += [Layer(f"{name}.conv1", inputs, width, size), Layer(f"{name}.conv2", width, width, size)]
            inputs = width
    return found


def cost(model, ranks):
    """(parameters, multiply-adds); `ranks` has the decomposed layers, of the remainder variant."""
    parameters = WIDTHS[-1] * 10 + 10
    multiply_adds = WIDTHS[-1] * 10
    for layer in layers(model):
        rank = ranks.get(layer.name)
        filter_size = 9 * layer.inputs
        weights = layer.outputs * filter_size if rank is None else rank * filter_size + (layer.outputs - rank) * rank
        parameters += weights + 2 * layer.outputs
        multiply_adds += weights * layer.size * layer.size
    return parameters, multiply_adds


def text(ranks):
    """A candidate as LayerSearch writes it."""
    return ",".join(f"{name}={rank}" for name, rank in sorted(ranks.items())) or "dense"


def ranks(candidate):
    """Of a candidate's text."""
    parts = [] if candidate == "dense" else candidate.split(",")
    return {name: int(rank) for name, rank in (part.split("=") for part in parts)}


def levels(model, smallest, count):
    """So many bounds on cost, half of parameters and half of multiply-adds, evenly between the smallest candidate and dense without either:
    (which cost, bound)."""
    found = []
    for index, name in enumerate(("parameters", "multiply_adds")):
        least, most = cost(model, smallest)[index], cost(model, {})[index]
        half = count // 2
        found += [(name, least + (most - least) * number // (half + 1)) for number in range(1, half + 1)]
    return found


def fits(model, candidate, level):
    return cost(model, ranks(candidate))[("parameters", "multiply_adds").index(level[0])] <= level[1]
