"""Layers and costs of CIFAR ResNets with basis convolutions, counted as LayerSearch counts them: parameters with batch norms and the
classifier's biases, multiply-adds of convolutions and classifier for one image."""
import re
from collections import namedtuple

Layer = namedtuple("Layer", "name inputs outputs size")
WIDTHS = (16, 32, 64)


def blocks(model):
    """Returns the number of residual blocks per stage of resnet8, 14, 20 …"""
    depth = model.removeprefix("resnet")
    if not depth.isdigit() or int(depth) < 8 or (int(depth) - 2) % 6:
        raise ValueError(f"{model}: a ResNet for CIFAR is wanted, such as resnet8 or resnet20")
    return (int(depth) - 2) // 6


def layers(model):
    """Returns the 3x3 convolutions in order; `size` is that of their output maps."""
    found = [Layer("conv1", 3, WIDTHS[0], 32)]
    inputs = WIDTHS[0]
    for stage, width in enumerate(WIDTHS):
        for block in range(blocks(model)):
            name, size = f"layer{stage + 1}.{block}", 32 >> stage
            found += [Layer(f"{name}.conv1", inputs, width, size), Layer(f"{name}.conv2", width, width, size)]
            inputs = width
    return found


def cost(model, forms):
    """Returns (parameters, multiply-adds). `forms` has the decomposed layers: a rank each, of the remainder variant,
    or a rank and a variant."""
    parameters = WIDTHS[-1] * 10 + 10
    multiply_adds = WIDTHS[-1] * 10
    tied = set()
    for layer in layers(model):
        filters, coefficients = layer.outputs * 9 * layer.inputs, 0
        form = forms.get(layer.name)
        if form is not None:
            rank, variant = form if isinstance(form, tuple) else (form, "remainder")
            filters, coefficients = rank * 9 * layer.inputs, coefficients_of(layer.outputs, rank, variant)
        multiply_adds += (filters + coefficients) * layer.size * layer.size
        if form is not None and variant == "tied":
            # Layers of one stage share the coefficients.
            share = (layer.name.split(".")[0], layer.outputs, rank)
            coefficients = 0 if share in tied else coefficients
            tied.add(share)
        parameters += filters + coefficients + 2 * layer.outputs
    return parameters, multiply_adds


def coefficients_of(outputs, rank, variant):
    """Returns the number of coefficients that combine the maps of a basis into outputs."""
    if variant == "full":
        return outputs * rank
    if variant.startswith("grouped"):
        return (outputs - rank) * rank // int(variant.removeprefix("grouped"))
    if variant not in ("remainder", "tied"):
        raise ValueError(f"{variant}: a variant that is not known")
    return (outputs - rank) * rank


def text(ranks):
    """Returns a candidate's text as LayerSearch writes it: numbers in layers' names are sorted as numbers."""
    def order(choice):
        return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", choice[0])]

    return ",".join(f"{name}={rank}" for name, rank in sorted(ranks.items(), key=order)) or "dense"


def forms(candidate):
    """Returns (rank, variant) by layer, from a candidate's text."""
    parts = [] if candidate == "dense" else candidate.split(",")
    found = {}
    for part in parts:
        name, form = part.split("=")
        rank, _, variant = form.partition("/")
        found[name] = (int(rank), variant or "remainder")
    return found


def ranks(candidate):
    """Returns the ranks by layer, from the text of a candidate of the remainder variant."""
    found = forms(candidate)
    if any(variant != "remainder" for _, variant in found.values()):
        raise ValueError(f"{candidate}: only the remainder variant can be had here")
    return {name: rank for name, (rank, _) in found.items()}


def levels(model, smallest, count):
    """Returns `count` bounds on cost as (which cost, bound), half of them on parameters and half on multiply-adds.
    They are evenly spaced between the smallest candidate and dense, without these two."""
    found = []
    for index, name in enumerate(("parameters", "multiply_adds")):
        least, most = cost(model, smallest)[index], cost(model, {})[index]
        half = count // 2
        found += [(name, least + (most - least) * number // (half + 1)) for number in range(1, half + 1)]
    return found


def fits(model, candidate, level):
    return cost(model, forms(candidate))[("parameters", "multiply_adds").index(level[0])] <= level[1]
