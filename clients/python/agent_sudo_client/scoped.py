"""`ScopedModel`: a pydantic model that can only be made where the service allows it. Needs the extra `pydantic`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, model_validator

from agent_sudo_client import talk
from agent_sudo_client.agent import current
from agent_sudo_client.call import Call


class ScopedModel(BaseModel):
    """A request as data. Making one is asked about, with all its fields, under the name of its class.

    `model_construct` and copies go round validation, as pydantic says; a tool that acts upon a model is
    guarded by itself.
    """

    required_scope: ClassVar[str | None] = None

    @model_validator(mode="after")
    def _allowed(self) -> Any:
        session = current()
        call = Call(type(self).__name__, self.model_dump(mode="json"), scope=self.required_scope)
        session.agent.client.drive(talk.require(session.speak(call)))
        return self
