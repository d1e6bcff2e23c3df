"""How training images are varied: drawn choices, an epoch at a time."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Augmentation:
    """`margin`: black pixels on each side before the crop; `flips` left to right; `hole`: side of a square that
    becomes the mean color, 0 for none."""

    image_size: int
    margin: int = 0
    flips: bool = False
    hole: int = 0

    @staticmethod
    def of(work):
        """What a work asks for; its parts are empty where that is nothing."""
        size, parts = work.shape.image_size, work.augmentation
        margin, hole = size // 8 if "crop" in parts else 0, size // 2 if "cutout" in parts else 0
        return Augmentation(size, margin, "flip" in parts, hole)

    def choices(self, count, generator):
        """All images in a fresh order, a column an image: its position, the window's row and column, whether it is
        mirrored, row and column of the hole's center. Whole numbers [6][count]."""
        order = torch.randperm(count, generator=generator)

        def drawn(rows, bound):
            if bound == 1:
                return torch.zeros((rows, count), dtype=torch.int64)
            return torch.randint(0, bound, (rows, count), generator=generator)

        windows = drawn(2, 2 * self.margin + 1)
        mirrored = drawn(1, 2 if self.flips else 1)
        return torch.cat([order[None], windows, mirrored, drawn(2, self.image_size if self.hole else 1)])
