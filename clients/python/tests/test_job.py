import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="trainings need PyTorch")

from fakes import WORK
from files import arrays, save_cifar, save_safetensors
from layersearch_torch.cifar import FORMATS
from layersearch_torch.job import OpenedData, run_job

torch.set_num_threads(1)
SHAPE = "data.set=arrays data.classes=3 data.image_size=8 data.images=60 data.test_images=12"
ARRAYS = WORK.replace("data.set=shapes10", SHAPE).replace("proxy.batch=16", "proxy.batch=8")


def run(work, data_set, place):
    return run_job(work, data_set, place, OpenedData(), "cpu", lambda *told: None)


def finished(keys):
    return keys["outcome"]["finished"]["_0"]


def refused(keys):
    assert keys["failure"]["cause"] == "refused"
    return keys["outcome"]["failed"]["reason"]


@pytest.fixture
def pictures(tmp_path):
    path = tmp_path / "content"
    save_safetensors(path, arrays(count=60))
    return [str(path)]


@pytest.mark.parametrize("augmentation", ["", " proxy.augmentation=crop+cutout"])
def test_arrays(pictures, augmentation):
    work = ARRAYS.replace("proxy.augment=true", f"proxy.augment=true{augmentation}")
    found = finished(run(work, "arrays", pictures))
    assert not found["diverged"] and 0 <= found["accuracy"] <= 1 and found["stepTimeRatio"] > 0
    final = finished(run(work.replace("proxy-training", "final-training"), "arrays", pictures))
    assert final["metrics"].keys() == {"test_accuracy", "test_loss"} and "accuracy" not in final
    assert final["metrics"]["test_accuracy"] * 12 == pytest.approx(round(final["metrics"]["test_accuracy"] * 12))


def test_a_learned_set_is_recognized(tmp_path):
    """Images and labels belong together, in training, validation and test alike."""
    made, path = arrays(count=60), tmp_path / "content"
    for images, labels in (("images", "labels"), ("test_images", "test_labels")):
        made[images][:] = made[labels][:, None, None, None] * 100 + np.array([0, 20, 40], np.uint8)
    save_safetensors(path, made)
    work = ARRAYS.replace("epochs=1", "epochs=20").replace("augment=true", "augment=false")
    assert finished(run(work, "arrays", [str(path)]))["accuracy"] == 1
    final = finished(run(work.replace("proxy-training", "final-training"), "arrays", [str(path)]))
    assert final["metrics"]["test_accuracy"] == 1


@pytest.mark.parametrize("old, new", [("classes=3", "classes=4"), ("images=60", "images=61"), ("size=8", "size=12")])
def test_a_file_of_another_shape_is_refused(pictures, old, new):
    assert "60 images of 8×8 pixels in 3 classes" in refused(run(ARRAYS.replace(old, new), "arrays", pictures))


def test_what_a_file_has_not_is_refused(tmp_path, pictures):
    assert "60 training images only" in refused(
        run(ARRAYS.replace("train_images=32", "train_images=51"), "arrays", pictures)
    )
    path = tmp_path / "content"
    save_safetensors(path, arrays(count=60, test=0))
    final = ARRAYS.replace("test_images=12", "test_images=0").replace("proxy-training", "final-training")
    assert "no test images" in refused(run(final, "arrays", [str(path)]))
    path.write_bytes(b"no file of arrays")
    assert "neither .npz nor" in refused(run(ARRAYS, "arrays", [str(path)]))


def test_a_set_is_opened_once(pictures):
    opened = OpenedData()
    first = opened.open("arrays", pictures)
    assert opened.open("arrays", list(pictures)) is first
    assert opened.open("shapes10", pictures) is not first and opened.open("arrays", pictures) is not first


def test_cifar100(tmp_path):
    save_cifar(tmp_path, "cifar100")
    place = [str(tmp_path / file) for file in FORMATS["cifar100"].files]
    found = finished(run(WORK.replace("shapes10", "cifar100"), "cifar100", place))
    assert len(found["epochLosses"]) == 1 and (found["diverged"] or found["loss"] > 0)
    assert "study's data set is cifar100" in refused(run(WORK, "cifar100", place))
