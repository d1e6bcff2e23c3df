"""What a data set holds, as far as networks and selections of images follow from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataShape:
    """`image_size`: rows and columns; `test_images`: 0 where there are none."""

    classes: int
    image_size: int
    images: int
    test_images: int

    def __str__(self):
        size = f"{self.image_size}×{self.image_size} pixels"
        return f"{self.images} images of {size} in {self.classes} classes, {self.test_images} to test with"


# Of `arrays` each file holds something else. Drawn sets have more training images where more are asked for.
SHAPES = {
    "cifar10": DataShape(10, 32, 50_000, 10_000),
    "cifar100": DataShape(100, 32, 50_000, 10_000),
    "shapes10": DataShape(10, 32, 50_000, 2_000),
}
CLASSES = range(2, 1001)
IMAGE_SIZES = range(4, 97, 4)
MOST_IMAGES = 1_000_000
