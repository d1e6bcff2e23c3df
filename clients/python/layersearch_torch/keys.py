"""The keys of a worker: three files of 64 hexadecimal digits. Lines that begin with `#` are comments."""

import os
import re
from dataclasses import dataclass


class BadKeys(Exception):
    """Raised for keys that cannot be used; the text says why."""


@dataclass(frozen=True)
class Keys:
    """Three keys of 32 bytes each."""

    secret: bytes
    public: bytes
    coordinator: bytes


def read_keys(folder):
    secret = os.path.join(folder, "secret-key")
    try:
        if os.stat(secret).st_mode & 0o077:
            raise BadKeys(f"{secret} may be read by others: chmod 600 {secret}")
        others = [_key(os.path.join(folder, name)) for name in ("public-key", "coordinator-key")]
        return Keys(_key(secret), *others)
    except OSError as error:
        raise BadKeys(f"{error.filename}: {error.strerror}") from None


def _key(path):
    with open(path, "rb") as file:
        lines = [line.strip() for line in file.read(4096).decode(errors="replace").splitlines()]
    said = [line for line in lines if line and not line.startswith("#")]
    if len(said) != 1 or not re.match(r"[0-9a-fA-F]{64}\Z", said[0]):
        raise BadKeys(f"{path} has not 64 hexadecimal digits on one line")
    return bytes.fromhex(said[0])
