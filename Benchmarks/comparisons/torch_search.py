"""One of several processes that search with Optuna and train with PyTorch, on a storage that they share.

    python -m comparisons.torch_search '{"recipe": …, "storage": FILE, "sampler": "tpe", "deadline": EPOCH_SECONDS, …}'

Every trial is a training; none begins after the deadline. A candidate that comes again gets its next seed. All
candidates share the seeds."""
import json
import sys
import time
import warnings

from . import architecture, torch_training

SAMPLERS = ("tpe", "nsga2", "gp")
# Attributes of a trial: its training's seed, and whether it ended and diverged. A trial that was cut off did not.
SEED, DIVERGED = "training seed", "diverged"


def storage(path):
    import optuna
    return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(path))


def sampler(name, seed):
    import optuna
    kinds = {
        # Several processes ask at the same time: a running trial counts as a bad one, so that they do not ask for the
        # same.
        "tpe": lambda: optuna.samplers.TPESampler(seed=seed, constant_liar=True),
        "nsga2": lambda: optuna.samplers.NSGAIISampler(seed=seed),
        "gp": lambda: optuna.samplers.GPSampler(seed=seed),
    }
    return kinds[name]()


def open_study(path, name=None, seed=0):
    """Opens the study. Creates it if it does not exist."""
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    return optuna.create_study(
        study_name="search", storage=storage(path), directions=["maximize", "minimize", "minimize"], load_if_exists=True,
        sampler=sampler(name, seed) if name else None)


def main():
    task = json.loads(sys.argv[1])
    import optuna
    study = open_study(task["storage"], task["sampler"], task["seed"])
    images = torch_training.Images(task["data"], task["recipe"], "validation")
    # Rank 0 is dense.
    space = {name: optuna.distributions.CategoricalDistribution([0, *ranks]) for name, ranks in task["space"].items()}
    while time.time() < task["deadline"]:
        trial = study.ask(space)
        ranks = {name: rank for name, rank in trial.params.items() if rank}
        same = [other for other in study.get_trials(deepcopy=False) if other.number < trial.number and other.params == trial.params]
        seed = len(same) + 1
        trial.set_user_attr(SEED, seed)
        result = torch_training.train(task["recipe"], ranks, seed, images)
        if result["accuracy"] is None:
            trial.set_user_attr(DIVERGED, True)
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, [result["accuracy"], *architecture.cost(task["recipe"]["model"], ranks)])


if __name__ == "__main__":
    main()
