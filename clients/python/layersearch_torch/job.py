"""Runs a work, from its text to the outcome of its result."""

import traceback

import torch

from layersearch_torch import memory
from layersearch_torch.array_files import Unreadable
from layersearch_torch.arrays import Arrays
from layersearch_torch.cifar import Cifar
from layersearch_torch.drawn_images import Shapes10
from layersearch_torch.images import split
from layersearch_torch.outcomes import failure, returned
from layersearch_torch.timing import time_ratios
from layersearch_torch.training import train
from layersearch_torch.variant import kernel_variant
from layersearch_torch.work import Refused, parse_work


class OpenedData:
    """The images of the set that was opened last."""

    def __init__(self):
        self._key = self._data = None

    def open(self, name, place):
        """`place` is what a `DataSource` found. Raises `Unreadable` if the files are not such a set."""
        if self._key != (name, place):
            self._key = self._data = None
            if name == "shapes10":
                self._data = Shapes10(*place)
            else:
                self._data = Arrays(*place) if name == "arrays" else Cifar(name, place)
            self._key = name, place
        return self._data


def run_job(text, data_set, place, opened, device, report):
    """Returns the keys `outcome` and `failure` of a result. `opened` is kept from job to job. Never raises for
    anything that a work or a data set can cause."""
    memory.forget_peak()
    try:
        work = parse_work(text)
        if work.data_set != data_set:
            raise Refused(f"the study's data set is {data_set}, not {work.data_set}")
        data = opened.open(data_set, place)
        return {"outcome": {"finished": {"_0": _observation(work, data, device, report)}}}
    except Refused as refusal:
        return failure("refused", str(refusal))
    except Unreadable as problem:
        return failure("refused", f"the data set cannot be used: {problem}")
    except MemoryError as error:
        return failure("memory limit", f"there is no memory for it: {error}")
    except torch.OutOfMemoryError as error:
        if device == "cuda" and _others_hold_memory():
            return returned("there is no GPU memory for it at the moment")
        return failure("memory limit", str(error))
    except BrokenPipeError:
        raise
    except Exception as error:
        lines = "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines()
        return failure("process ended", f"{type(error).__name__}: {error}", lines)


def _observation(work, data, device, report):
    if data.shape != work.shape:
        raise Refused(f"the data set has {data.shape}; the work says {work.shape}")
    if work.train_images + work.validation_images > work.total_images:
        raise Refused(f"{work.data_set} has {work.total_images} training images only")
    chosen, held = split(work.total_images, work.train_images, work.validation_images, work.split_seed)
    is_final = work.kind == "final-training"
    if is_final and not work.shape.test_images:
        raise Refused("there are no test images")
    training = data.training(chosen)
    if not is_final and not held:
        raise Refused("there are no validation images")
    judging = data.test() if is_final else data.training(held)
    found = train(work, training, judging, device, report)
    observation = {
        "diverged": found.diverged,
        "epochLosses": found.epoch_losses,
        "imagesPerSecond": found.images / found.seconds if found.seconds > 0 else 0.0,
        "kernelVariant": kernel_variant(device),
        "trainSeconds": found.seconds,
    }
    score = {"test_accuracy": found.accuracy} if is_final else {"accuracy": found.accuracy}
    if found.loss is not None:
        score["test_loss" if is_final else "loss"] = found.loss
    observation.update({"metrics": score} if is_final else score)
    if work.curve:
        observation["curves"] = {
            "epoch_accuracies": found.epoch_accuracies,
            "epoch_validation_losses": found.epoch_validation_losses,
        }
    if not is_final and work.repetition == 0 and work.until is None:
        steps, inference = time_ratios(work, training, device)
        observation.update(stepTimeRatio=steps, inferenceTimeRatio=inference)
    observation["peakMemoryBytes"] = memory.peak_bytes()
    return observation


def _others_hold_memory():
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info()
    return total - free - torch.cuda.memory_reserved() > total // 8
