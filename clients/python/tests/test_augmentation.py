import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="images are varied by PyTorch")

from fakes import WORK
from layersearch_torch.augmentation import Augmentation
from layersearch_torch.data_shape import DataShape
from layersearch_torch.images import Images, Normalization
from layersearch_torch.pixels import Pixels
from layersearch_torch.work import parse_work

MEAN, DEVIATION = np.array([0.41, 0.5, 0.61]), np.array([0.2, 0.3, 0.25])


def images(count, side):
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (count, 3, side, side), dtype=np.uint8)
    return Images(pixels, random.integers(0, 10, count, dtype=np.int64), Normalization(tuple(MEAN), tuple(DEVIATION)))


def normalized(pixels):
    return (pixels.astype(np.float64) / 255 - MEAN[:, None, None]) / DEVIATION[:, None, None]


@pytest.mark.parametrize("side, margin", [(32, 4), (12, 1), (96, 12), (4, 0)])
def test_what_a_work_asks_for(side, margin):
    work = dataclasses.replace(parse_work(WORK), shape=DataShape(2, side, 10, 0))
    assert Augmentation.of(work) == Augmentation(side, margin, True, 0)
    cuts = dataclasses.replace(work, augmentation=("cutout",))
    assert Augmentation.of(cuts) == Augmentation(side, 0, False, side // 2)
    assert Augmentation.of(dataclasses.replace(work, augmentation=())) == Augmentation(side)


def test_choices():
    order, row, column, mirrored, *center = Augmentation(32, 4, True, 16).choices(
        2000, torch.Generator().manual_seed(1)
    )
    assert sorted(order.tolist()) == list(range(2000)) != order.tolist()
    for drawn, bound in ((row, 9), (column, 9), (mirrored, 2), (center[0], 32), (center[1], 32)):
        assert torch.bincount(drawn, minlength=bound).min() > 0.6 * 2000 / bound and drawn.max() == bound - 1
    assert not torch.equal(row, column) and not torch.equal(*center)


@pytest.mark.parametrize("name, rows", [("crop", [1, 2]), ("flip", [3]), ("cutout", [4, 5]), ("nothing", [])])
def test_nothing_is_drawn_that_is_not_asked_for(name, rows):
    work = dataclasses.replace(parse_work(WORK), augmentation=(name,))
    choices = Augmentation.of(work).choices(200, torch.Generator().manual_seed(1))
    assert [row for row in range(1, 6) if choices[row].any()] == rows


@pytest.mark.parametrize("side", [8, 32])
def test_windows(side):
    found, margin = images(3, side), side // 8
    pixels = Pixels(found, "cpu", Augmentation(side, margin, True))
    choice = torch.tensor([[2, 1], [margin, 0], [margin, 2 * margin], [0, 1], [0, 0], [0, 0]])
    batch, labels = pixels.windows(choice)
    assert labels.tolist() == found.labels[[2, 1]].tolist()
    assert np.allclose(batch[0].numpy(), normalized(found.pixels[2]), atol=1e-5)
    padded = np.pad(found.pixels[1], ((0, 0), (margin, margin), (margin, margin)))
    window = padded[:, :side, 2 * margin :][:, :, ::-1]
    assert np.allclose(batch[1].numpy(), normalized(window), atol=1e-5)
    assert torch.allclose(Pixels(found, "cpu").plain(2, 3)[0], batch[0])


def test_cutout():
    found = images(4, 8)
    pixels = Pixels(found, "cpu", Augmentation(8, 1, True, 4))
    centers = [(4, 5), (0, 0), (7, 2), (1, 7)]
    choice = torch.tensor([[0, 1, 2, 3], [1] * 4, [1] * 4, [0, 0, 0, 1], *zip(*centers)])
    batch, _ = pixels.windows(choice)
    for index, (row, column) in enumerate(centers):
        image = found.pixels[index][:, :, ::-1] if index == 3 else found.pixels[index]
        expected = normalized(image)  # the hole is cut out of the finished image
        expected[:, max(0, row - 2) : row + 2, max(0, column - 2) : column + 2] = 0
        assert np.allclose(batch[index].numpy(), expected, atol=1e-5), index
    assert batch.dtype == torch.float32 and (batch[0] == 0).sum() == 3 * 16 and (batch[1] == 0).sum() == 3 * 4
