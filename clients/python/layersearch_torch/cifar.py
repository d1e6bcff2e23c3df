"""CIFAR-10 and CIFAR-100 in their binary versions: files of records, labels first."""

from dataclasses import dataclass

import numpy as np

from layersearch_torch.data_shape import SHAPES
from layersearch_torch.images import Images, Normalization

_IMAGE_BYTES = 3 * 32 * 32


@dataclass(frozen=True)
class CifarFormat:
    """`files` are in order, with the test images last. The last of a record's label bytes is the label."""

    name: str
    folder: str
    files: tuple
    label_bytes: int
    normalization: Normalization

    @property
    def shape(self):
        return SHAPES[self.name]

    @property
    def record_bytes(self):
        return self.label_bytes + _IMAGE_BYTES

    @property
    def length(self):
        """The number of bytes of all files."""
        return (self.shape.images + self.shape.test_images) * self.record_bytes


FORMATS = {
    "cifar10": CifarFormat(
        "cifar10",
        "cifar-10-batches-bin",
        (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"),
        1,
        Normalization((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    ),
    "cifar100": CifarFormat(
        "cifar100",
        "cifar-100-binary",
        ("train.bin", "test.bin"),
        2,
        Normalization((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
    ),
}


class Cifar:
    """The records of a set, from all its files in order, or from one file with all of them."""

    def __init__(self, name, paths):
        self._format = FORMATS[name]
        self.shape = self._format.shape
        records = np.concatenate([np.fromfile(path, np.uint8) for path in paths])
        if records.size != self._format.length:
            raise ValueError(f"{name} has {self._format.length} bytes, not {records.size}")
        self._records = records.reshape(-1, self._format.record_bytes)

    def training(self, positions):
        return self._images(self._records[np.asarray(positions, np.int64)])

    def test(self):
        return self._images(self._records[self.shape.images :])

    def _images(self, records):
        labels = self._format.label_bytes
        pixels = records[:, labels:].reshape(-1, 3, 32, 32)
        return Images(pixels, records[:, labels - 1].astype(np.int64), self._format.normalization)
