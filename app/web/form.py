"""A form whose fields are not known beforehand: its texts by their names."""

from typing import Annotated

from fastapi import Depends, Request


async def _texts(request: Request) -> dict[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


AForm = Annotated[dict[str, str], Depends(_texts)]
