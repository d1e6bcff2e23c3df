"""Files of named arrays: NumPy's `.npz`, and safetensors."""

import json
import math
import struct
import zipfile
import zlib

import numpy as np

_MOST_HEADER_BYTES = 16 << 20
_INTEGERS = {"U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8"}
_ZIP_PROBLEMS = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


class Unreadable(Exception):
    """Raised for a file that cannot be read; the text says why."""


def read_arrays(path, names):
    """Returns the named arrays that a file has, by name. The file's first bytes tell its format. Raises
    `Unreadable`."""
    try:
        with open(path, "rb") as file:
            start = file.read(9)
        if start.startswith(b"PK\x03\x04"):
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in names if name in archive.files}
        if start[8:] == b"{":
            return _read_safetensors(path, names)
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, *_ZIP_PROBLEMS) as error:
        raise Unreadable(f"it cannot be read: {error}") from None
    raise Unreadable("it is neither .npz nor .safetensors")


def _read_safetensors(path, names):
    """Reads a safetensors file: eight bytes with the header's length, the header, then the numbers, which stay on
    disk until they are used."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _MOST_HEADER_BYTES:
            raise ValueError(f"its header would have {length} bytes")
        header = json.loads(file.read(length))
    return {name: _tensor(path, 8 + length, name, header[name]) for name in names if name in header}


def _tensor(path, start, name, entry):
    if entry["dtype"] not in _INTEGERS:
        raise ValueError(f"{name} are {entry['dtype']}, and whole numbers are wanted")
    dtype, shape = np.dtype(_INTEGERS[entry["dtype"]]), tuple(entry["shape"])
    begin, end = entry["data_offsets"]
    if end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{name} have {end - begin} bytes, which their shape {shape} has not")
    return np.memmap(path, dtype, "r", start + begin, shape)
