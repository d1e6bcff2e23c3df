"""The properties of a data set that networks and selections of images depend on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataShape:
    """`image_size` is the number of rows and of columns; `test_images` is 0 if there are none."""

    classes: int
    image_size: int
    images: int
    test_images: int

    def __str__(self):
        size = f"{self.image_size}×{self.image_size} pixels"
        return f"{self.images} images of {size} in {self.classes} classes, {self.test_images} to test with"


# Each file of `arrays` has its own shape. Drawn sets have more training images if more are asked for.
SHAPES = {
    "cifar10": DataShape(10, 32, 50_000, 10_000),
    "cifar100": DataShape(100, 32, 50_000, 10_000),
    "shapes10": DataShape(10, 32, 50_000, 2_000),
}
CLASSES = range(2, 1001)
IMAGE_SIZES = range(4, 97, 4)
MOST_IMAGES = 1_000_000
