"""A work from its text to the outcome of its result."""

import traceback

import torch

from layersearch_torch import memory
from layersearch_torch.images import Cifar10, Shapes10, split
from layersearch_torch.texts import one_line
from layersearch_torch.timing import time_ratios
from layersearch_torch.training import train
from layersearch_torch.variant import kernel_variant
from layersearch_torch.work import Refused, parse_work


def open_data(name, place):
    """The images of a set: `place` is a list of CIFAR-10's files, or the folder for drawn images."""
    return Cifar10(place) if name == "cifar10" else Shapes10(place)


def failure(cause, reason, lines=(), **more):
    """Outcome and account of a failed attempt, as keys of a result."""
    account = {"cause": cause, "isOutOfMemorySuspected": False, **more}
    account["lastLines"] = [one_line(line, 512) for line in lines][-8:]
    return {"outcome": {"failed": {"reason": one_line(reason) or cause}}, "failure": account}


def returned(reason):
    return {"outcome": {"returned": {"reason": one_line(reason)}}}


def run_job(text, data_set, data, device, report):
    """The keys `outcome` and `failure` of a result. Never raises for what a work can cause."""
    memory.forget_peak()
    try:
        work = parse_work(text)
        if work.data_set != data_set:
            raise Refused(f"the study's data set is {data_set}, not {work.data_set}")
        return {"outcome": {"finished": {"_0": _observation(work, data, device, report)}}}
    except Refused as refusal:
        return failure("refused", str(refusal))
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
    total = data.total(work)
    if work.train_images + work.validation_images > total:
        raise Refused(f"{work.data_set} has {total} training images only")
    chosen, held = split(total, work.train_images, work.validation_images, work.split_seed)
    is_final = work.kind == "final-training"
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
