"""The set `arrays`: a file of images and labels, and optionally of test images and labels."""

import math

import numpy as np

from layersearch_torch.array_files import Unreadable, read_arrays
from layersearch_torch.data_shape import CLASSES, IMAGE_SIZES, MOST_IMAGES, DataShape
from layersearch_torch.images import Images, Normalization

_IMAGES_AT_ONCE = 1000


class Arrays:
    """A whole file, checked. Raises `Unreadable` if the file is not a data set."""

    def __init__(self, path):
        found = read_arrays(path, ("images", "labels", "test_images", "test_labels"))
        self._training = _part(found, "images", "labels")
        pixels, labels = self._training
        classes, test_images = _classes(labels), 0
        if "test_images" in found or "test_labels" in found:
            self._test = _part(found, "test_images", "test_labels")
            test_images = len(self._test[1])
            if self._test[0].shape[1:] != pixels.shape[1:] or self._test[1].max() >= classes:
                raise Unreadable("test_images are of another size or of further classes than images")
        self.shape = DataShape(classes, pixels.shape[-1], len(labels), test_images)
        self._normalization = _measured(pixels)

    def training(self, positions):
        pixels, labels = self._training
        positions = np.asarray(positions, np.int64)
        return Images(np.ascontiguousarray(pixels[positions]), labels[positions], self._normalization)

    def test(self):
        pixels, labels = self._test
        return Images(np.ascontiguousarray(pixels), labels, self._normalization)


def _part(found, images, labels):
    """Returns the pixels [image][channel][row][column] and the labels of two arrays."""
    for name in (images, labels):
        if not isinstance(found.get(name), np.ndarray):
            raise Unreadable(f"it has no array {name}")
    pixels, numbers = found[images], found[labels]
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or 3 not in (pixels.shape[1], pixels.shape[3]):
        raise Unreadable(f"{images} are {pixels.dtype} of the shape {pixels.shape}, not uint8, N×H×W×3 or N×3×H×W")
    if pixels.shape[1] != 3:
        pixels = pixels.transpose(0, 3, 1, 2)
    count, _, height, width = pixels.shape
    if height != width or height not in IMAGE_SIZES or not 1 <= count <= MOST_IMAGES:
        raise Unreadable(f"{images} are {count} of {height}×{width} pixels, and multiples of 4 from 4 to 96 are wanted")
    if numbers.dtype.kind not in "iu" or numbers.shape != (count,):
        raise Unreadable(f"{labels} are {numbers.dtype} of the shape {numbers.shape}, not {count} whole numbers")
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= CLASSES[-1]:
        raise Unreadable(f"{labels} are from {low} to {high}, and 0 to {CLASSES[-1] - 1} are allowed")
    return pixels, numbers.astype(np.int64)


def _classes(labels):
    present = np.bincount(labels) > 0
    if len(present) not in CLASSES or not present.all():
        raise Unreadable("labels have to be 0, 1, … without a gap, of two classes at least")
    return len(present)


def _measured(pixels):
    """Returns the mean and the deviation of all bytes of each channel, from their counts. The deviation of a single
    color is 1."""
    counts = np.zeros((3, 256), np.int64)
    for low in range(0, len(pixels), _IMAGES_AT_ONCE):
        part = pixels[low : low + _IMAGES_AT_ONCE]
        counts += np.stack([np.bincount(part[:, channel].ravel(), minlength=256) for channel in range(3)])
    values, means, deviations = np.arange(256), [], []
    for histogram in counts:
        total = int(histogram.sum())
        mean = int((histogram * values).sum()) / total
        variance = int((histogram * values**2).sum()) / total - mean * mean
        means.append(mean / 255)
        deviations.append(math.sqrt(max(0.0, variance)) / 255 or 1.0)
    return Normalization(tuple(means), tuple(deviations))
