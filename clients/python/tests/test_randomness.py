import hashlib

import pytest

from layersearch_torch import shapes10
from layersearch_torch.images import split
from layersearch_torch.randomness import StableRandom, text_hash


def test_words():
    random = StableRandom(1)
    assert [random.next() for _ in range(3)] == [12966619160104079557, 9600361134598540522, 10590380919521690900]
    assert text_hash("validation images") == 14500567627818359721
    random = StableRandom(7, "validation images")
    assert [random.next() for _ in range(2)] == [13753623146064456287, 12828152101848312664]


def test_permutation_and_split():
    assert StableRandom(7, "x").permutation(10) == [6, 0, 7, 9, 3, 4, 2, 5, 8, 1]
    assert split(20, 5, 4, 1) == ([1, 2, 3, 5, 6], [0, 4, 7, 11])
    assert split(20, 5, 0, 1) == ([0, 1, 2, 3, 4], [])


def test_split_of_cifar10():
    training, held = split(50000, 10000, 5000, 1)
    assert held[:8] == [18, 22, 26, 29, 42, 51, 70, 72] and held[-2:] == [49985, 49991] and len(held) == 5000
    assert training[:8] == [0, 1, 2, 3, 4, 5, 6, 7] and training[-1] == 11086 and len(training) == 10000


@pytest.mark.parametrize(
    "name, digest",
    [
        ("training", "c9e8f3fda3a791d32bacf7f0d6ab11cdd87bc7e834b7044b311b1e57a01a15e3"),
        ("test", "6c86de77dc6a655e61381d0c3cf3635200b632293c34c10561da2d46d02a9185"),
    ],
)
def test_drawn_images(name, digest):
    pixels = b"".join(shapes10.image(name, index)[0].tobytes() for index in range(50))
    assert hashlib.sha256(pixels).hexdigest() == digest
