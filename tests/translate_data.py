"""A folder of data as the recipe reads it, of a few hundred made-up lines."""

from pathlib import Path
from zipfile import ZipFile

ANIMALS = ["dog", "cat", "horse", "cow", "mouse", "fish", "bird", "duck", "fox", "hen"]
HUNDE = ["Hund", "Katze", "Pferd", "Kuh", "Maus", "Fisch", "Vogel", "Ente", "Fuchs", "Huhn"]
CHIENS = ["chien", "chat", "cheval", "vache", "souris", "poisson", "oiseau", "canard", "renard"]
PERROS = ["perro", "gato", "caballo", "vaca", "ratón", "pez", "pájaro", "pato", "zorro"]
OTHERS = {"de": HUNDE, "fr": CHIENS, "es": PERROS}
VERBS = ["sees", "hears", "seeks", "likes"]
PEERS = ("Tom sees a dog.", "Tom sees: Hund.")


def write_data(folder: Path) -> Path:
    """Write the archive and the sentences of mt200 into a folder, and return it."""
    lists = {f"sentences.{o}.tsv": sentences(o) for o in OTHERS}
    lists["short.places.tsv"] = "\n".join(
        f"Old {a} {b}\tAlt {c} {d}\tVieux {a}-{b}\t"
        for a, c in zip(ANIMALS, HUNDE, strict=True)
        for b, d in zip(ANIMALS, HUNDE, strict=True)
    )
    lists["short.food.tsv"] = "ingredients\tsoup\tSuppe\t\tsopa\nlabels\t\tBio\tbio\tbio\n"
    words = "run\tv\tto move (fast)\tlaufen (schnell); rennen\n"
    lists |= {f"words.en-{o}.tsv": words for o in OTHERS}
    lists |= {f"words.{o}-en.tsv": f"{o}: x\tm\t\tthing; [odd] stuff\n" for o in ("fr", "es")}
    with ZipFile(folder / "parallel.zip", "w") as archive:
        for name, text in lists.items():
            archive.writestr(name, text)
    for other in OTHERS:
        a, b = PEERS
        (folder / f"mt200.{other}.tsv").write_text(f"{a}\t{b}\tEin Satz.\n", encoding="utf-8")
        turned = f"{b}\t{a}\tHe sees a dog.\n"
        (folder / f"mt200.{other}-en.tsv").write_text(turned, encoding="utf-8")
    return folder


def sentences(other: str) -> str:
    rows = []
    for english, foreign in zip(ANIMALS, OTHERS[other], strict=False):
        for verb in VERBS:
            for name in ("Tom", "Mary", "Ann", "Bill", "Kim"):
                rows.append(f"{name} {verb} a {english}.\t{name} {verb}: {foreign}.")
    return "\n".join(rows) + "\n"
