"""What others made, read up to a limit, so that neither a huge file nor a small one that unpacks to
a huge one can fill the memory.

    text = read_bytes(path, 1_000_000, "name a style").decode("utf-8")
    packet = inflate(packed, 64_000_000)
    arrays = read_arrays(path, 500_000_000, "record the drive again")
"""

import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from neuropil.kit.errors import UserError

if TYPE_CHECKING:  # NumPy takes an eighth of a second, and most of what is read here needs none
    from numpy.typing import NDArray

MISREAD = (  # what goes wrong with an archive that is damaged, or something else
    *(BadZipFile, zlib.error, KeyError, ValueError),
    *(EOFError, OSError, MemoryError, RuntimeError),
)


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


def read_arrays(
    path: Path,
    most: int,
    advice: str,
    *,
    names: Collection[str] = (),
    what: str = "arrays",
    code: str = "input.damaged",
) -> "dict[str, NDArray[Any]]":
    """Read the arrays of an .npz file, of at most so many bytes together, and run nothing in it.

    Raises UserError, which ends in the advice; `code` is of a file that is damaged, or that lacks
    one of the names.
    """
    try:
        with path.open("rb") as file:
            with ZipFile(file) as archive:
                check_unpacked(archive, most, advice)
            file.seek(0)
            arrays = _arrays(file)
        if not arrays.keys() >= set(names):
            raise KeyError(*names)
        return arrays
    except UserError as error:
        raise error.wrap(f"{path}: {error}", path) from error
    except MISREAD as error:
        sentence = f"{path} holds no {what}, or is damaged; {advice}"
        raise UserError(code, sentence, path=path) from error


def _arrays(file: IO[bytes]) -> "dict[str, NDArray[Any]]":
    import numpy as np

    archive = np.load(file, allow_pickle=False)
    if not isinstance(archive, np.lib.npyio.NpzFile):  # one array, with an archive behind it
        raise ValueError("no archive")
    found = dict(archive)
    for name, array in found.items():
        if not isinstance(array, np.ndarray):  # NumPy gives what it doesn't know as bytes
            raise ValueError(f"{name} is no array")
    return found


def too_large(what: str, most: int, advice: str, **facts: object) -> UserError:
    """Word that something has more bytes than are allowed."""
    sentence = f"{what} more than {most / 1e6:g} MB, the most that is read here; {advice}"
    return UserError("input.too_large", sentence, high=most, **facts)
