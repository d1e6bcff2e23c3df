import pytest

from layersearch_torch.data_shape import DataShape
from layersearch_torch.work import Decomposition, Refused, Variant, parse_candidate, parse_work

TEXT = (
    "proxy-training model=resnet20 space.variant=remainder data.set=cifar10 data.train_images=10000 "
    "data.validation_images=5000 data.split_seed=1 proxy.epochs=3 proxy.batch=128 proxy.learning_rate=0.1 "
    "proxy.schedule=onecycle proxy.momentum=0.9 proxy.nesterov=false proxy.weight_decay=1e-04 proxy.augment=true "
    "kernels=torch candidate=layer1.0.conv1=8,layer3.2.conv2=16/full repetition=0 seed=18446744073709551615"
)

ARRAYS = "arrays data.classes=7 data.image_size=96 data.images=20000 data.test_images=0"


def test_a_work():
    work = parse_work(TEXT)
    assert work.kind == "proxy-training" and work.model == "resnet20" and work.train_images == 10000
    assert work.weight_decay == 1e-4 and not work.nesterov and not work.curve and work.until is None
    assert work.augmentation == ("crop", "flip") and work.shape == DataShape(10, 32, 50_000, 10_000)
    assert work.candidate == {
        "layer1.0.conv1": Decomposition(8, Variant("remainder")),
        "layer3.2.conv2": Decomposition(16, Variant("full")),
    }
    assert work.seed == 2**64 - 1 and work.skip_basis == 1


def test_data_sets():
    assert parse_work(TEXT.replace("cifar10", "cifar100")).shape == DataShape(100, 32, 50_000, 10_000)
    work = parse_work(TEXT.replace("cifar10", ARRAYS))
    assert work.data_set == "arrays" and work.shape == DataShape(7, 96, 20_000, 0) and work.total_images == 20_000
    drawn = TEXT.replace("cifar10", "shapes10")
    assert parse_work(drawn).total_images == 50_000
    assert parse_work(drawn.replace("train_images=10000", "train_images=60000")).total_images == 65_000


def test_augmentation():
    def parts(text):
        return parse_work(TEXT.replace("proxy.augment=true", text)).augmentation

    assert parts("proxy.augment=false") == ()
    assert parts("proxy.augment=true proxy.augmentation=flip") == ("flip",)
    assert parts("proxy.augment=true proxy.augmentation=crop+flip+cutout") == ("crop", "flip", "cutout")


def test_optional_keys():
    work = parse_work(TEXT.replace("kernels", "proxy.curve=true proxy.until=2 proxy.skip.coefficients=4 kernels"))
    assert work.curve and work.until == 2 and work.skip_coefficients == 4


def test_candidates():
    remainder = Variant("remainder")
    assert parse_candidate("dense", remainder) == {}
    assert parse_candidate("fc=4/grouped2,conv1=3/tied", remainder) == {
        "fc": Decomposition(4, Variant("grouped", 2)),
        "conv1": Decomposition(3, Variant("tied")),
    }


@pytest.mark.parametrize(
    "text",
    ["", "a", "a=", "a=0", "a=-1", "a=1.5", "=3", "a=1,a=2", "a=1,,b=2", "a=1/", "a=1/sparse", "a=1/grouped0", "a=x"],
)
def test_bad_candidates_are_refused(text):
    with pytest.raises(Refused):
        parse_candidate(text, Variant("remainder"))


@pytest.mark.parametrize(
    "old, new",
    [
        ("proxy-training", "start-training"),
        ("proxy.batch=128", "proxy.batch=128 proxy.mixup=0.2"),
        ("proxy.batch=128", "proxy.batch=0"),
        ("proxy.batch=128", "proxy.batch=128 proxy.batch=64"),
        ("proxy.epochs=3", "proxy.epochs=0.5"),
        ("proxy.epochs=3 ", ""),
        ("resnet20", "resnet21"),
        ("cifar10", "imagenet"),
        ("onecycle", "linear"),
        ("remainder", "sparse"),
        ("learning_rate=0.1", "learning_rate=nan"),
        ("seed=18446744073709551615", "seed=18446744073709551616"),
        ("kernels=torch", "start.from=dense"),
        (" repetition=0", "  repetition=0"),
        ("cifar10", "arrays"),
        ("cifar10", ARRAYS.replace("classes=7", "classes=1001")),
        ("cifar10", ARRAYS.replace("size=96", "size=30")),
        ("cifar10", ARRAYS.replace("size=96", "size=100")),
        ("cifar10", ARRAYS.replace("images=20000", "images=1000001")),
        ("cifar10", "cifar10 data.classes=10"),
        ("augment=true", "augment=true proxy.augmentation="),
        ("augment=true", "augment=true proxy.augmentation=mixup"),
        ("augment=true", "augment=true proxy.augmentation=flip+crop"),
        ("augment=true", "augment=true proxy.augmentation=flip+flip"),
        ("augment=true", "augment=false proxy.augmentation=flip"),
    ],
)
def test_what_is_not_known_is_refused(old, new):
    assert old in TEXT
    with pytest.raises(Refused):
        parse_work(TEXT.replace(old, new))
