"""The drawn set: images are drawn when they are asked for, and kept."""

import hashlib
import os

import numpy as np

from layersearch_torch import shapes10
from layersearch_torch.data_shape import SHAPES
from layersearch_torch.images import Images, Normalization

SHAPES10_HASH = "shapes10-v1"
_NORMALIZATION = Normalization((0.382, 0.382, 0.382), (0.200, 0.200, 0.200))


class Shapes10:
    """Drawn images. They are kept in `folder`, because drawing an image takes about a millisecond."""

    shape = SHAPES["shapes10"]

    def __init__(self, folder):
        self._folder = folder

    def training(self, positions):
        return self._drawn("training", positions)

    def test(self):
        return self._drawn("test", range(self.shape.test_images))

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
        return Images(pixels, positions % 10, _NORMALIZATION)


def _kept(path, count):
    """Returns the pixels of a file that begins with their SHA-256; None if it does not exist or is damaged."""
    try:
        with open(path, "rb") as file:
            digest, content = file.read(32), file.read()
    except OSError:
        return None
    if len(content) != count * 3072 or hashlib.sha256(content).digest() != digest:
        return None
    return np.frombuffer(content, np.uint8).reshape(-1, 3, 32, 32)


def _keep(path, pixels):
    """Writes a file for `_kept`. A file that cannot be written is not kept."""
    content = pixels.tobytes()
    temporary = f"{path}.{os.getpid()}.partial"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(temporary, path)
    except OSError:
        pass
