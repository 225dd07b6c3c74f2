"""What others made is read up to a limit."""

import io
import zlib
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from refusals import refused

from neuropil.kit.bounded import check_unpacked, inflate, read_bytes


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
