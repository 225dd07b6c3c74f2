"""Examples in two parts, and the parts of training that need no torch."""

import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from neuropil.training.split import Split


def test_a_split_has_two_parts_of_one_type() -> None:
    split = Split([1, 2, 3], held_out=[4])
    assert (split.train, split.held_out) == ([1, 2, 3], [4])
    with pytest.raises(FrozenInstanceError):
        split.train = []  # type: ignore[misc]


@pytest.mark.parametrize("name", ["split", "step", "stages"])
def test_what_data_and_stages_import_is_free_of_torch(name: str) -> None:
    code = f"import sys, neuropil.training.{name}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
