"""The training rate of a network on this machine."""

import time

import numpy as np
import torch

from layersearch_torch.augmentation import Augmentation
from layersearch_torch.cifar import FORMATS
from layersearch_torch.images import Images
from layersearch_torch.network import make_network
from layersearch_torch.pixels import Pixels
from layersearch_torch.training import Step, prepare
from layersearch_torch.work import parse_work

_WORK = (
    "proxy-training model={} space.variant={} data.set=cifar10 data.train_images=10000 data.validation_images=0 "
    "data.split_seed=1 proxy.epochs=1 proxy.batch={} proxy.learning_rate=0.1 proxy.schedule=onecycle "
    "proxy.momentum=0.9 proxy.nesterov=false proxy.weight_decay=0.0001 proxy.augment=true candidate={} "
    "repetition=0 seed=1"
)


def bench(model, candidate, variant, device, batch, seconds):
    """Returns the images per second, including augmentation, as the median of five parts of `seconds` in all, and
    the network's number of parameters."""
    prepare(device)
    work = parse_work(_WORK.format(model, variant, batch, candidate))
    random = np.random.default_rng(1)
    count = max(2048, batch)
    images = Images(
        random.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8),
        random.integers(0, 10, count, dtype=np.int64),
        FORMATS["cifar10"].normalization,
    )
    network = make_network(model, work.candidate, 1, work.shape.classes).to(device).train()
    augmentation = Augmentation.of(work)
    step = Step(network, Pixels(images, device, augmentation), work, batch, device)
    choices = augmentation.choices(count, torch.Generator().manual_seed(1)).to(device)
    batches = [choices[:, low : low + batch] for low in range(0, count - batch + 1, batch)]
    _timed(step, batches, 3, device)
    one = _timed(step, batches, 3, device) / 3
    steps = max(1, round(seconds / 5 / one))
    rates = sorted(steps * batch / _timed(step, batches, steps, device) for _ in range(5))
    return rates[2], sum(p.numel() for p in network.parameters())


def _timed(step, batches, steps, device):
    if device == "cuda":
        torch.cuda.synchronize()
    begun = time.perf_counter()
    for index in range(steps):
        loss = step.run(batches[index % len(batches)], 0.01)
    float(loss)
    return time.perf_counter() - begun
