"""What the model of a coding agent is told instead of a result."""

from typing import Any

from msgspec import Struct
from msgspec.json import Encoder

from app.api.hooks.event import Verdict
from app.api.problem import Problem

_encode = Encoder().encode


class Effect(Struct, frozen=True):
    kind: str
    resource: str


class Approval(Struct, frozen=True):
    id: str
    url: str
    code: str
    message: str = ""
    edited_arguments: dict[str, Any] | None = None


class Told(Struct, frozen=True):
    """The answer to an evaluation, as far as hooks look at it."""

    allowed: bool
    reason: str
    evaluation_id: str
    obligations: list[str]
    effects: list[Effect]
    approval: Approval | None


def told(answer: Told) -> str:
    """Why a call was not run, and what would be needed."""
    asked = answer.approval
    if asked is not None and asked.edited_arguments is not None:
        wanted = _encode(asked.edited_arguments).decode()
        return f"agent-sudo: not run. A person approved other arguments. Call the tool with exactly these: {wanted}"
    if asked is not None and asked.code == "pending":
        return (
            f"agent-sudo: not run. {answer.reason} Approval pending: a person must approve {asked.id} at {asked.url}. "
            "Once that is done, make the same call again."
        )
    return (
        # What a person said who denied it stands in the reason.
        f"agent-sudo: not run. {answer.reason} Do not try to reach the same by another way: "
        "it would take another policy, or a person who allows this."
    )


def refused(answer: Problem) -> Verdict:
    """What is said where nothing could be decided."""
    return Verdict("deny", f"agent-sudo: not run, since nothing could be decided ({answer.code}). {answer.detail}")
