"""Where the images of a study are: on this machine, or fetched from the coordinator."""

import os
import re
import threading

from layersearch_torch.cifar import FORMATS
from layersearch_torch.content import Fetch, digest
from layersearch_torch.drawn_images import SHAPES10_HASH
from layersearch_torch.inbound import Announcement, ContentRefusal, Piece

_STANDARD = "~/.cache/layersearch"
_HASH = re.compile(r"[0-9a-f]{64}\Z")


def _paths(name, place):
    """Returns the paths of a set's files at a place: a folder, or a file of arrays."""
    return [place] if name == "arrays" else [os.path.join(place, file) for file in FORMATS[name].files]


def find(requirement, length, own_place, cache):
    """Returns the paths of the first set with the required content, or None. Looks in the worker's own place, in the
    coordinator's place, in the standard place, and in the cache, where a set is one file."""
    name = requirement.name
    standard = os.path.expanduser(f"{_STANDARD}/{FORMATS[name].folder}") if name in FORMATS else None
    sets = [_paths(name, place) for place in (own_place, requirement.path_hint, standard) if place]
    for paths in [*sets, [os.path.join(cache, requirement.content_hash)]]:
        try:
            if sum(os.path.getsize(path) for path in paths) == length and digest(paths) == requirement.content_hash:
                return paths
        except OSError:
            continue
    return None


class DataSource:
    """`place` is what a slot's process opens once the images are available: the paths of files, or of the folder for
    drawn images. `failure` says why they never will be."""

    def __init__(self, cache, own_place, send, log):
        self._cache, self._own_place, self._send, self._log = cache, own_place, send, log
        self._requirement = self._length = None
        self._search = None
        self._fetch = None
        self.place = None
        self.failure = None

    def _on_disk(self, step, *arguments):
        """Performs a step. If the disk fails, sets `failure`, which ends the worker."""
        try:
            step(*arguments)
        except OSError as error:
            self.failure = f"the data set cannot be kept in {self._cache}: {error.strerror or error}"
            self.close()

    def require(self, requirement, now):
        """Begins to look for a set, or continues if it is the one that is looked for already."""
        if requirement == self._requirement:
            if self._fetch is not None:
                self._on_disk(self._fetch.begin_again, now)
            return
        self.close()
        self._requirement, self.place, self.failure = requirement, None, None
        self._length = FORMATS[requirement.name].length if requirement.name in FORMATS else requirement.length
        if requirement.name == "shapes10" and requirement.content_hash == SHAPES10_HASH:
            self.place = [self._cache]
        elif (
            requirement.name in (*FORMATS, "arrays")
            and self._length is not None
            and _HASH.match(requirement.content_hash)
        ):
            self._search = _Search(requirement, self._length, self._own_place, self._cache)
        else:
            self.failure = f"the data set {requirement.name} ({requirement.content_hash}) is not known here"

    def tick(self, now):
        self._on_disk(self._tick, now)

    def _tick(self, now):
        if self._search is not None and self._search.is_done():
            self.place = self._search.place
            self._search = None
            if self.place is None:
                self._log("the data set is not on this machine: it is fetched from the coordinator")
                self._fetch = Fetch(self._requirement.content_hash, self._length, self._cache, self._send)
        if self._fetch is not None:
            self._fetch.tick(now)
            self._look_at_fetch()

    def handle(self, message, now):
        if self._fetch is not None:
            self._on_disk(self._handle, message, now)

    def _handle(self, message, now):
        if isinstance(message, Announcement):
            self._fetch.announced(message, now)
        elif isinstance(message, ContentRefusal):
            self._fetch.refused(message)
        elif isinstance(message, Piece):
            self._fetch.received(message, now)
        self._look_at_fetch()

    def close(self):
        if self._fetch is not None:
            self._fetch.close()
        self._fetch = self._search = None

    def _look_at_fetch(self):
        self.failure = self._fetch.failure
        if self._fetch.path is not None:
            self.place = [self._fetch.path]
        if self.place is not None or self.failure is not None:
            self.close()


class _Search:
    """Looks for the set on this machine in a separate thread, because hashing takes a moment."""

    def __init__(self, *arguments):
        self.place = None
        self._thread = threading.Thread(target=self._find, args=arguments, daemon=True)
        self._thread.start()

    def _find(self, *arguments):
        self.place = find(*arguments)

    def is_done(self):
        return not self._thread.is_alive()
