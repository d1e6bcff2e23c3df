"""The text of a work, and of its candidate."""

import re
from dataclasses import dataclass
from typing import Optional

from layersearch_torch.architecture import Refused, parse_architecture
from layersearch_torch.data_shape import CLASSES, IMAGE_SIZES, MOST_IMAGES, SHAPES, DataShape

SCHEDULES = ("constant", "step", "cosine", "onecycle")
_KINDS = ("proxy-training", "final-training")
_AUGMENTATIONS = ("crop", "flip", "cutout")
_GROUPED = re.compile(r"grouped([1-9][0-9]{0,5})\Z")


@dataclass(frozen=True)
class Variant:
    """How outputs follow from basis maps: `remainder`, `full`, `tied`, or `grouped` with a number of groups."""

    name: str
    groups: int = 1

    @staticmethod
    def parse(text):
        if text in ("remainder", "full", "tied"):
            return Variant(text)
        match = _GROUPED.match(text)
        if not match:
            raise Refused(f"variant {text} is not known here")
        return Variant("grouped", int(match[1]))


@dataclass(frozen=True)
class Decomposition:
    rank: int
    variant: Variant


@dataclass(frozen=True)
class Work:
    """A computation. `candidate` maps layers to their decompositions; `augmentation` has the ways in which training
    images are varied."""

    kind: str
    model: str
    data_set: str
    shape: DataShape
    train_images: int
    validation_images: int
    split_seed: int
    epochs: int
    until: Optional[int]
    batch: int
    learning_rate: float
    schedule: str
    momentum: float
    nesterov: bool
    weight_decay: float
    augmentation: tuple
    curve: bool
    skip_coefficients: int
    skip_basis: int
    candidate: dict
    repetition: int
    seed: int

    @property
    def total_images(self):
        """The number of images from which training and validation images are chosen."""
        wanted = self.train_images + self.validation_images
        return max(self.shape.images, wanted) if self.data_set == "shapes10" else self.shape.images


def parse_candidate(text, variant):
    """Returns the `Decomposition` of each layer, from `dense` or from `layer=rank[/variant]` separated by commas.
    `variant` applies where none is named."""
    if text == "dense":
        return {}
    candidate = {}
    for part in text.split(","):
        layer, equals, rest = part.partition("=")
        rank, slash, name = rest.partition("/")
        if not layer or not equals or layer in candidate or (slash and not name):
            raise Refused(f"candidate {text} cannot be read at {part!r}")
        candidate[layer] = Decomposition(_whole(rank, "rank", 1, 1 << 20), Variant.parse(name) if name else variant)
    return candidate


def parse_work(text):
    """Returns the work of a line. Raises `Refused` for anything that this worker does not know."""
    kind, *words = text.split(" ")
    if kind not in _KINDS:
        raise Refused(f"work of the kind {kind} is not known here")
    fields = _Fields(words)
    parse_architecture(fields.left.get("model", ""))
    variant = Variant.parse(fields.take("space.variant"))
    data_set = fields.one_of("data.set", (*SHAPES, "arrays"))
    work = Work(
        kind=kind,
        model=fields.take("model"),
        data_set=data_set,
        shape=SHAPES.get(data_set) or _shape(fields),
        train_images=fields.whole("data.train_images", 1, 1 << 32),
        validation_images=fields.whole("data.validation_images", 0, 1 << 32),
        split_seed=fields.whole("data.split_seed", 0, (1 << 64) - 1),
        epochs=fields.whole("proxy.epochs", 1, 100_000),
        until=fields.whole("proxy.until", 1, 100_000) if "proxy.until" in fields.left else None,
        batch=fields.whole("proxy.batch", 1, 1 << 20),
        learning_rate=fields.number("proxy.learning_rate"),
        schedule=fields.one_of("proxy.schedule", SCHEDULES),
        momentum=fields.number("proxy.momentum"),
        nesterov=fields.truth("proxy.nesterov"),
        weight_decay=fields.number("proxy.weight_decay"),
        augmentation=_augmentation(fields),
        curve=fields.truth("proxy.curve", default=False),
        skip_coefficients=fields.whole("proxy.skip.coefficients", 1, 1 << 32, default="1"),
        skip_basis=fields.whole("proxy.skip.basis", 1, 1 << 32, default="1"),
        candidate=parse_candidate(fields.take("candidate"), variant),
        repetition=fields.whole("repetition", 0, (1 << 63) - 1),
        seed=fields.whole("seed", 0, (1 << 64) - 1),
    )
    fields.left.pop("kernels", None)
    if fields.left:
        raise Refused(f"the key {sorted(fields.left)[0]} of a work is not known here")
    return work


def _shape(fields):
    return DataShape(
        classes=fields.whole("data.classes", CLASSES[0], CLASSES[-1]),
        image_size=int(fields.one_of("data.image_size", [str(size) for size in IMAGE_SIZES])),
        images=fields.whole("data.images", 1, MOST_IMAGES),
        test_images=fields.whole("data.test_images", 0, MOST_IMAGES),
    )


def _augmentation(fields):
    if not fields.truth("proxy.augment"):
        return ()
    text = fields.take("proxy.augmentation", "crop+flip")
    parts = text.split("+")
    if parts != [part for part in _AUGMENTATIONS if part in parts]:
        raise Refused(f"proxy.augmentation {text} is not known here")
    return tuple(parts)


class _Fields:
    """The words `key=value` of a work. `left` has those that are not taken yet."""

    def __init__(self, words):
        self.left = {}
        for word in words:
            key, equals, value = word.partition("=")
            if not equals or key in self.left:
                raise Refused(f"a work cannot be read at {word!r}")
            self.left[key] = value

    def take(self, key, default=None):
        value = self.left.pop(key, default)
        if value is None:
            raise Refused(f"a work has no {key}")
        return value

    def one_of(self, key, allowed):
        value = self.take(key)
        if value not in allowed:
            raise Refused(f"{key} {value} is not known here")
        return value

    def whole(self, key, low, high, default=None):
        return _whole(self.take(key, default), key, low, high)

    def number(self, key):
        value = self.take(key)
        if not re.match(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?\Z", value):
            raise Refused(f"{key} {value} is no number")
        return float(value)

    def truth(self, key, default=None):
        if key not in self.left and default is not None:
            return default
        return self.one_of(key, ("true", "false")) == "true"


def _whole(text, name, low, high):
    if not re.match(r"[0-9]{1,20}\Z", text) or not low <= int(text) <= high:
        raise Refused(f"{name} {text} is no whole number from {low} to {high}")
    return int(text)
