"""Runs of agents."""

from msgspec import UNSET, UnsetType

from app.audit_log.export.bodies.parts import AgentInSession, Body, Change, Commit, Count, Part, TrustLevel


class OpenedData(Part, frozen=True):
    labels: list[str]
    trust: TrustLevel
    ttl_seconds: Count
    parent: str | UnsetType = UNSET
    gave_way: str | UnsetType = UNSET


class SessionOpened(Body, frozen=True, tag="session.opened"):
    """A run of an agent began; `trust` is the most that its requests get, `gave_way` a run that expired for it."""

    actor: AgentInSession
    data: OpenedData


class PromptedData(Part, frozen=True):
    length: Count


class SessionPrompted(Body, frozen=True, tag="session.prompted"):
    """What the user said, by the word of an enforcement point."""

    actor: AgentInSession
    commit: Commit
    data: PromptedData


class ObservedData(Part, frozen=True):
    trust: TrustLevel
    source: str | UnsetType = UNSET
    tool: str | UnsetType = UNSET


class SessionObserved(Body, frozen=True, tag="session.observed"):
    """What the session has seen: from now on it, and all of one root with it, are trusted no more than `trust`."""

    actor: AgentInSession
    data: ObservedData
    commit: Commit | UnsetType = UNSET


class ExtendedData(Part, frozen=True):
    ttl_seconds: Count
    gave_way: str | UnsetType = UNSET


class SessionExtended(Body, frozen=True, tag="session.extended"):
    actor: AgentInSession
    data: ExtendedData


class SessionEnded(Body, frozen=True, tag="session.ended"):
    """The session ended, and all that were opened inside of it."""

    actor: AgentInSession


class StoppedData(Part, frozen=True):
    agent: str
    session: str


class SessionStopped(Change, frozen=True, tag="session.stopped"):
    """An operator ended the session, and all that were opened inside of it."""

    data: StoppedData


class AllStoppedData(Part, frozen=True):
    agent: str


class SessionsStopped(Change, frozen=True, tag="sessions.stopped"):
    """An operator ended all sessions of an agent."""

    data: AllStoppedData
