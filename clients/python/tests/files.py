"""Files of data sets."""

import hashlib
import json
import struct

import numpy as np

from layersearch_torch.cifar import FORMATS

_TYPES = {"uint8": "U8", "int64": "I64", "uint16": "U16", "float32": "F32"}


def arrays(count=30, side=8, classes=3, test=12, seed=1):
    """Returns the arrays of a data set by name. The classes follow one another in turn."""
    random = np.random.default_rng(seed)

    def images(number):
        return random.integers(0, 256, (number, side, side, 3), dtype=np.uint8)

    made = {"images": images(count), "labels": np.arange(count) % classes}
    if test:
        made.update(test_images=images(test), test_labels=np.arange(test) % classes)
    return made


def save_safetensors(path, tensors):
    header, content = {"__metadata__": {"made": "by a test"}}, b""
    for name, array in tensors.items():
        offsets = [len(content), len(content) + array.nbytes]
        header[name] = {"dtype": _TYPES[array.dtype.name], "shape": array.shape, "data_offsets": offsets}
        content += np.ascontiguousarray(array).tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)


def save_cifar(folder, name):
    """Writes sparse files of the right sizes. The first two records of each have the labels 7 and 1 (for CIFAR-100
    after coarse ones) and a pixel of 200. Returns the SHA-256."""
    form, digest = FORMATS[name], hashlib.sha256()
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [10_000] * 6 if name == "cifar10" else [50_000, 10_000]
    for file, records in zip(form.files, sizes):
        beginning = bytearray(2 * form.record_bytes)
        for record, label in enumerate((7, 1)):
            start = record * form.record_bytes
            beginning[start : start + form.label_bytes] = [5] * (form.label_bytes - 1) + [label]
            beginning[start + form.label_bytes] = 200
        with open(folder / file, "wb+") as made:
            made.write(beginning)
            made.truncate(records * form.record_bytes)
            made.seek(0)
            while chunk := made.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
