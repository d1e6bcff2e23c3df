"""Images of the data sets: which are trained on and which are held out, and their bytes."""

import hashlib
import os
from dataclasses import dataclass

import numpy as np

from layersearch_torch import shapes10
from layersearch_torch.randomness import StableRandom

MEANS = {"cifar10": (0.4914, 0.4822, 0.4465), "shapes10": (0.382, 0.382, 0.382)}
DEVIATIONS = {"cifar10": (0.2470, 0.2435, 0.2616), "shapes10": (0.200, 0.200, 0.200)}
SHAPES10_HASH = "shapes10-v1"
SHAPES10_TEST_IMAGES = 2000
CIFAR10_BYTES = 184_380_000
_RECORD = 3073
_TRAINING_RECORDS = 50_000


@dataclass
class Images:
    """`pixels`: bytes [image][channel][row][column]; `labels`: whole numbers [image]."""

    pixels: np.ndarray
    labels: np.ndarray


def split(total, train, validation, seed):
    """Positions among the training images, ascending: those to train on, those held out."""
    held = set(StableRandom(seed, "validation images").permutation(total)[:validation]) if validation else set()
    rest = [i for i in range(total) if i not in held]
    return rest[:train], sorted(held)


class Cifar10:
    """The records of CIFAR-10, of one file with all six or of the six, in their order."""

    def __init__(self, paths):
        records = np.concatenate([np.fromfile(path, np.uint8) for path in paths])
        if records.size != CIFAR10_BYTES:
            raise ValueError(f"CIFAR-10 has {CIFAR10_BYTES} bytes, not {records.size}")
        self._records = records.reshape(-1, _RECORD)

    def total(self, work):
        return _TRAINING_RECORDS

    def training(self, positions):
        return self._images(self._records[np.asarray(positions, np.int64)])

    def test(self):
        return self._images(self._records[_TRAINING_RECORDS:])

    @staticmethod
    def _images(records):
        return Images(records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64))


class Shapes10:
    """Drawn images; what was drawn is kept in `folder`, since an image takes about a millisecond."""

    def __init__(self, folder):
        self._folder = folder

    def total(self, work):
        return max(50_000, work.train_images + work.validation_images)

    def training(self, positions):
        return self._drawn("training", positions)

    def test(self):
        return self._drawn("test", range(SHAPES10_TEST_IMAGES))

    def _drawn(self, name, positions):
        positions = np.asarray(positions, np.int64)
        key = hashlib.sha256(name.encode() + positions.tobytes()).hexdigest()[:32]
        path = os.path.join(self._folder, f"{SHAPES10_HASH}-{key}")
        pixels = _kept(path, len(positions))
        if pixels is None:
            pixels = np.empty((len(positions), 3, 32, 32), np.uint8)
            for row, position in enumerate(positions.tolist()):
                pixels[row] = shapes10.image(name, position)[0]
            _keep(path, pixels)
        return Images(pixels, positions % 10)


def _kept(path, count):
    """The pixels of a file that begins with their SHA-256; nothing where it is not there or not whole."""
    try:
        with open(path, "rb") as file:
            digest, content = file.read(32), file.read()
    except OSError:
        return None
    if len(content) != count * 3072 or hashlib.sha256(content).digest() != digest:
        return None
    return np.frombuffer(content, np.uint8).reshape(-1, 3, 32, 32)


def _keep(path, pixels):
    """Writes a file for `_kept`; one that cannot be written is not kept."""
    content = pixels.tobytes()
    temporary = f"{path}.{os.getpid()}.partial"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(temporary, path)
    except OSError:
        pass
