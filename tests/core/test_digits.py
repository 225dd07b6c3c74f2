import numpy as np
from sklearn.datasets import load_digits

from neuropil.core.digits import digits


def test_parts_have_their_sizes_and_ranges() -> None:
    data = digits()
    for x, y, n in ((data.x_train, data.y_train, 1437), (data.x_test, data.y_test, 360)):
        assert x.shape == (n, 64)
        assert y.shape == (n,)
        assert x.dtype == np.float32
        assert y.dtype == np.int64
        assert x.min() == 0
        assert x.max() == 1


def test_parts_are_balanced() -> None:
    data = digits()
    every = np.bincount(data.y_train) + np.bincount(data.y_test)
    assert np.abs(np.bincount(data.y_test) - every / 5).max() < 1


def test_parts_are_together_what_the_source_holds() -> None:
    data = digits()
    source = load_digits()
    ours = np.column_stack(
        (
            16 * np.concatenate((data.x_train, data.x_test)),
            np.concatenate((data.y_train, data.y_test)),
        )
    )
    theirs = np.column_stack((source.data, source.target))
    assert sorted(map(tuple, ours)) == sorted(map(tuple, theirs))


def test_is_the_same_every_time() -> None:
    a, b = digits(), digits()
    assert (a.x_test == b.x_test).all()
    assert (a.y_train == b.y_train).all()
