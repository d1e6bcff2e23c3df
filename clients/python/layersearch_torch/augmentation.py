"""How training images are varied: random choices, for an epoch at a time."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Augmentation:
    """`margin`: black pixels on each side before the crop; `flips`: whether images are mirrored left to right;
    `hole`: the side of a square that becomes the mean color, 0 for none."""

    image_size: int
    margin: int = 0
    flips: bool = False
    hole: int = 0

    @staticmethod
    def of(work):
        """Returns the augmentation that a work asks for. Parts that it does not name are off."""
        size, parts = work.shape.image_size, work.augmentation
        margin, hole = size // 8 if "crop" in parts else 0, size // 2 if "cutout" in parts else 0
        return Augmentation(size, margin, "flip" in parts, hole)

    def choices(self, count, generator):
        """Returns the choices for all images in a new order, one column per image: its position, the window's row
        and column, whether it is mirrored, and the row and column of the hole's center. They are integers
        [6][count]."""
        order = torch.randperm(count, generator=generator)

        def drawn(rows, bound):
            if bound == 1:
                return torch.zeros((rows, count), dtype=torch.int64)
            return torch.randint(0, bound, (rows, count), generator=generator)

        windows = drawn(2, 2 * self.margin + 1)
        mirrored = drawn(1, 2 if self.flips else 1)
        return torch.cat([order[None], windows, mirrored, drawn(2, self.image_size if self.hole else 1)])
