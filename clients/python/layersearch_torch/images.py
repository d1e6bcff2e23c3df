"""Images of a data set, and which of them are trained on and which are held out."""

from dataclasses import dataclass

import numpy as np

from layersearch_torch.randomness import StableRandom


@dataclass(frozen=True)
class Normalization:
    """Of red, green and blue: a pixel is (byte / 255 - mean) / deviation."""

    mean: tuple
    deviation: tuple


@dataclass
class Images:
    """`pixels`: bytes [image][channel][row][column]; `labels`: whole numbers [image]."""

    pixels: np.ndarray
    labels: np.ndarray
    normalization: Normalization


def split(total, train, validation, seed):
    """Positions among the training images, ascending: those to train on, those held out."""
    held = set(StableRandom(seed, "validation images").permutation(total)[:validation]) if validation else set()
    rest = [i for i in range(total) if i not in held]
    return rest[:train], sorted(held)
