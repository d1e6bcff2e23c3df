import os

import pytest

from files import save_cifar
from layersearch_torch.cifar import FORMATS, Cifar


def test_formats():
    assert FORMATS["cifar10"].files[0] == "data_batch_1.bin" and FORMATS["cifar10"].files[4:] == (
        "data_batch_5.bin", "test_batch.bin"
    )
    assert FORMATS["cifar100"].files == ("train.bin", "test.bin")
    assert FORMATS["cifar10"].length == 184_380_000 and FORMATS["cifar100"].length == 184_440_000


@pytest.mark.parametrize("name, red", [("cifar10", (0.4914, 0.2470)), ("cifar100", (0.5071, 0.2673))])
def test_records(tmp_path, name, red):
    save_cifar(tmp_path, name)
    data = Cifar(name, [str(tmp_path / file) for file in FORMATS[name].files])
    found = data.training([0, 1, 2])
    assert found.labels.tolist() == [7, 1, 0] and found.pixels.shape == (3, 3, 32, 32)
    assert found.pixels[:, 0, 0, 0].tolist() == [200, 200, 0] and found.pixels.sum() == 400
    assert data.training([10_000]).labels.tolist() == ([7] if name == "cifar10" else [0])  # of the second file
    test = data.test()
    assert test.labels[:3].tolist() == [7, 1, 0] and len(test.labels) == 10_000
    assert (test.normalization.mean[0], test.normalization.deviation[0]) == red
    assert data.shape.classes == int(name[len("cifar") :])


def test_another_length(tmp_path):
    path = tmp_path / "content"
    path.touch()
    os.truncate(path, FORMATS["cifar10"].length)
    with pytest.raises(ValueError, match="184440000"):
        Cifar("cifar100", [str(path)])
