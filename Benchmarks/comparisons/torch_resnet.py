"""ResNets with basis convolutions in PyTorch, for comparison."""


def build(model, rank_of):
    """Builds a CIFAR ResNet (option-A shortcuts) or ResNet-18 (3x3 stem, projections). `rank_of(name, filters)`
    returns a 3x3 convolution's rank, or None if it stays dense."""
    import torch
    from torch import nn
    import torch.nn.functional as F

    class Basis(nn.Module):
        """A basis convolution: r filters, then N - r combinations of their maps."""

        def __init__(self, inputs, outputs, stride, rank):
            super().__init__()
            self.basis = nn.Conv2d(inputs, rank, 3, stride, 1, bias=False)
            self.mix = nn.Conv2d(rank, outputs - rank, 1, bias=False)

        def fold(self, norm):
            """Folds batch norm into basis and mix. The mix reads scaled maps, so its weights are divided by their
            scales."""
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            shift = norm.bias - norm.running_mean * scale
            rank = self.basis.out_channels
            weight = self.mix.weight * scale[rank:, None, None, None] / scale[None, :rank, None, None]
            self.basis.weight = nn.Parameter(self.basis.weight * scale[:rank, None, None, None])
            self.basis.bias = nn.Parameter(shift[:rank].clone())
            self.mix.weight = nn.Parameter(weight)
            self.mix.bias = nn.Parameter(shift[rank:] - weight[:, :, 0, 0] @ shift[:rank])
            return self

        def forward(self, x):
            maps = self.basis(x)
            return torch.cat([maps, self.mix(maps)], 1)

    def convolution(name, inputs, outputs, stride=1):
        rank = rank_of(name, outputs)
        if rank is None or rank >= outputs:
            return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        return Basis(inputs, outputs, stride, rank)

    class Block(nn.Module):
        def __init__(self, name, inputs, outputs, stride, projects):
            super().__init__()
            self.conv1, self.bn1 = convolution(f"{name}.conv1", inputs, outputs, stride), nn.BatchNorm2d(outputs)
            self.conv2, self.bn2 = convolution(f"{name}.conv2", outputs, outputs), nn.BatchNorm2d(outputs)
            self.padding = (outputs - inputs) // 2
            self.stride, self.projection = stride, None
            if projects and (stride != 1 or inputs != outputs):
                self.projection = nn.Sequential(
                    nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

        def forward(self, x):
            y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            if self.projection is not None:
                x = self.projection(x)
            elif self.padding > 0:
                x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.padding, self.padding))
            return F.relu(y + x)

    if model == "resnet18":
        widths, depth, projects = [64, 128, 256, 512], 2, True
    else:
        widths, depth, projects = [16, 32, 64], (int(model[len("resnet"):]) - 2) // 6, False
    layers = [convolution("conv1", 3, widths[0]), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    inputs = widths[0]
    for stage, width in enumerate(widths):
        for position in range(depth):
            name = f"layer{stage + 1}.{position}"
            layers.append(Block(name, inputs, width, 2 if stage > 0 and position == 0 else 1, projects))
            inputs = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


def initialize(network):
    """Initializes a network as LayerSearch does: with He's normal weights by fan-out (of a basis, by that of its
    filters), combinations that keep the variance of what they combine, and PyTorch's own classifier."""
    from torch import nn
    for module in network.modules():
        if hasattr(module, "mix"):
            nn.init.kaiming_normal_(module.basis.weight, mode="fan_out", nonlinearity="relu")
            nn.init.normal_(module.mix.weight, std=module.mix.in_channels ** -0.5)
    mixed = {id(part) for module in network.modules() if hasattr(module, "mix") for part in (module.basis, module.mix)}
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and id(module) not in mixed:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
