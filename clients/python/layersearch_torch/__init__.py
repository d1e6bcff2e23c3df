"""A worker of LayerSearch that trains with PyTorch."""

__version__ = "0.1"
