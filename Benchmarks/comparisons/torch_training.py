"""LayerSearch's proxy training in PyTorch: the first N training images, a new permutation in each epoch, random flips
and random crops of images with four black pixels around them, SGD with momentum and weight decay on every parameter,
`onecycle`.

    python -m comparisons.torch_training '{"recipe": …, "candidate": …, "seed": …, "score": "test"}'

prints one JSON object."""
import json
import math
import os
import sys
import time

from . import architecture, torch_resnet

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
TRAINING_IMAGES = 50_000
SCORED_AT_ONCE = 250


class Images:
    """CIFAR-10, from its binary files."""

    def __init__(self, folder, recipe, score):
        import numpy
        import torch

        def read(names, first, count):
            raw = numpy.concatenate([numpy.fromfile(os.path.join(folder, name), numpy.uint8) for name in names])
            raw = raw.reshape(-1, 3073)[first:first + count]
            return torch.from_numpy(raw[:, 1:].reshape(-1, 3, 32, 32).copy()), torch.from_numpy(raw[:, 0].astype(numpy.int64))

        files = [f"data_batch_{number}.bin" for number in range(1, 6)]
        images, self.labels = read(files, 0, recipe["train_images"])
        self.padded = torch.nn.functional.pad(images, (4, 4, 4, 4))
        if score == "validation":
            held_out = recipe["validation_images"]
            self.scored, self.scored_labels = read(files, TRAINING_IMAGES - held_out, held_out)
        else:
            self.scored, self.scored_labels = read(["test_batch.bin"], 0, 10_000)
        self.mean, self.deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))

    def normalized(self, images):
        import torch
        return ((images.float() / 255 - self.mean) / self.deviation).contiguous(memory_format=torch.channels_last)

    def batch(self, pick, random):
        """Returns a batch of training images, cropped and flipped."""
        import torch
        count, span = len(pick), torch.arange(32)
        down, right = (torch.randint(9, (count, 1), generator=random) for _ in range(2))
        flips = torch.rand(count, 1, generator=random) < 0.5
        rows = (down + span)[:, None, :, None]
        columns = (right + torch.where(flips, 31 - span, span))[:, None, None, :]
        image, plane = torch.arange(count)[:, None, None, None], torch.arange(3)[None, :, None, None]
        return self.normalized(self.padded[pick][image, plane, rows, columns]), self.labels[pick]


def learning_rate(peak, step, steps):
    rise = math.ceil(steps / 5)
    if step < rise:
        return peak * (step + 1) / rise
    return peak * (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2


def train(recipe, ranks, seed, images):
    """Trains a network. Returns its accuracy (None if it diverged), its losses by epoch, and the seconds."""
    import torch
    import torch.nn.functional as F
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    network = torch_resnet.build(recipe["model"], lambda name, filters: ranks.get(name))
    torch_resnet.initialize(network)
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=recipe["learning_rate"], momentum=recipe["momentum"],
                                weight_decay=recipe["weight_decay"], fused=True)
    cast = torch.autocast("cpu", torch.bfloat16, enabled=recipe["bf16"])
    size = recipe["batch"]
    per_epoch = len(images.labels) // size
    steps, step, losses, start = per_epoch * recipe["epochs"], 0, [], time.perf_counter()
    for _ in range(recipe["epochs"]):
        order, total = torch.randperm(len(images.labels), generator=random), 0.0
        for number in range(per_epoch):
            inputs, labels = images.batch(order[number * size:(number + 1) * size], random)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe["learning_rate"], step, steps)
            optimizer.zero_grad(set_to_none=True)
            with cast:
                outputs = network(inputs)
            loss = F.cross_entropy(outputs.float(), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
            step += 1
        losses.append(total / per_epoch)
    seconds = time.perf_counter() - start
    network.eval()
    right = 0
    with torch.no_grad(), cast:
        for first in range(0, len(images.scored), SCORED_AT_ONCE):
            outputs = network(images.normalized(images.scored[first:first + SCORED_AT_ONCE]))
            right += (outputs.argmax(1) == images.scored_labels[first:first + SCORED_AT_ONCE]).sum().item()
    accuracy = right / len(images.scored) if all(map(math.isfinite, losses)) else None
    return {"accuracy": accuracy, "epoch_losses": losses if accuracy is not None else None, "train_seconds": seconds}


def main():
    task = json.loads(sys.argv[1])
    images = Images(task["data"], task["recipe"], task["score"])
    result = train(task["recipe"], architecture.ranks(task["candidate"]), task["seed"], images)
    print(json.dumps(dict(result, candidate=task["candidate"], seed=task["seed"])))


if __name__ == "__main__":
    main()
