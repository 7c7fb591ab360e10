"""The tree of a request that people are asked about: each command with what it does, under the one that runs it."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, ValidationError, convert, structs

from app.core.budget import Budget, BudgetExceededError
from app.core.classify.paths import Place, place
from app.core.classify.request import classify
from app.core.decision import Classification, Finding, Stance
from app.core.model import ActionRequest, Call, Effect, EffectKind
from app.core.policy.ruleset import RuleSet
from app.core.tree import Branch, tree
from app.services.evaluation import STEPS

_FLAT = "What runs what cannot be told from what was stored; these are the effects that were judged."
# No tool is believed what it says of itself.
_STRICT = RuleSet((), Finding(Stance.ASK, "default", "", Classification.SAFE))
_UNREAD = (Effect(EffectKind.OPAQUE, "what this does cannot be read"),)


class Drawn(Struct, frozen=True):
    """A tree and the effects in it; `flat` is why no command stands under another one, "" where they do."""

    branches: tuple[Branch, ...]
    effects: tuple[Effect, ...]
    flat: str = ""


def drawn_again(stored: dict[str, Any], judged: list[dict[str, Any]]) -> Drawn:
    """The tree of a request as it was stored, with the effects that it was judged by."""
    # INVARIANT: every effect that was judged is shown, and no other; what is read again says only what runs what, and
    # says nothing where it does not fit. A key is stored as its kind, which a shell may read as something else.
    try:
        effects = convert(judged, tuple[Effect, ...])
    except ValidationError:
        return Drawn(tree((), _UNREAD), _UNREAD)
    calls = [_call(stored, _STRICT, is_believed=is_believed) for is_believed in (True, False)]
    fitting = [call for call in calls if call is not None and _words(call.effects) == _words(effects)]
    # Whether its place was believed is not stored; the reading that gives just these effects is the one.
    fitting.sort(key=lambda call: call.effects != effects)
    if fitting:
        return Drawn(tree(fitting[0].commands, effects), effects)
    by_words = [structs.replace(effect, command=-1) for effect in effects]
    return Drawn(tree((), by_words), effects, _FLAT if _words(effects) else "")


def drawn_anew(request: dict[str, Any], rules: RuleSet = _STRICT, *, is_believed: bool = True) -> Drawn:
    """The tree of a request that nobody has judged yet. `is_believed`: where it says that it stands."""
    call = _call(request, rules, is_believed=is_believed)
    if call is None:
        return Drawn(tree((), _UNREAD), _UNREAD)
    return Drawn(tree(call.commands, call.effects), call.effects)


def _call(received: dict[str, Any], rules: RuleSet, *, is_believed: bool) -> Call | None:
    """A request as it is understood, if it can be."""
    try:
        request = convert(received, ActionRequest)
        where = place(request.cwd, request.home) if is_believed else Place()
        return classify(request, where, rules, Budget(STEPS))
    except (ValidationError, BudgetExceededError):
        return None


def _words(effects: Sequence[Effect]) -> set[tuple[int, str]]:
    """The commands that effects stand under: where each is in the line, and its words there."""
    return {(effect.command, effect.via) for effect in effects if effect.command >= 0}
