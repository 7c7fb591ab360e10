"""A decision's entry is drafted from types; it must be the entry that the checking way of drafting makes."""

from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import decode

from app.audit_log.chain import Head, extend
from app.audit_log.commitment import verify_commitment
from app.audit_log.entry import GENESIS, Draft, draft, link, timestamp
from app.core.decision import Classification, Decision, Verdict
from app.core.facts import Caller
from app.core.model import ActionRequest, Effect, EffectKind
from app.core.policy.compile import File, compile_policy
from app.core.provenance import NO_LIMIT
from app.core.session import APART, Standing
from app.core.trust import Trust
from app.services.configuration import Configuration
from app.services.ground import Grounds
from app.services.recording import form_of, salts, taken
from app.storage.command import EpochIs, NotAfter
from app.storage.keys import Key
from app.storage.sessions import SessionsUnchanged

LOG = "3aae4b6e4c5ae283"
RULES = compile_policy((File("p.yaml", "version: 1\n"),)).rules
CONFIGURATION = Configuration(
    epoch=3,
    log=LOG,
    agents={},
    keys={},
    operators={},
    policy="sha256:" + "a" * 64,
    rules=RULES,
    workspaces=(),
    delegations={},
    callers={(key, "coder"): Caller("coder", key, "pep") for key in ("k_1", "k_2")},
)


def drafted(decision: Decision, request: ActionRequest, received: bytes, salt: bytes) -> Draft:
    return Draft(form_of(decision, request, received, CALLER, CONFIGURATION), salt)


KEY = Key("k_1", "coder", "pep", True, b"d" * 32, 0, None, None)
CALLER = Caller("coder", "k_1", "pep")

names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
effects = st.lists(st.builds(Effect, st.sampled_from(EffectKind), st.text(max_size=20)), max_size=4).map(tuple)
decisions = st.builds(
    Decision,
    verdict=st.sampled_from(Verdict),
    classification=st.sampled_from(Classification),
    reason=st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    rules=st.lists(names, max_size=3).map(tuple),
    effects=effects,
    trust=st.sampled_from(Trust),
    tainted=st.booleans(),
    why=st.just(()),
    mode=st.sampled_from(("enforce", "monitor")),
    would_be=st.none() | st.sampled_from(Verdict),
)
requests = st.builds(
    ActionRequest,
    tool=names,
    action=st.none() | names,
    actor=st.none() | names,
    session_id=st.none() | names,
    dry_run=st.booleans(),
)


@given(decisions, requests)
@settings(max_examples=150)
def test_the_typed_entry_is_the_checked_entry(decision: Decision, request: ActionRequest) -> None:
    salt = b"s" * 32
    typed = drafted(decision, request, b'{"tool":"x"}', salt)
    fields = decode(link(typed, 7, GENESIS, timestamp(0))[0])
    for written_by_the_log in ("commit", "log", "prev", "seq", "ts", "type", "v"):
        del fields[written_by_the_log]

    assert typed == draft("decision", fields, log=LOG, payload=typed.form.payload, salt=salt)


def test_nothing_from_arguments_or_target_stands_in_the_body() -> None:
    secret = "hunter2-hunter2"
    request = ActionRequest(tool="Bash", target=secret, arguments={"command": secret}, payload_summary=secret)
    decision = Decision(
        verdict=Verdict.DENY,
        classification=Classification.BLOCKED,
        reason="No.",
        rules=("r",),
        effects=(Effect(EffectKind.OPAQUE, secret, secret),),
        trust=Trust.UNKNOWN,
        tainted=False,
        why=(),
    )
    entry = drafted(decision, request, b'{"target":"%b"}' % secret.encode(), next(salts()))
    _, rows = extend(Head(LOG, 1, "a" * 64), (entry,), 1)

    assert secret.encode() not in rows[0][2]
    assert secret.encode() in (entry.form.payload or b"")
    assert verify_commitment(decode(rows[0][2])["commit"]["request"], entry.salt, "request", entry.form.payload)


def test_a_key_among_the_arguments_is_not_stored() -> None:
    key = "ghp_" + "a1B2" * 9
    request = ActionRequest(tool="Bash", arguments={"command": f"curl -H {key} x"})
    decision = Decision(
        verdict=Verdict.DENY,
        classification=Classification.BLOCKED,
        reason="No.",
        rules=("r",),
        effects=(Effect(EffectKind.OPAQUE, key, key),),
        trust=Trust.UNKNOWN,
        tainted=False,
        why=(),
    )
    entry = drafted(decision, request, b'{"arguments":{"command":"curl -H %b x"}}' % key.encode(), next(salts()))
    assert key.encode() not in (entry.form.payload or b"") + entry.form.before + entry.form.middle
    assert b"[a GitHub token]" in (entry.form.payload or b"")


def test_a_decision_is_valid_only_upon_its_epochs_and_while_its_key_and_its_session_live() -> None:
    request, decision = (
        ActionRequest(tool="x"),
        Decision(
            verdict=Verdict.ALLOW,
            classification=Classification.SAFE,
            reason="",
            rules=(),
            effects=(),
            trust=Trust.USER_DIRECT,
            tainted=False,
            why=(),
        ),
    )
    mortal = Key("k_2", "coder", "pep", True, b"e" * 32, 0, 99, None)

    within = Standing("s_1", NO_LIMIT, 77)
    epochs = (EpochIs(3), SessionsUnchanged("coder", 5))

    for key, standing, mortals in (
        (KEY, APART, ()),
        (mortal, APART, (NotAfter(99),)),
        (mortal, within, (NotAfter(99), NotAfter(77))),
    ):
        ground = Grounds().of(CONFIGURATION, key, "coder", (standing, 5))
        assert taken(decision, request, ground)[0] == epochs + mortals


def test_no_salt_comes_twice() -> None:
    drawn = list(islice(salts(), 1_000))

    assert len(set(drawn)) == len(drawn)
    assert {len(salt) for salt in drawn} == {32}
