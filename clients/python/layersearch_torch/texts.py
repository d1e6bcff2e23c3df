"""Texts as messages carry them: one line, without control characters, cut to a number of bytes."""

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def one_line(text, limit=2000):
    """Returns `text` on one line of at most `limit` bytes of UTF-8."""
    line = _CONTROL.sub(" ", str(text)).strip()
    encoded = line.encode()
    if len(encoded) <= limit:
        return line
    return encoded[: limit - 4].decode(errors="ignore") + " ..."


def is_plain(text, limit):
    """Returns whether a received text has no control characters and at most `limit` bytes."""
    return isinstance(text, str) and not _CONTROL.search(text) and len(text.encode()) <= limit
