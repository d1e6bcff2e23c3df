"""The kernel variant of this worker."""

import torch


def kernel_variant(device):
    """Returns the variant's name, such as `torch-2.15.0+cpu` or `torch-2.15.0+cuda12.8`."""
    version = torch.__version__.split("+")[0]
    return f"torch-{version}+cpu" if device == "cpu" else f"torch-{version}+cuda{torch.version.cuda}"
