"""The images of a data set, and their division into training and validation images."""

from dataclasses import dataclass

import numpy as np

from layersearch_torch.randomness import StableRandom


@dataclass(frozen=True)
class Normalization:
    """The means and deviations of red, green and blue: a pixel becomes (byte / 255 - mean) / deviation."""

    mean: tuple
    deviation: tuple


@dataclass
class Images:
    """`pixels` are bytes [image][channel][row][column]; `labels` are integers [image]."""

    pixels: np.ndarray
    labels: np.ndarray
    normalization: Normalization


def split(total, train, validation, seed):
    """Returns positions among the training images, ascending: those to train on, and those held out."""
    held = set(StableRandom(seed, "validation images").permutation(total)[:validation]) if validation else set()
    rest = [i for i in range(total) if i not in held]
    return rest[:train], sorted(held)
