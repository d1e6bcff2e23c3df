import pickle
import random

import numpy as np
import pytest

from files import arrays, save_safetensors
from layersearch_torch.array_files import Unreadable
from layersearch_torch.arrays import Arrays
from layersearch_torch.data_shape import DataShape


def written(folder, tensors, kind="npz", name="content"):
    """Writes a file without a suffix, as contents are kept. Returns its path."""
    path = folder / name
    if kind == "safetensors":
        save_safetensors(path, tensors)
    else:
        with open(path, "wb") as file:
            (np.savez_compressed if kind == "deflated" else np.savez)(file, **tensors)
    return str(path)


@pytest.mark.parametrize("kind", ["npz", "deflated", "safetensors"])
@pytest.mark.parametrize("is_planar", [False, True])
def test_a_file(tmp_path, kind, is_planar):
    made = arrays()
    stored = {**made, "further": np.zeros(3, np.uint8)}
    if is_planar:
        stored.update((name, made[name].transpose(0, 3, 1, 2)) for name in ("images", "test_images"))
    data = Arrays(written(tmp_path, stored, kind))
    assert data.shape == DataShape(classes=3, image_size=8, images=30, test_images=12)
    found = data.training([4, 29, 0])
    assert np.array_equal(found.pixels, made["images"][[4, 29, 0]].transpose(0, 3, 1, 2))
    assert found.labels.tolist() == [1, 2, 0] and found.labels.dtype == np.int64
    test = data.test()
    assert np.array_equal(test.pixels, made["test_images"].transpose(0, 3, 1, 2)) and len(test.labels) == 12
    assert test.normalization == found.normalization


def test_without_test_images(tmp_path):
    assert Arrays(written(tmp_path, arrays(side=96, classes=2, test=0))).shape == DataShape(2, 96, 30, 0)


def test_a_thousand_classes(tmp_path):
    made = arrays(count=2000, side=4, classes=1000)
    data = Arrays(written(tmp_path, made))
    assert data.shape.classes == 1000 and data.training([999]).labels.tolist() == [999]


@pytest.mark.parametrize("dtype", ["u1", "i1", "<u2", ">u2", ">i4", "<i8", ">u8"])
def test_labels_of_any_width(tmp_path, dtype):
    made = arrays()
    data = Arrays(written(tmp_path, {**made, "labels": made["labels"].astype(dtype)}))
    assert data.training(range(30)).labels.tolist() == made["labels"].tolist()


def test_normalization_is_that_of_all_training_images(tmp_path):
    made = arrays(count=2500, side=4)
    made["images"][..., 1] = 51
    made["test_images"][:] = 0
    found = Arrays(written(tmp_path, made)).training([0]).normalization
    numbers = made["images"].astype(float) / 255
    assert found.mean == pytest.approx(numbers.mean((0, 1, 2)))
    red, green, blue = found.deviation
    assert green == 1 and (red, blue) == pytest.approx(tuple(numbers.std((0, 1, 2))[[0, 2]]))


def without(name):
    return lambda made: made.pop(name)


def changed(name, change):
    return lambda made: made.update({name: change(made[name])})


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
@pytest.mark.parametrize(
    "spoil, reason",
    [
        (without("images"), "no array images"),
        (without("labels"), "no array labels"),
        (without("test_labels"), "no array test_labels"),
        (changed("images", lambda a: a.astype(np.float32)), "images"),
        (changed("images", lambda a: a[..., 0]), "shape"),
        (changed("images", lambda a: np.concatenate([a, a], 3)), "shape"),
        (changed("images", lambda a: a[:, :4]), "4×8"),
        (changed("images", lambda a: a[:, :6, :6]), "6×6"),
        (changed("images", lambda a: np.zeros((30, 100, 100, 3), np.uint8)), "100×100"),
        (changed("labels", lambda a: a[:29]), "labels"),
        (changed("labels", lambda a: a - 1), "-1"),
        (changed("labels", lambda a: a * 500), "1000"),
        (changed("labels", lambda a: a * 2), "gap"),
        (changed("labels", lambda a: a * 0), "two classes"),
        (changed("test_labels", lambda a: a + 1), "further classes"),
        (changed("test_images", lambda a: a[:, :4, :4]), "another size"),
    ],
)
def test_what_is_no_data_set(tmp_path, kind, spoil, reason):
    made = arrays()
    spoil(made)
    with pytest.raises(Unreadable, match=reason):
        Arrays(written(tmp_path, made, kind))


def test_bytes_that_a_shape_has_not(tmp_path):
    path = written(tmp_path, arrays(), "safetensors")
    content = open(path, "rb").read()
    with open(path, "wb") as file:
        file.write(content.replace(b"[30, 8, 8, 3]", b"[29, 8, 8, 3]").replace(b"[30]", b"[29]"))
    with pytest.raises(Unreadable, match="5760 bytes"):
        Arrays(path)


def test_objects_and_pickles_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("a pickle was loaded",)

    made = arrays()
    made["labels"] = np.array([Trap()] * 30, dtype=object)
    with pytest.raises(Unreadable, match="allow_pickle"):
        Arrays(written(tmp_path, made))
    path = tmp_path / "pickle"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(Unreadable, match="neither"):
        Arrays(str(path))
    with pytest.raises(Unreadable, match="cannot be read"):
        Arrays(str(tmp_path / "nothing"))


@pytest.mark.parametrize("kind", ["npz", "deflated", "safetensors"])
def test_spoiled_files_are_read_or_unreadable(tmp_path, kind):
    path, chance = written(tmp_path, arrays(side=4), kind), random.Random(1)
    whole = open(path, "rb").read()
    for turn in range(300):
        content = bytearray(whole[: chance.randrange(len(whole))] if turn % 3 == 0 else whole)
        for _ in range(turn % 3):
            place = chance.randrange(min(len(content), 700))
            content[place] = chance.randrange(256)
        with open(path, "wb") as file:
            file.write(content)
        try:
            Arrays(path)
        except Unreadable:
            pass
