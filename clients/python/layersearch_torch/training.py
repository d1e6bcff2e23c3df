"""The recipe of a work: schedule, augmentation, steps, scores."""

import math
import sys
import time
from dataclasses import dataclass, field
from typing import Optional

import torch
import torch.nn.functional as F

from layersearch_torch.augmentation import Augmentation
from layersearch_torch.network import make_network, parameter_parts
from layersearch_torch.pixels import Pixels

_EVALUATION_PIXELS = 500 * 32 * 32
_REPORT_SECONDS = 1.0


def learning_rate(schedule, peak, step, total):
    """Returns the learning rate at a step of `total`, counted from 0."""
    if schedule == "constant":
        return peak
    if schedule == "step":
        return peak / 100 if 4 * step >= 3 * total else peak / 10 if 2 * step >= total else peak
    if schedule == "cosine":
        return peak * (1 + math.cos(math.pi * step / total)) / 2
    rise = -(-total // 5)
    if step < rise:
        return peak * (step + 1) / rise
    return peak * (1 + math.cos(math.pi * (step - rise) / (total - rise))) / 2


class MomentumSGD:
    """PyTorch's SGD over lists of tensors. The learning rate is a tensor, so that a step can be recorded as a graph."""

    def __init__(self, parameters, momentum, weight_decay, nesterov):
        self.parameters = list(parameters)
        self.velocities = [torch.zeros_like(p) for p in self.parameters]
        self._momentum, self._weight_decay, self._nesterov = momentum, weight_decay, nesterov

    @torch.no_grad()
    def step(self, gradients, rate):
        if not self.parameters:
            return
        changes = torch._foreach_add(list(gradients), self.parameters, alpha=self._weight_decay)
        torch._foreach_mul_(self.velocities, self._momentum)
        torch._foreach_add_(self.velocities, changes)
        if self._nesterov:
            torch._foreach_add_(changes, self.velocities, alpha=self._momentum)
        else:
            changes = [v.clone() for v in self.velocities]
        torch._foreach_mul_(changes, rate)
        torch._foreach_sub_(self.parameters, changes)


class Step:
    """A training step of a network. On a GPU it is recorded as a graph, because its kernels take less time than
    their launches."""

    def __init__(self, network, pixels, work, batch, device):
        self._network, self._pixels = network, pixels
        self._optimizers = {
            part: MomentumSGD(parameters, work.momentum, work.weight_decay, work.nesterov)
            for part, parameters in parameter_parts(network).items()
        }
        self._choice = torch.zeros((6, batch), dtype=torch.int64, device=device)
        self._rate = torch.zeros((), device=device)
        self._loss = torch.zeros((), device=device)
        self._uses_graphs = torch.device(device).type == "cuda"
        self._graphs = {}

    def run(self, choice, rate, skipped=()):
        """Trains on a batch. Parts in `skipped` stay as they are. The next step overwrites the tensor of the loss."""
        self._choice.copy_(choice)
        self._rate.fill_(rate)
        if not self._uses_graphs:
            self._compute(skipped)
        else:
            if skipped not in self._graphs:
                self._record(skipped)
            if self._uses_graphs:
                self._graphs[skipped].replay()
            else:
                self._compute(skipped)
        return self._loss

    def _compute(self, skipped):
        x, labels = self._pixels.windows(self._choice)
        loss = F.cross_entropy(self._network(x), labels)
        parts = {name: o for name, o in self._optimizers.items() if name not in skipped}
        gradients = iter(torch.autograd.grad(loss, [p for o in parts.values() for p in o.parameters]))
        for optimizer in parts.values():
            optimizer.step([next(gradients) for _ in optimizer.parameters], self._rate)
        self._loss.copy_(loss.detach())

    def _record(self, skipped):
        """Records the graph of a step. If PyTorch cannot, steps run without one."""
        state = [*self._network.parameters(), *self._network.buffers()]
        state += [v for o in self._optimizers.values() for v in o.velocities]
        before = [t.detach().clone() for t in state]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._compute(skipped)
        torch.cuda.current_stream().wait_stream(stream)
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                self._compute(skipped)
            self._graphs[skipped] = graph
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            print(f"steps are not recorded as graphs: {error}", file=sys.stderr)
            self._uses_graphs = False
        with torch.no_grad():
            for tensor, old in zip(state, before):
                tensor.copy_(old)


@torch.no_grad()
def evaluate(network, pixels):
    """Returns the accuracy and the mean cross-entropy over all images, in inference mode."""
    network.eval()
    right, loss = 0, 0.0
    batch = _EVALUATION_PIXELS // pixels.side**2
    for low in range(0, len(pixels), batch):
        logits = network(pixels.plain(low, low + batch))
        labels = pixels.labels[low : low + batch]
        right += int((logits.argmax(1) == labels).sum())
        loss += float(F.cross_entropy(logits, labels, reduction="sum").double())
    network.train()
    return right / len(pixels), loss / len(pixels)


@dataclass
class Outcome:
    """The result of a training. `accuracy` and `loss` are over the images that judge it."""

    accuracy: float
    loss: Optional[float] = None
    diverged: bool = False
    epoch_losses: list = field(default_factory=list)
    epoch_accuracies: list = field(default_factory=list)
    epoch_validation_losses: list = field(default_factory=list)
    images: int = 0
    seconds: float = 0.0


def prepare(device):
    """Makes the settings of PyTorch that every training needs: 32-bit floats, without TF32."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    if device == "cpu":
        torch.set_flush_denormal(True)


def train(work, training_images, judging_images, device, report=lambda epoch, step, steps, loss: None):
    """Trains the network of a work and scores it. Calls `report` about once a second; its `loss` may be None."""
    network = make_network(work.model, work.candidate, work.seed, work.shape.classes).to(device).train()
    generator = torch.Generator().manual_seed(work.seed ^ 0x5851F42D4C957F2D)
    pixels = Pixels(training_images, device, Augmentation.of(work))
    judges = Pixels(judging_images, device)
    return Training(work, network, pixels, judges, generator, device, report).run()


class Training:
    def __init__(self, work, network, pixels, judges, generator, device, report):
        self._work, self._network, self._pixels, self._judges = work, network, pixels, judges
        self._generator, self._device, self._report = generator, device, report
        self._batch = min(work.batch, len(pixels))
        self._steps = len(pixels) // self._batch
        self._total = work.epochs * self._steps
        self._augmentation = Augmentation.of(work)
        self._step = Step(network, pixels, work, self._batch, device)
        self._outcome = Outcome(accuracy=1 / work.shape.classes)
        self._told = time.perf_counter()

    def run(self):
        outcome = self._outcome
        for epoch in range(min(self._work.epochs, self._work.until or self._work.epochs)):
            begun = time.perf_counter()
            loss = self._epoch(epoch)
            outcome.seconds += time.perf_counter() - begun
            if not math.isfinite(loss):
                outcome.diverged = True
                break
            outcome.epoch_losses.append(loss)
            if self._work.curve:
                self._add_to_curve()
        if not outcome.diverged:
            self._score()
        return outcome

    def _epoch(self, epoch):
        """Trains an epoch. Returns the mean loss of its steps, or a loss that is not finite as soon as one is seen."""
        choices = self._augmentation.choices(len(self._pixels), self._generator).to(self._device)
        total = torch.zeros((), dtype=torch.float64, device=self._device)
        for index in range(self._steps):
            step = epoch * self._steps + index
            rate = learning_rate(self._work.schedule, self._work.learning_rate, step, self._total)
            batch = choices[:, index * self._batch : (index + 1) * self._batch]
            total += self._step.run(batch, rate, self._skipped(step))
            self._outcome.images += self._batch
            if time.perf_counter() - self._told >= _REPORT_SECONDS:
                mean = float(total) / (index + 1)
                if not math.isfinite(mean):
                    return mean
                self._report(epoch + 1, step + 1, self._total, mean)
                self._told = time.perf_counter()
        return float(total) / self._steps

    def _skipped(self, step):
        skipped = []
        if step % self._work.skip_coefficients:
            skipped.append("coefficients")
        if step % self._work.skip_basis:
            skipped.append("basis")
        return tuple(skipped)

    def _add_to_curve(self):
        accuracy, loss = evaluate(self._network, self._judges)
        found = self._outcome
        if math.isfinite(loss) and len(found.epoch_accuracies) == len(found.epoch_losses) - 1:
            found.epoch_accuracies.append(accuracy)
            found.epoch_validation_losses.append(loss)

    def _score(self):
        accuracy, loss = evaluate(self._network, self._judges)
        if math.isfinite(loss) and loss <= 10 * math.log(self._work.shape.classes):
            self._outcome.accuracy, self._outcome.loss = accuracy, loss
        else:
            self._outcome.diverged = True
