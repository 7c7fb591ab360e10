"""One finding of the doctor."""

from typing import Literal

from msgspec import Struct, structs

State = Literal["OK", "WARN", "FAIL"]


class Line(Struct, frozen=True):
    """`advice` says what to do where something is to be done."""

    state: State
    name: str
    said: str
    advice: str = ""

    def wire(self) -> dict[str, str]:
        return structs.asdict(self)
