import dataclasses
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="trainings need PyTorch")

from layersearch_torch.augmentation import Augmentation
from layersearch_torch.data_shape import DataShape
from layersearch_torch.images import Images, Normalization
from layersearch_torch.network import make_network, parameter_parts
from layersearch_torch.pixels import Pixels
from layersearch_torch.training import MomentumSGD, Step, learning_rate, prepare, train
from layersearch_torch.work import parse_work

torch.set_num_threads(1)
WORK = parse_work(
    "proxy-training model=resnet8 space.variant=remainder data.set=shapes10 data.train_images=40 "
    "data.validation_images=20 data.split_seed=1 proxy.epochs=2 proxy.batch=16 proxy.learning_rate=0.1 "
    "proxy.schedule=onecycle proxy.momentum=0.9 proxy.nesterov=false proxy.weight_decay=0.0001 proxy.augment=true "
    "candidate=layer1.0.conv1=4 repetition=0 seed=5"
)


NORMALIZATION = Normalization((0.4, 0.5, 0.6), (0.2, 0.3, 0.25))


def images(count, seed=1, side=32, classes=10):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (count, 3, side, side), dtype=np.uint8)
    return Images(pixels, random.integers(0, classes, count, dtype=np.int64), NORMALIZATION)


def test_schedules():
    assert [learning_rate("constant", 0.1, t, 8) for t in (0, 7)] == [0.1, 0.1]
    assert [learning_rate("step", 1.0, t, 8) for t in range(8)] == [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]
    assert learning_rate("cosine", 1.0, 4, 8) == pytest.approx(0.5)
    rates = [learning_rate("onecycle", 1.0, t, 12) for t in range(12)]  # W = 3
    assert rates[:4] == pytest.approx([1 / 3, 2 / 3, 1, 1])
    assert rates[11] == pytest.approx((1 + math.cos(math.pi * 8 / 9)) / 2)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_is_that_of_pytorch(nesterov):
    start = [torch.randn(3, 4), torch.randn(5)]
    mine, theirs = [t.clone() for t in start], [t.clone().requires_grad_() for t in start]
    optimizer = MomentumSGD(mine, 0.9, 0.01, nesterov)
    reference = torch.optim.SGD(theirs, lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=nesterov)
    for _ in range(4):
        gradients = [torch.randn_like(t) for t in start]
        optimizer.step([g.clone() for g in gradients], torch.tensor(0.1))
        for parameter, gradient in zip(theirs, gradients):
            parameter.grad = gradient
        reference.step()
    assert all(torch.allclose(a, b.detach(), atol=1e-6) for a, b in zip(mine, theirs))


def test_training():
    prepare("cpu")
    told = []
    found = train(WORK, images(40), images(20, 2), "cpu", lambda *progress: told.append(progress))
    assert not found.diverged and len(found.epoch_losses) == 2 and found.images == 64
    assert 0 <= found.accuracy <= 1 and found.loss > 0
    again = train(WORK, images(40), images(20, 2), "cpu")
    assert again.epoch_losses == found.epoch_losses and again.accuracy == found.accuracy


def test_early_end_and_curve():
    work = dataclasses.replace(WORK, epochs=3, until=2, curve=True)
    found = train(work, images(40), images(20, 2), "cpu")
    assert len(found.epoch_losses) == len(found.epoch_accuracies) == len(found.epoch_validation_losses) == 2
    assert found.epoch_accuracies[-1] == found.accuracy and found.epoch_validation_losses[-1] == found.loss


def test_other_images_and_classes():
    work = dataclasses.replace(WORK, shape=DataShape(12, 16, 40, 0), augmentation=("crop", "cutout"))
    found = train(work, images(40, side=16, classes=12), images(20, 2, side=16, classes=12), "cpu")
    assert not found.diverged and found.images == 64 and found.loss < 10 * math.log(12)


@pytest.mark.parametrize("classes", [4, 10])
def test_divergence(classes):
    shape = DataShape(classes, 32, 40, 0)
    work = dataclasses.replace(WORK, learning_rate=1e20, schedule="constant", shape=shape)
    found = train(work, images(40, classes=classes), images(20, 2, classes=classes), "cpu")
    assert found.diverged and found.accuracy == 1 / classes and found.loss is None and found.epoch_losses == []


@pytest.mark.parametrize("part", ["coefficients", "basis"])
def test_skipped_parts_stay(part):
    network = make_network("resnet8", WORK.candidate, 1, 10).train()
    augmentation = Augmentation.of(WORK)
    step = Step(network, Pixels(images(40), "cpu", augmentation), WORK, 16, "cpu")
    choice = augmentation.choices(40, torch.Generator().manual_seed(1))[:, :16]
    before = {name: [p.clone() for p in ps] for name, ps in parameter_parts(network).items()}
    step.run(choice, 0.1, (part,))
    for name, parameters in parameter_parts(network).items():
        changes = [not torch.equal(old, new) for old, new in zip(before[name], parameters)]
        assert all(changes) if name != part else not any(changes)
