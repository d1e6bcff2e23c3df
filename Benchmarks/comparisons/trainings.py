"""The recipe of the comparisons, searches with it, the candidates they name, and the fresh trainings that judge
these."""
import contextlib
import csv
import functools
import hashlib
import json
import os
import re

from . import architecture, work


DATA = os.path.expanduser("~/.cache/layersearch/cifar-10-batches-bin")
FIRST_FRESH_SEED = 1_000_001
STRATEGIES = ("exhaustive", "random", "sensitivity", "factorial", "surrogate", "nsga2")


def add_common_options(parser):
    """Adds the options of everything that is trained, and where."""
    add = parser.add_argument
    add("--output", required=True, metavar="DIR", help="everything that is found; the same command goes on with it")
    add("--data", default=DATA, metavar="DIR", help="the folder of CIFAR-10's binary files (default: %(default)s)")
    add("--model", default="resnet20")
    add("--include", default="layer*", metavar="GLOBS", help="layers that may be decomposed (default: %(default)s)")
    add("--validation-images", type=work.whole(1, 49_999), default=5_000)
    add("--batch", type=work.whole(1, 50_000), default=128)
    add("--seed", type=work.whole(0, 2**31), default=1, help="of the searches (default: 1)")
    add("--slots", type=work.whole(1, 1024), default=2, help="trainings at a time (default: 2)")


def add_options(parser):
    """Adds the options of the recipe and of judging. The default of each is the comparison's own value."""
    add_common_options(parser)
    add = parser.add_argument
    add("--rank-fractions", type=work.numbers(work.decimal(0.001, 0.999), increasing=True), default=[0.25, 0.5], metavar="F,F",
        help="ranks of every layer, of its filters (default: 0.25,0.5)")
    add("--train-images", type=work.whole(1, 50_000), default=10_000)
    add("--epochs", type=work.whole(1, 1000), default=3)
    add("--learning-rate", type=work.decimal(1e-9, 100), default=0.1)
    add("--levels", type=work.whole(2, 200), default=8,
        help="bounds on cost at which candidates are named, half of parameters, half of multiply-adds (default: 8)")
    add("--seeds", type=work.whole(1, 1000), default=16, help="fresh trainings of each named candidate (default: 16)")
    add("--first-fresh-seed", type=work.whole(0, 2**31), default=FIRST_FRESH_SEED, help="no search has it (default: %(default)s)")


def check(options, free):
    """Checks what the options' own checks cannot see. `free` options may change from sitting to sitting."""
    try:
        architecture.blocks(options.model)
    except ValueError as problem:
        work.fail(f"--model {problem}")
    if getattr(options, "levels", 2) % 2:
        work.fail(f"--levels {options.levels}: an even number is wanted, half of each cost")
    if options.train_images + options.validation_images > 50_000:
        work.fail("--train-images and --validation-images are more than the 50,000 training images together")
    require(options)
    space(options)
    work.keep_settings(
        options.output, {key: value for key, value in vars(options).items() if key not in ("output", "data", "phase", *free)})


def require(options):
    """Requires the images, and the binary that trains on them. Makes paths absolute."""
    if options.batch > options.train_images:
        work.fail(f"--batch {options.batch}: there are {options.train_images} training images")
    if not os.path.exists(os.path.join(options.data, "test_batch.bin")):
        work.fail(f"--data {options.data}: CIFAR-10's binary files are not there; layersearch data fetch cifar10 gets them")
    if not os.path.exists(work.BINARY):
        work.fail(f"{work.BINARY} is not there; make build, or name another binary in LAYERSEARCH")
    options.data, options.output = os.path.abspath(options.data), os.path.abspath(options.output)


def configuration(options, name, strategy, budget, images=None, epochs=None, rate=None, start=None):
    """Returns a configuration file of LayerSearch, with the options' own recipe unless another is given."""
    include = ", ".join(json.dumps(glob) for glob in options.include.split(","))
    return f"""study: {name}
model: {options.model}
data: {{set: cifar10, path: {json.dumps(options.data)}, train_images: {images or options.train_images}, validation_images: {options.validation_images}}}
space: {{rank_fractions: [{", ".join(map(str, options.rank_fractions))}], include: [{include}], variant: remainder}}
proxy: {{epochs: {options.epochs if epochs is None else epochs}, batch: {options.batch}, learning_rate: {rate or options.learning_rate},
  schedule: onecycle, momentum: 0.9, weight_decay: 1.0e-4, augment: true}}
objectives: [accuracy, parameters, multiply_adds]
strategy: {{{strategy}}}
budget: {{{budget}}}
seed: {options.seed}
""" + (f"start: {{{start}}}\n" if start else "")


def recipe(options):
    """Returns the recipe for PyTorch."""
    return {"model": options.model, "train_images": options.train_images, "validation_images": options.validation_images,
            "epochs": options.epochs, "batch": options.batch, "learning_rate": options.learning_rate, "momentum": 0.9,
            "weight_decay": 1e-4, "bf16": getattr(options, "bf16", False)}


def rank_of(fraction, filters):
    """Returns the rank of a fraction, rounded as LayerSearch rounds it."""
    return max(1, int(fraction * filters + 0.5))


def ranks_of(options, filters):
    found = []
    for fraction in options.rank_fractions:
        rank = rank_of(fraction, filters)
        if rank < filters and rank not in found:
            found.append(rank)
    return found


def included(options):
    """Returns the layers that may be decomposed."""
    globs = [re.compile(re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")) for glob in options.include.split(",")]
    found = [layer for layer in architecture.layers(options.model) if any(glob.fullmatch(layer.name) for glob in globs)]
    if not found:
        work.fail(f"--include {options.include}: no layer of {options.model} is called so")
    return found


def space(options):
    """Returns the ranks of the layers that may be decomposed."""
    return {layer.name: ranks_of(options, layer.outputs) for layer in included(options)}


def uniform(options, fraction):
    """Returns the candidate with all these layers at one share of their filters."""
    return architecture.text({layer.name: rank_of(fraction, layer.outputs) for layer in included(options)})


def references(options):
    """Yields dense, then all layers at each rank."""
    layers = space(options)
    yield {}
    for index in range(max(map(len, layers.values()))):
        yield {name: ranks[min(index, len(ranks) - 1)] for name, ranks in layers.items()}


def levels(options):
    smallest = {name: min(ranks) for name, ranks in space(options).items()}
    return architecture.levels(options.model, smallest, options.levels)


def require_same_costs(options, study):
    """Checks, on all candidates that a study has trained, that this package counts costs as LayerSearch does.
    Returns the study's candidates."""
    report = json.loads(work.layersearch("export", study, "--format", "json", "--all"))
    for row in report["candidates"]:
        if architecture.cost(options.model, row["ranks"]) != (row["parameters"], row["multiply_adds"]):
            work.fail(f"{row['candidate']} costs {row['parameters']} parameters and {row['multiply_adds']} multiply-adds, and other numbers were "
                      "counted here")
        unknown = set(row["ranks"]) - set(space(options))
        if unknown or any(rank not in space(options)[name] for name, rank in row["ranks"].items()):
            work.fail(f"{row['candidate']} is not in the space that was counted here")
    return report["candidates"]


def named_by_estimates(study, levels):
    """Returns what `solve` names at each level; None if it names nothing."""
    named = []
    for cost, bound in levels:
        option = "--max-parameters" if cost == "parameters" else "--max-multiply-adds"
        # A bound above 1 is a count.
        found = work.layersearch("solve", study, option, str(bound), "--count", "1", "--json", allowed=(1,))
        named.append(json.loads(found)["candidates"][0]["candidate"] if found else None)
    return named


def named_by_means(options, means, levels):
    """Returns for each level the candidate of the highest mean accuracy that is small enough. `means` are by
    candidate, and may be None."""
    def best(level):
        small = [(mean, candidate) for candidate, mean in means.items() if mean is not None and architecture.fits(options.model, candidate, level)]
        return max(small, key=lambda entry: (entry[0], entry[1]))[1] if small else None
    return [best(level) for level in levels]


def fresh_seeds(options, count=None):
    return [options.first_fresh_seed + number for number in range(count or options.seeds)]


def _path(options, judge, candidate, seed):
    digest = hashlib.sha256(candidate.encode()).hexdigest()[:16]
    return os.path.join(options.output, "judged", judge, f"{digest}-{seed}.json")


def _by_engine(options, candidate, seed):
    """Trains with LayerSearch and scores on the test images. A training that was killed continues from its last
    whole epoch, to the same bits."""
    checkpoint = _path(options, "engine", candidate, seed).removesuffix(".json") + ".ckpt"
    if os.path.exists(checkpoint):
        left = json.loads(work.layersearch("evaluate", checkpoint, "--data", options.data, "--json", "--quiet"))
        training = ["--resume-from", checkpoint]
    else:
        os.makedirs(os.path.dirname(checkpoint), exist_ok=True)
        left, training = None, [
            "--model", options.model, "--candidate", candidate, "--variant", "remainder", "--data", options.data,
            "--train-images", str(options.train_images), "--epochs", str(options.epochs), "--batch", str(options.batch),
            "--learning-rate", str(options.learning_rate), "--seed", str(seed)]
    if left and left["epochs_done"] == left["epochs"]:
        # Killed before its result was kept.
        accuracy = left["test_accuracy"]
    else:
        found = json.loads(work.layersearch(
            "train", *training, "--checkpoint", checkpoint, "--checkpoint-every", "1", "--json", "--quiet", allowed=(1,)) or "null")
        if found is None:
            work.fail(f"layersearch train --candidate {candidate} failed")
        accuracy = None if found["diverged"] else found["test_accuracy"]
    with contextlib.suppress(FileNotFoundError):
        os.remove(checkpoint)
    return {"candidate": candidate, "seed": seed, "accuracy": accuracy}


def _by_torch(options, candidate, seed):
    task = {"recipe": recipe(options), "candidate": candidate, "seed": seed, "score": "test", "data": options.data}
    done = work.output_of(work.python("torch_training", task), work.torch_environment())
    if done.returncode != 0:
        work.fail(f"PyTorch: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return json.loads(done.stdout)


def take_over(options, folder):
    """Takes over the engine's fresh trainings that another run with the same settings has left in report.json and
    trainings.csv."""
    report, table = work.read_json(os.path.join(folder, "report.json")), os.path.join(folder, "trainings.csv")
    if report is None or not os.path.exists(table):
        work.fail(f"--go-on-from {folder}: report.json and trainings.csv are wanted there")
    work.keep_settings(options.output, report["settings"])
    with open(table, newline="") as file:
        try:
            rows = [(row["candidate"], int(row["seed"]), float(row["test_accuracy"]) if row["test_accuracy"] else None)
                    for row in csv.DictReader(file)]
        except (KeyError, TypeError, ValueError) as problem:
            work.fail(f"{table}: candidate, seed and test_accuracy are wanted in every row ({problem})")
    for candidate, seed, accuracy in rows:
        path = _path(options, "engine", candidate, seed)
        if not os.path.exists(path):
            work.write_json(path, {"candidate": candidate, "seed": seed, "accuracy": accuracy})


def judge(options, wanted, judge="engine"):
    """Trains each (candidate, seed) anew unless that was done. Returns the accuracies on the test images, None for
    those that diverged."""
    train = {"engine": _by_engine, "torch": _by_torch}[judge]
    wanted = sorted(set(wanted), key=lambda entry: (entry[1], entry[0]))
    work.run_all([(_path(options, judge, *entry), functools.partial(train, options, *entry)) for entry in wanted], options.slots,
                 {"engine": "fresh trainings", "torch": "fresh trainings by PyTorch"}[judge])
    return {entry: work.read_json(_path(options, judge, *entry))["accuracy"] for entry in wanted}
