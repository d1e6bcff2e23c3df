import hashlib
import os

import numpy as np
import pytest

from fakes import piece
from files import arrays, save_cifar
from layersearch_torch import frames, inbound
from layersearch_torch.cifar import FORMATS
from layersearch_torch.data_source import DataSource, find
from layersearch_torch.drawn_images import Shapes10
from layersearch_torch.inbound import DataRequirement


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class Source(DataSource):
    """A data source that records what it sends and logs."""

    def __init__(self, folder, own_place=None):
        self.sent, self.logged = [], []
        super().__init__(str(folder), own_place, self._say, self.logged.append)

    def _say(self, code, payload):
        frames.encode(code, 1, payload)
        self.sent.append((code, payload))
        return True

    def look(self, requirement):
        """Requires a set, and waits for the search on this machine."""
        self.require(requirement, 0)
        if self._search is not None:
            self._search._thread.join()
        self.tick(0)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_cifar_on_this_machine(tmp_path, home, name):
    folder = home / ".cache/layersearch" / FORMATS[name].folder
    wanted = DataRequirement(name, save_cifar(folder, name), None)
    files = [str(folder / file) for file in FORMATS[name].files]
    length, cache = FORMATS[name].length, str(tmp_path / "cache")
    assert find(wanted, length, None, cache) == files  # the standard place
    os.rename(folder, tmp_path / "moved")
    assert find(wanted, length, None, cache) is None
    moved = [str(tmp_path / "moved" / file) for file in FORMATS[name].files]
    assert find(wanted, length, str(tmp_path / "moved"), cache) == moved
    assert find(DataRequirement(name, wanted.content_hash, str(tmp_path / "moved")), length, "/nowhere", cache) == moved
    assert find(DataRequirement(name, "0" * 64, None), length, str(tmp_path / "moved"), cache) is None


@pytest.fixture
def pictures(tmp_path):
    """Returns the path of a file of arrays, its bytes, and what a welcome says about it, without a path."""
    path = tmp_path / "pictures.npz"
    np.savez(path, **arrays(count=2000, side=16))
    content = path.read_bytes()
    return str(path), content, DataRequirement("arrays", hashlib.sha256(content).hexdigest(), None, len(content))


def test_arrays_on_this_machine(tmp_path, pictures):
    path, content, wanted = pictures
    own = Source(tmp_path / "cache", path)
    own.look(wanted)
    assert own.place == [path] and own.sent == []
    hinted = Source(tmp_path / "cache", str(tmp_path))
    hinted.look(DataRequirement("arrays", wanted.content_hash, path, len(content)))
    assert hinted.place == [path]


def test_arrays_are_fetched(tmp_path, pictures):
    path, content, wanted = pictures
    with open(path, "ab") as file:
        file.write(b"x")
    source = Source(tmp_path / "cache", path)
    source.look(wanted)
    assert source.place is None and source.sent == [(frames.CONTENT_QUERY, {"contentHash": wanted.content_hash})]
    source.sent.clear()
    source.handle(inbound.Announcement(wanted.content_hash, "arrays", len(content)), 0)
    asked = 0
    while source.place is None:
        code, request = source.sent.pop(0)
        assert code == frames.CONTENT_REQUEST and request["offset"] == asked and request["length"] > 0
        asked += request["length"]
        made = piece(content, request["offset"], request["length"])
        source.handle(inbound.read(frames.CONTENT_PIECE, made), 0)
    assert asked == len(content) > 4 * 262_144 and open(source.place[0], "rb").read() == content
    again = Source(tmp_path / "cache")
    again.look(wanted)
    assert again.place == source.place and again.sent == []


def test_an_announcement_of_another_length(tmp_path, pictures):
    _, content, wanted = pictures
    source = Source(tmp_path / "cache")
    source.look(DataRequirement("arrays", wanted.content_hash, None, len(content) - 1))
    source.handle(inbound.Announcement(wanted.content_hash, "arrays", len(content)), 0)
    assert str(len(content)) in source.failure and source.place is None


@pytest.mark.parametrize(
    "name, content", [("faces", "x"), ("shapes10", "shapes10-v2"), ("arrays", "0" * 64)]  # `arrays` without a length
)
def test_what_is_not_known(tmp_path, name, content):
    source = Source(tmp_path)
    source.look(DataRequirement(name, content, None))
    assert name in source.failure and content in source.failure and source.sent == []


def test_a_hash_that_would_lead_out_of_the_cache(tmp_path):
    source = Source(tmp_path / "cache")
    source.look(DataRequirement("arrays", "../../x", None, 100))
    assert "../../x" in source.failure and source.sent == [] and list(tmp_path.iterdir()) == []


def test_a_cache_that_is_none(tmp_path, pictures):
    _, _, wanted = pictures
    (tmp_path / "cache").write_text("in the way")
    source = Source(tmp_path / "cache")
    source.look(wanted)
    assert str(tmp_path / "cache") in source.failure and source.place is None


def test_what_lies_in_the_cache_is_checked(tmp_path, pictures):
    _, content, wanted = pictures
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / wanted.content_hash).write_bytes(content[:-1] + b"?")
    source = Source(tmp_path / "cache")
    source.look(wanted)
    assert source.place is None and source.sent == [(frames.CONTENT_QUERY, {"contentHash": wanted.content_hash})]


def test_drawn_images_are_kept(tmp_path):
    source = Source(tmp_path / "cache")
    source.look(DataRequirement("shapes10", "shapes10-v1", None))
    first = Shapes10(*source.place).training([3, 17])
    (path,) = (tmp_path / "cache").iterdir()
    again = Shapes10(*source.place).training([3, 17])
    assert np.array_equal(first.pixels, again.pixels) and again.labels.tolist() == [3, 7]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert np.array_equal(Shapes10(*source.place).training([3, 17]).pixels, first.pixels)
