"""Mistakes that are refused: their code, and what the person gave, but not our wording."""

import pytest

from neuropil.kit.errors import UserError


def refused(code: str, *fragments: object) -> pytest.RaisesExc[UserError]:
    """Expect a UserError of this code, whose message holds each fragment."""

    def check(error: UserError) -> bool:
        assert error.code == code, f"{error.code}: {error}"
        for fragment in map(str, fragments):
            assert fragment in error.message, f"{fragment!r} is not in: {error}"
        return True

    return pytest.raises(UserError, check=check)
