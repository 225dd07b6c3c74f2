"""Raised, lowered and broken numbers, as people type them where these can't be had."""

import re

FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞↉"
RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽", "₀₁₂₃₄₅₆₇₈₉₊₋₍"


def part_numerals(text: str) -> str:
    """Part numbers that would run together: 1½ is 1 1/2 and not 11/2, 10⁻² is 10^-2."""
    text = re.sub(rf"(?<=\d)(?=[{FRACTIONS}])", " ", text)
    text = re.sub(rf"(?<=\d)(?=[{RAISED}])", "^", text)
    return re.sub(rf"(?<=\d)(?=[{LOWERED}])", "_", text)
