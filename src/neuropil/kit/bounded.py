"""What others made, read up to a limit, so that neither a huge file nor a small one that unpacks to
a huge one can fill the memory.

    text = read_bytes(path, 1_000_000, "name a style").decode("utf-8")
    packet = inflate(packed, 64_000_000)
"""

import zlib
from pathlib import Path
from zipfile import ZipFile

from neuropil.kit.errors import UserError


def read_bytes(path: Path, most: int, advice: str) -> bytes:
    """Read a file of at most so many bytes; raises UserError, which ends in the advice."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        sentence = f"{path} can't be read: {error.strerror}; check its permissions"
        raise UserError("input.unreadable", sentence, path=path) from error
    if len(data) > most:
        raise too_large(f"{path} has", most, advice, path=path)
    return data


def inflate(packet: bytes, most: int) -> bytes:
    """Decompress to at most so many bytes; raises zlib.error where the packet is damaged."""
    stream = zlib.decompressobj()
    data = stream.decompress(packet, most + 1)
    if len(data) > most:
        raise too_large("it unpacks to", most, "name a file that Neuropil wrote")
    if not stream.eof:
        raise zlib.error("incomplete stream")
    return data


def check_unpacked(archive: ZipFile, most: int, advice: str) -> None:
    """Raise UserError where the files of an archive take more than so many bytes together.

    A file is never read on behind the size that the archive gives for it.
    """
    if sum(entry.file_size for entry in archive.infolist()) > most:
        raise too_large("it unpacks to", most, advice)


def too_large(what: str, most: int, advice: str, **facts: object) -> UserError:
    """Word that something has more bytes than are allowed."""
    sentence = f"{what} more than {most / 1e6:g} MB, the most that is read here; {advice}"
    return UserError("input.too_large", sentence, high=most, **facts)
