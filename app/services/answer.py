"""A decision as it goes out: the fields of the outer contract, `allowed` first."""

from functools import lru_cache
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import Encoder

from app.audit_log.entry import timestamp
from app.core.classify.secrets import redacted
from app.core.decision import Decision, Near
from app.core.model import Effect
from app.core.tree import Branch, tree
from app.storage.command import Receipt

_encode = Encoder().encode
# What follows the place of an entry in a receipt.
_HASH = b',"hash":"'

# How long an ALLOW may be acted upon: a revocation may have been recorded since.
VALID_US = 5_000_000


class EffectAnswer(Struct, frozen=True):
    kind: str
    resource: str
    via: str


class BranchAnswer(Struct, frozen=True, omit_defaults=True):
    """One command of a line, or the argument of a tool, with its effects; `inner` is what it runs."""

    words: str
    effects: list[EffectAnswer]
    inner: "list[BranchAnswer]" = []


class ProvenanceAnswer(Struct, frozen=True):
    trust: str
    tainted: bool
    why: tuple[str, ...]


class ReceiptAnswer(Struct, frozen=True):
    log: str
    seq: int
    hash: str


class ApprovalNotice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The approval that a request waits for, or the one that answered it.

    `code` is its status, or `edited`: a person approved other arguments, to be evaluated anew. `message` is what the
    person said.
    """

    id: str
    url: str
    status: str
    code: str
    expires_at: str
    retry_after_ms: int
    message: str = ""
    edited_arguments: dict[str, Any] | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """The answer to one evaluation."""

    # INVARIANT: `allowed` comes first and alone tells whether to run: a client that reads nothing else is safe.
    allowed: bool
    decision: str
    classification: str
    reason: str
    evaluation_id: str
    rules: tuple[str, ...]
    policy: str
    mode: str
    would_be: str | None
    effects: list[EffectAnswer]
    provenance: ProvenanceAnswer
    obligations: tuple[str, ...] = ()
    approval: ApprovalNotice | None = None
    delegation: str | None = None
    valid_until: str
    audit: ReceiptAnswer
    dry_run: bool | UnsetType = UNSET
    trace: tuple[Near, ...] | UnsetType = UNSET
    tree: list[BranchAnswer] | UnsetType = UNSET


def evaluation_id(log: str, seq: int) -> str:
    """An evaluation is named by its entry: no second name to store, to index or to forge."""
    return f"{log}-{seq}"


class AnswerForm(Struct, frozen=True, gc=False):
    """An answer rendered but for its receipt: what a request that comes again is told again."""

    decision: str
    parts: tuple[bytes, bytes, bytes, bytes, bytes]

    def stored(self) -> "AnswerForm":
        """The same as it may be kept: what has the form of a key is named by its kind."""
        # All at once, since most of looking is beginning to look; no text of JSON holds this byte as it is.
        head, between, middle, until, end = redacted(b"\0".join(self.parts)).split(b"\0")
        return AnswerForm(self.decision, (head, between, middle, until, end))

    def filled(self, receipt: Receipt, approval: ApprovalNotice | None = None) -> bytes:
        """The answer as it goes out, recorded at `receipt`."""
        head, between, middle, until, end = self.parts
        about = b"null" if approval is None else _encode(approval)
        place = b"%d" % receipt.seq
        return b"".join(
            (head, place, between, about, middle, _until(receipt.ts), until, place, _HASH, receipt.hash.encode(), end)
        )


@lru_cache(maxsize=64)
def _until(ts: int) -> bytes:
    """Until when an answer may be acted upon; all that is recorded together has one time."""
    return timestamp(ts + VALID_US).encode()


def answer_form(decision: Decision, policy: str, log: str, *, dry_run: bool, explain: bool) -> AnswerForm:
    """The form of the answer to a decision."""
    whole = Answer(
        allowed=decision.allowed and not dry_run,
        decision=decision.verdict.value,
        classification=decision.classification.name,
        reason=decision.reason,
        evaluation_id="",
        rules=decision.rules,
        policy=policy,
        mode=decision.mode,
        would_be=decision.would_be,
        effects=[_effect(effect) for effect in decision.effects],
        provenance=ProvenanceAnswer(decision.trust.name, decision.tainted, decision.why),
        obligations=decision.obligations,
        delegation=decision.delegation,
        valid_until="",
        audit=ReceiptAnswer(log, 0, ""),
        dry_run=True if dry_run else UNSET,
        trace=decision.near if explain else UNSET,
        tree=[_branch(one) for one in tree(decision.commands, decision.effects)] if explain else UNSET,
    )
    # A quote inside of a text is escaped, so that none of these stands in one.
    head, mark, rest = _encode(whole).partition(b'"evaluation_id":"')
    between, about, rest = rest.partition(b'"approval":')
    middle, until, rest = rest.removeprefix(b"null").partition(b'"valid_until":"')
    receipt, _, end = rest.partition(b"0" + _HASH)
    name = evaluation_id(log, 0)[:-1].encode()
    return AnswerForm(whole.decision, (head + mark + name, between + about, middle + until, receipt, end))


def _branch(branch: Branch) -> BranchAnswer:
    return BranchAnswer(
        branch.words, [_effect(effect) for effect in branch.effects], [_branch(one) for one in branch.inner]
    )


def _effect(effect: Effect) -> EffectAnswer:
    return EffectAnswer(effect.kind.value, effect.resource, effect.via)
