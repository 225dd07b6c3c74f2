"""Phones, and the mouth-shape cue that an animator draws for each.

Phones are the classes of SAMPA that the network tells apart; `_` is a pause. Cues are the nine of
Preston Blair, as Rhubarb Lip Sync names them:

    A  lips closed                  B  teeth together, a little open     C  open
    D  wide open                    E  a little rounded                  F  puckered
    G  lower lip at the teeth       H  tongue raised                     X  at rest
"""

from types import MappingProxyType

CUES = ("A", "B", "C", "D", "E", "F", "G", "H", "X")
CUE_OF_PHONE = MappingProxyType(
    {
        **dict.fromkeys(("p", "b", "m"), "A"),
        **dict.fromkeys(("t", "d", "n", "k", "g", "N", "s", "z", "h", "j", "r", "i", "I"), "B"),
        **dict.fromkeys(("S", "Z", "tS", "dZ", "T", "D"), "B"),
        **dict.fromkeys(("E", "{", "V", "@", "EI"), "C"),
        **dict.fromkeys(("A", "AI", "aU"), "D"),
        **dict.fromkeys(("O", "OI", "r="), "E"),
        **dict.fromkeys(("u", "U", "w", "@U"), "F"),
        **dict.fromkeys(("f", "v"), "G"),
        "l": "H",
        "_": "X",
    }
)
PHONES = tuple(sorted(CUE_OF_PHONE))
