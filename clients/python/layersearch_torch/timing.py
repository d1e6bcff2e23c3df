"""The times of a candidate relative to those of the dense network."""

import statistics
import time

import torch

from layersearch_torch.augmentation import Augmentation
from layersearch_torch.network import make_network
from layersearch_torch.pixels import Pixels
from layersearch_torch.training import Step

_PAIRS = 7


def time_ratios(work, images, device):
    """Returns the ratios of a training step's time and of an inference batch's time, as medians of pairs that are
    measured alternately."""
    if not work.candidate:
        return 1.0, 1.0
    batch = min(work.batch, len(images.labels))
    pixels = Pixels(images, device)
    choice = Augmentation(pixels.side).choices(len(pixels), torch.Generator().manual_seed(1))[:, :batch].to(device)
    networks = [
        make_network(work.model, candidate, 1, work.shape.classes).to(device).train()
        for candidate in (work.candidate, {})
    ]
    steps = [Step(network, pixels, work, batch, device) for network in networks]
    step_ratio = _ratio([lambda s=s: s.run(choice, 1e-4) for s in steps], device)
    x = pixels.plain(0, batch)
    for network in networks:
        network.eval()
    with torch.inference_mode():
        return step_ratio, _ratio([lambda n=n: n(x) for n in networks], device)


def _ratio(actions, device):
    for action in actions:
        _seconds(action, device)
    return statistics.median(_seconds(actions[0], device) / _seconds(actions[1], device) for _ in range(_PAIRS))


def _seconds(action, device):
    if device == "cuda":
        torch.cuda.synchronize()
    begun = time.perf_counter()
    action()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begun
