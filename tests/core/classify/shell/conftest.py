"""What a line would do, as short text."""

from collections.abc import Callable

import pytest

from app.core.budget import Budget
from app.core.classify.paths import Place
from app.core.classify.shell import read_line
from app.core.model import EffectKind

Look = Callable[[str], list[str]]


@pytest.fixture
def look() -> Look:
    """The effects of a line as "kind resource"; "opaque" once when something was not understood."""

    def read(line: str) -> list[str]:
        _, effects = read_line(line, Place("/w", "/home/u"), Budget(100_000))
        texts = [
            "opaque" if effect.kind is EffectKind.OPAQUE else f"{effect.kind} {effect.resource}" for effect in effects
        ]
        return list(dict.fromkeys(texts))

    return read
