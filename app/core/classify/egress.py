"""What of a call leaves this machine."""

from app.core.classify.host_kinds import kinds
from app.core.model import ON_HOSTS, Effect, EffectKind

_HERE = frozenset(("is:loopback",))


def sent(kind: EffectKind, resource: str) -> EffectKind:
    """INVARIANT: who asks for an address with much in it sends that much."""
    return EffectKind.NETWORK if kind is EffectKind.FETCH and "has:data" in kinds(resource) else kind


def goes_out(effect: Effect) -> bool:
    """Whether an effect reaches anything but this machine."""
    if effect.kind in ON_HOSTS:
        return kinds(effect.resource) != _HERE
    return effect.kind is EffectKind.MESSAGE
