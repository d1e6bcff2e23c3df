#!/usr/bin/env python3
"""Writes golden-resnet8.safetensors and golden-images.safetensors beside this file.

The first is the state dict of a ResNet-8 as the CIFAR repositories write it: with the names of akamaster's
pytorch_resnet_cifar10 (linear, option-A shortcuts), in DataParallel, with batch norm's counters. Its numbers are random
and stored as float16, which takes half the bytes. The second has images, and the logits that PyTorch computes for them
in float32 with the numbers of the first.

    python3 make-golden.py        # with torch and safetensors from PyPI
"""
import os

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.missing = stride, outputs - inputs

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.missing:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.missing // 2, self.missing // 2))
        return F.relu(x + y)


class ResNet8(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16, 1))
        self.layer2 = nn.Sequential(Block(16, 32, 2))
        self.layer3 = nn.Sequential(Block(32, 64, 2))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


torch.manual_seed(1)
network = nn.DataParallel(ResNet8()).eval()
with torch.no_grad():
    for name, tensor in network.state_dict().items():
        if name.endswith("running_mean") or (name.endswith("bias") and ".bn" in name):
            tensor.normal_(0, 0.2)
        elif name.endswith("running_var") or (name.endswith("weight") and ".bn" in name):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("num_batches_tracked"):
            tensor.fill_(1234)
        if tensor.is_floating_point():
            tensor.copy_(tensor.half().float())
    images = torch.randint(0, 256, (6, 3, 32, 32), dtype=torch.uint8)
    normalized = (images.float() / 255 - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]
    logits = network(normalized)
here = os.path.dirname(os.path.abspath(__file__))
state = {n: t.half() if t.is_floating_point() else t for n, t in network.state_dict().items()}
save_file(state, os.path.join(here, "golden-resnet8.safetensors"), metadata={"format": "pt"})
save_file({"images": images, "logits": logits}, os.path.join(here, "golden-images.safetensors"))
