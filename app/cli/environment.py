"""The settings as the command line reads them: from the environment, mistakes told in sentences."""

from typing import TYPE_CHECKING, Any

from app.cli.failure import Failure

if TYPE_CHECKING:
    from app.settings import Settings


def settings(**given: Any) -> "Settings":
    """The settings; `given` (None: not given) comes before the environment. Raises Failure."""
    from pydantic import ValidationError

    from app.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        sentences = "\n".join(_sentence(dict(one)) for one in error.errors())
        raise Failure(sentences, "All settings: docs/settings.md.") from None


def _sentence(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return f"{message}."
    name = f"AGENT_SUDO_{str(error['loc'][0]).upper()}"
    return f"{name}={error['input']}: {message[:1].lower()}{message[1:]}."
