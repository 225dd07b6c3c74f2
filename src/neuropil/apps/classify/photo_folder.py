"""A folder of pictures in no order: those in it and in the folders below it.

    for file, photo in PhotoFolder.open(Path("album")):
        ...

Contact sheets that were saved into it, `classify-sheet.png`, are none of its pictures. One picture
is opened after the other, so that memory does not grow with their number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from neuropil.kit import progress
from neuropil.kit.errors import UserError
from neuropil.kit.folders import list_files
from neuropil.kit.formats import MAX_PIXELS
from neuropil.kit.media import image_reader
from neuropil.kit.media.image import Image

SHEET = re.compile(r"classify-sheet(-[0-9]+)?$")  # how the stems of our own results end


@dataclass(frozen=True)
class PhotoFolder:
    """The files of the pictures of a folder, and the most pixels that one may have."""

    KIND: ClassVar = "image-folder"
    SUFFIXES: ClassVar[tuple[str, ...]] = ()
    READS: ClassVar[tuple[str, ...]] = ()
    IS_FOLDER: ClassVar = True

    folder: Path
    files: tuple[Path, ...]
    max_pixels: int = MAX_PIXELS

    @classmethod
    def open(cls, folder: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """List the pictures; raises UserError where there is no folder, or none in it."""
        folder = Path(folder)
        if not folder.is_dir():
            what = f"{folder} is no folder" if folder.exists() else f"there is no folder {folder}"
            raise UserError(
                "input.kind" if folder.exists() else "input.missing",
                f"{what}; name one that holds pictures",
                path=folder,
            )
        found = list_files(folder, image_reader.SUFFIXES)
        files = tuple(file for file in found if not SHEET.search(file.stem))
        if not files:
            raise UserError(
                "input.empty", f"no pictures are in {folder}; name another folder", path=folder
            )
        return cls(folder, files, max_pixels)

    def __iter__(self) -> Iterator[tuple[Path, Image]]:
        """Open one picture after the other; say which can't be read, and leave them out."""
        for file in progress.track(self.files, total=len(self.files), title=f"{self.folder}"):
            try:
                photo = Image.open(file, max_pixels=self.max_pixels)
            except UserError as error:
                progress.message(f"left out: {error}")
            else:
                yield file, photo
