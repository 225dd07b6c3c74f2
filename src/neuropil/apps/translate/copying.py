"""What no translation changes: numbers, addresses, names behind @, and words that can't be known.

    copies = Copies()
    copies.mark("Menü 2: 14,50 €", known)      "Menü \\ue000: \\ue001 €"
    copies.restore("\\ue000 for \\ue001")      "2 for 14,50"

The network sees a mark in place of each, and puts the mark where the same belongs in its own text;
so a price is either copied digit by digit or missing, and never misread. A sign, currency or
percent right beside a number belongs to it. A text that occurs twice has one mark.
"""

import re

MARKS = "\ue000\ue001\ue002\ue003\ue004\ue005\ue006\ue007\ue008\ue009"  # of the private use area
MARK = re.compile(f"[{MARKS}]")
ADDRESS = r"(?:https?://|www\.)\S*\w|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:[\w-]+\.)+(?:com|de|fr|es|org|net|eu|ch|at)\b(?:/\S*\w)?"
NUMBER = r"(?:(?<!\S)[+\-–−])?[$€£]?\d+(?:[.,:/’'\-–]\d+)*[%€$£]?"
TAG = r"(?<!\S)(?:@(?:\w[\w.-]*)?|#\w+)"  # a name or a topic; or the sign of a price for each
ENDLESS = r"\S{60,}"  # no word of any language
COPIED = re.compile(f"{ADDRESS}|{TAG}|{ENDLESS}|{NUMBER}")
WORD = re.compile(r"\S+")


class Copies:
    """The marked texts of one input, in the order of their marks.

    is_short: there were more of them than marks
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.is_short = False

    def mark(self, text: str, known: frozenset[str]) -> str:
        """Replace what is to be copied by marks, as many as there are of them.

        known: the characters that need no copying, in both cases
        """
        text = MARK.sub("", text)
        text = WORD.sub(lambda found: self.mark_unknown(found[0], known), text)
        return COPIED.sub(self.mark_found, text)

    def mark_found(self, found: re.Match[str]) -> str:
        """Give the mark of what was found; a digit between two letters is a misread letter."""
        before, behind = found.string[: found.start()][-1:], found.string[found.end() :][:1]
        return found[0] if before.isalpha() and behind.isalpha() else self.mark_one(found[0])

    def mark_unknown(self, word: str, known: frozenset[str]) -> str:
        """Replace a word that has unknown characters, but for punctuation before and behind it."""
        if known.issuperset(word):
            return word
        core = word.strip(".,;:!?()\"'")
        before, _, behind = word.partition(core)
        return before + self.mark_one(core) + behind

    def mark_one(self, text: str) -> str:
        """Give the mark of a text; the text itself where all marks are taken."""
        if text not in self.texts:
            if len(self.texts) == len(MARKS):
                self.is_short = True
                return text
            self.texts.append(text)
        return MARKS[self.texts.index(text)]

    def restore(self, text: str) -> str:
        """Put the copied texts in the place of their marks; those that are missing at the end."""
        missing = [kept for mark, kept in zip(MARKS, self.texts, strict=False) if mark not in text]
        text = MARK.sub(lambda found: self.text_of(found[0]), text)
        return " ".join([text, *missing]).strip()

    def text_of(self, mark: str) -> str:
        """Give the text behind a mark, nothing for a mark that was not given."""
        k = MARKS.index(mark)
        return self.texts[k] if k < len(self.texts) else ""
