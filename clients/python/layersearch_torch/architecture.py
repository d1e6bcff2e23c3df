"""The structure of a network, from its name or its description (docs/networks.md)."""

import re
from dataclasses import dataclass

_DEPTHS = {"8", "14", "20", "32", "44", "56", "110"}
_NAMED = {
    "resnet18": "resnet:blocks=2/2/2/2",
    "resnet34": "resnet:blocks=3/4/6/3",
    "resnet50": "resnet:blocks=3/4/6/3,block=bottleneck",
    "resnet101": "resnet:blocks=3/4/23/3,block=bottleneck",
}


class Refused(Exception):
    """Raised for a work that this worker cannot do; the text says why."""


@dataclass(frozen=True)
class Architecture:
    """`widths` are the channels of the stem and of the stages; `width` is the factor by which the blocks are wider."""

    blocks: tuple
    widths: tuple
    width: int
    is_bottleneck: bool
    has_pooled_stem: bool
    has_projection: bool


def parse_architecture(text):
    """Returns the architecture for a name, or for `family:key=value,…` with lists separated by slashes. Raises
    `Refused`."""
    text = _NAMED.get(text, text)
    if text.startswith("resnet") and text[len("resnet") :] in _DEPTHS:
        text = f"cifar-resnet:depth={text[len('resnet'):]}"
    family, _, rest = text.partition(":")
    keys = dict(part.partition("=")[::2] for part in rest.split(",")) if rest else {}

    def refuse():
        raise Refused(f"model {text} is not known here")

    def numbers(key, default, most):
        words = keys.pop(key, default).split("/")
        if not all(re.match(r"[1-9][0-9]{0,3}\Z", word) and int(word) <= most for word in words):
            refuse()
        return tuple(int(word) for word in words)

    def choice(key, default, other):
        value = keys.pop(key, default)
        return value == other if value in (default, other) else refuse()

    is_bottleneck = has_pooled_stem = False
    if family == "cifar-resnet":
        depth = numbers("depth", "", 602)
        if len(depth) != 1 or depth[0] < 8 or depth[0] % 6 != 2:
            refuse()
        blocks = (depth[0] // 6,) * 3
        widths = numbers("widths", "16/32/64", 4096)
        has_projection = choice("shortcut", "A", "B")
    elif family == "resnet":
        blocks = numbers("blocks", "", 100)
        usual = "/".join(str(64 << stage) for stage in range(len(blocks)))
        widths = numbers("widths", usual, 4096)
        is_bottleneck = choice("block", "basic", "bottleneck")
        has_pooled_stem = choice("stem", "3x3", "7x7-pool")
        has_projection = not choice("shortcut", "B", "A")
    else:
        refuse()
    width = numbers("width", "1", 32)
    if keys or len(width) != 1 or len(widths) != len(blocks) or len(blocks) > 6:
        refuse()
    return Architecture(blocks, widths, width[0], is_bottleneck, has_pooled_stem, has_projection)
