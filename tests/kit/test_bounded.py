"""What others made is read up to a limit."""

import io
import zlib
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from refusals import refused

from neuropil.kit.bounded import check_unpacked, inflate, read_arrays, read_bytes


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 100)
    assert read_bytes(file, 100, "name another") == b"x" * 100
    with refused("input.too_large", file, "name another"):
        read_bytes(file, 99, "name another")


def test_a_file_that_is_refused_is_a_sentence(tmp_path: Path) -> None:
    with refused("input.unreadable", tmp_path):
        read_bytes(tmp_path, 1, "")


def test_a_packet_is_unpacked_up_to_the_limit() -> None:
    packet = zlib.compress(bytes(1000))
    assert inflate(packet, 1000) == bytes(1000)
    with refused("input.too_large"):
        inflate(packet, 999)
    for damaged in (packet[:-5], b"", b"no packet"):
        with pytest.raises(zlib.error):
            inflate(damaged, 1000)


def test_an_archive_is_unpacked_up_to_the_limit() -> None:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name in "ab":
            archive.writestr(name, bytes(500))
    with ZipFile(file) as archive:
        check_unpacked(archive, 1000, "name another")
        with refused("input.too_large", "name another"):
            check_unpacked(archive, 999, "name another")


def test_arrays_are_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.zeros(1000), words=np.array(["one", "two"]))
    unpacked = 8000 + 2 * 3 * 4 + 2 * 128  # with the headers
    found = read_arrays(path, unpacked, "name another")
    assert found["x"].shape == (1000,)
    assert found["words"].tolist() == ["one", "two"]
    assert read_arrays(path, unpacked, "", names=["words", "x"]).keys() == {"x", "words"}
    with refused("input.damaged", path, "name another"):
        read_arrays(path, unpacked, "name another", names=["x", "y"])
    assert path.stat().st_size < 1000
    with refused("input.too_large", path, "name another"):
        read_arrays(path, unpacked - 1, "name another")


class Trap:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return self.mark.touch, ()


def test_arrays_that_are_none_are_refused_and_never_run(tmp_path: Path) -> None:
    path, mark = tmp_path / "a.npz", tmp_path / "it ran"
    whole = io.BytesIO()
    np.savez_compressed(whole, x=np.arange(1000))
    content = whole.getvalue()
    npy = io.BytesIO()
    np.save(npy, np.zeros(3))
    broken = bytearray(content)
    broken[60:200] = bytes(140)
    for damaged in (b"", b"nothing", content[:-30], bytes(broken), npy.getvalue() + content):
        path.write_bytes(damaged)
        with refused("input.damaged", path, "name another"):
            read_arrays(path, 10**6, "name another")
    with ZipFile(path, "w") as archive:
        archive.writestr("x.npy", "no array")
    with refused("network.damaged", path, "weights"):
        read_arrays(path, 10**6, "name another", what="weights", code="network.damaged")
    np.savez(path, x=np.array([Trap(mark)], object))
    with refused("input.damaged", path):
        read_arrays(path, 10**6, "name another")
    assert not mark.exists()
    with refused("input.damaged", tmp_path / "none.npz"):
        read_arrays(tmp_path / "none.npz", 10**6, "name another")
