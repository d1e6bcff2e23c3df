"""Images on a device, as bytes, and batches of them as normalized numbers."""

import torch
import torch.nn.functional as F

from layersearch_torch.augmentation import Augmentation


class Pixels:
    def __init__(self, images, device, augmentation=None):
        """Prepares images for the windows that `augmentation` chooses; without it, for the images as they are."""
        side = images.pixels.shape[-1]
        augmentation = augmentation or Augmentation(side)
        self._hole = augmentation.hole
        pixels = torch.from_numpy(images.pixels.copy())
        self._pixels = F.pad(pixels, (augmentation.margin,) * 4).to(device)
        self.labels = torch.from_numpy(images.labels.copy()).to(device)
        mean = torch.tensor(images.normalization.mean, dtype=torch.float32).view(1, 3, 1, 1)
        deviation = torch.tensor(images.normalization.deviation, dtype=torch.float32).view(1, 3, 1, 1)
        self._scale = (1 / (255 * deviation)).to(device)
        self._shift = (-mean / deviation).to(device)
        self._channels = torch.arange(3, device=device).view(1, 3, 1, 1)
        self._window = torch.arange(side, device=device)

    def __len__(self):
        return len(self.labels)

    @property
    def side(self):
        """The number of rows, and of columns, of an image."""
        return len(self._window)

    def plain(self, low, high):
        return self._normalized(self._pixels[low:high])

    def windows(self, choice):
        """Returns the batch for choices of `Augmentation.choices`, with its labels."""
        position, row, column, mirrored, *center = choice
        rows = row[:, None] + self._window
        steps = torch.where(mirrored[:, None] > 0, self.side - 1 - self._window, self._window)
        columns = column[:, None] + steps
        pixels = self._pixels[position[:, None, None, None], self._channels, rows[:, None, :, None],
                              columns[:, None, None, :]]
        x = self._normalized(pixels)
        if self._hole:
            rows, columns = (self._is_cut(place) for place in center)
            x = x.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0.0)
        return x, self.labels[position]

    def _is_cut(self, center):
        """Returns for each row (or column) whether it belongs to the hole."""
        distance = self._window - (center[:, None] - self._hole // 2)
        return (distance >= 0) & (distance < self._hole)

    def _normalized(self, pixels):
        return pixels.float() * self._scale + self._shift
