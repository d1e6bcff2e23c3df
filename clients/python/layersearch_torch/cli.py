"""Command line: a worker, or `bench`."""

import argparse
import os
import sys

from layersearch_torch import __version__

_CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "layersearch-torch")
_EXAMPLE = "layersearch-torch-worker --connect tcp://10.0.0.1:5555 --keys worker-1 --device cuda --slots 4"


def _bounded(low, high):
    def whole(text):
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not from {low} to {high}")
        return value

    return whole


def _worker_parser():
    parser = argparse.ArgumentParser(
        prog="layersearch-torch-worker",
        description="Trains candidates of a study with `kernels: torch` for its coordinator. "
        "`layersearch-torch-worker bench --help`: how fast it trains.",
        epilog=f"Example: {_EXAMPLE}",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--connect", required=True, metavar="ENDPOINT", help="the coordinator: tcp://HOST:PORT")
    parser.add_argument("--keys", metavar="DIR", help="secret-key, public-key and coordinator-key")
    parser.add_argument("--slots", type=_bounded(1, 4096), default=1, help="trainings at the same time (1)")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="where to train (cuda, where there is one)")
    parser.add_argument("--name", help="beginning of the worker's name (that of the machine)")
    parser.add_argument("--spool", metavar="DIR", default=os.path.join(_CACHE, "spool"), help="unacknowledged results")
    parser.add_argument("--data", metavar="PATH", help="folder of CIFAR's binary files, or a file of arrays")
    parser.add_argument("--data-cache", metavar="DIR", default=os.path.join(_CACHE, "data"), help="fetched data sets")
    parser.add_argument("--grace", type=_bounded(0, 86400), default=10, help="seconds in which trainings may end")
    return parser


def _bench_parser():
    parser = argparse.ArgumentParser(
        prog="layersearch-torch-worker bench", description="Prints training images a second of a network and form."
    )
    parser.add_argument("--model", default="resnet20")
    parser.add_argument("--candidate", default="dense", help="dense, or layer1.0.conv1=8,layer3.2.conv2=16/full …")
    parser.add_argument("--variant", default="remainder", help="where the candidate names none")
    parser.add_argument("--device", choices=("cpu", "cuda"))
    parser.add_argument("--batch", type=_bounded(1, 65536), default=128)
    parser.add_argument("--seconds", type=_bounded(1, 3600), default=10)
    return parser


def _device(parser, asked):
    import torch

    if asked == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch finds no CUDA device: --device cpu")
    return asked or ("cuda" if torch.cuda.is_available() else "cpu")


def _run_bench(arguments):
    parser = _bench_parser()
    options = parser.parse_args(arguments)
    device = _device(parser, options.device)
    from layersearch_torch.bench import bench
    from layersearch_torch.variant import kernel_variant
    from layersearch_torch.work import Refused

    try:
        rate, parameters = bench(
            options.model, options.candidate, options.variant, device, options.batch, options.seconds
        )
    except Refused as refusal:
        parser.error(str(refusal))
    print(
        f"{options.model} {options.candidate} {kernel_variant(device)} batch {options.batch} "
        f"parameters {parameters} images/s {rate:.1f}"
    )
    return 0


def _run_worker(arguments):
    parser = _worker_parser()
    options = parser.parse_args(arguments)
    device = _device(parser, options.device)
    import zmq

    from layersearch_torch.keys import BadKeys, read_keys
    from layersearch_torch.service import Service
    from layersearch_torch.texts import one_line

    try:
        keys = read_keys(options.keys) if options.keys else None
        service = Service(
            options.connect,
            keys,
            options.slots,
            device,
            one_line(options.name or "", 100),
            os.path.abspath(options.spool),
            os.path.abspath(options.data_cache),
            options.data and os.path.expanduser(options.data),
            options.grace,
        )
    except (BadKeys, OSError, zmq.ZMQError) as error:
        parser.error(str(error))
    return service.run()


def main(arguments=None):
    """Runs the command line. Returns the exit code: 0 done, 1 failed, 2 usage."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return _run_bench(arguments[1:]) if arguments[:1] == ["bench"] else _run_worker(arguments)
    except KeyboardInterrupt:
        return 1
