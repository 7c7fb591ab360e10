import hashlib
import json
from enum import StrEnum
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.audit_log.canonical import MAX_BODY, EntryError, decode
from app.audit_log.columns import MAX_COLUMN
from app.audit_log.commitment import commitment
from app.audit_log.entry import GENESIS, Draft, draft, form, leaf_hash, link, timestamp
from tests.audit_log.samples import DECISION, LOG, NOW, PAYLOAD, SALT
from tests.audit_log.test_canonical import KEYS, TEXT, VALUES

RESERVED = {"commit", "log", "prev", "seq", "ts", "type", "v"}
COLUMN_KEYS = {"actor", "request", "decision"}
FIELDS = st.dictionaries(KEYS.filter(lambda k: k < "seq" and k not in RESERVED | COLUMN_KEYS), VALUES, max_size=8)


@given(FIELDS, st.binary(max_size=40) | st.none(), st.integers(0, 2**53 - 1), st.integers(0, 2**50))
def test_a_linked_body_is_exactly_rfc_8785(fields: dict[str, Any], payload: bytes | None, seq: int, us: int) -> None:
    salt = None if payload is None else SALT
    body, digest = link(draft("decision", fields, log=LOG, payload=payload, salt=salt), seq, GENESIS, timestamp(us))
    whole = fields | {
        "log": LOG,
        "prev": GENESIS,
        "seq": seq,
        "ts": timestamp(us),
        "type": "decision",
        "v": 1,
    }
    if payload is not None:
        whole["commit"] = {"request": commitment(SALT, "request", payload)}
    assert body == rfc8785.dumps(whole)
    assert digest == hashlib.sha256(b"\x00" + body).digest()
    assert decode(body) == whole


@given(TEXT)
def test_hostile_text_stays_inside_its_string(text: str) -> None:
    body, _ = link(draft("decision", {"reason": text}, log=LOG), 7, GENESIS, timestamp(NOW))
    assert json.loads(body)["reason"] == text
    assert json.loads(body)["seq"] == 7


def test_the_bytes_of_an_entry_are_fixed_for_ever() -> None:
    body, digest = link(
        draft("decision", DECISION, log=LOG, payload=PAYLOAD, salt=SALT), 1234, "9f86d081" * 8, timestamp(NOW)
    )
    assert body == (
        b'{"actor":{"agent":"coder","key":"k_11","session":"ses_9b1e20"},'
        b'"commit":{"request":"ff96d703b0d860b659bc0057775da03ee112a5a7d7782084c8407ee607dfda06"},"decision":"REQUIRE_APPROVAL",'
        b'"log":"b3f1c0de4a5f6071","mode":"enforce","policy":"sha256:2c26b46b68ffc68ff99b453c1d304134",'
        b'"prev":"9f86d0819f86d0819f86d0819f86d0819f86d0819f86d0819f86d0819f86d081",'
        b'"prov":{"tainted":true,"trust":"EXTERNAL_CONTENT"},"reason":"Pushing publishes work to others.",'
        b'"request":{"action":"run","tool":"shell"},"rules":["git-push"],"seq":1234,'
        b'"ts":"2026-11-21T21:40:12.004521Z","type":"decision","v":1}'
    )
    assert digest.hex() == "e4d27408b433cde94b6b4fae7bb9e8c2eb6731514e79dca453748fd8ba34cbb0"


def test_the_hash_is_the_leaf_hash_of_rfc_6962() -> None:
    # The leaf hashes of the empty entry and of "L123456" that Certificate Transparency projects test with.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"


def test_the_columns_are_taken_from_the_fields() -> None:
    entry = draft("decision", DECISION, log=LOG)
    assert entry.form.columns == (
        "decision",
        "coder",
        "ses_9b1e20",
        "shell",
        "REQUIRE_APPROVAL",
    )
    assert (entry.salt, entry.form.payload) == (None, None)


@pytest.mark.parametrize("fields", [{}, {"actor": None, "request": None}, {"actor": {"agent": None}}, {"actor": "x"}])
def test_an_absent_field_is_a_column_without_value(fields: dict[str, Any]) -> None:
    entry = draft("decision", fields, log=LOG)
    assert entry.form.columns[1:] == (None, None, None, None)


def test_a_column_is_plain_text_also_when_the_field_is_a_word_of_an_enumeration() -> None:
    class Verdict(StrEnum):
        STRONG = "REQUIRE_STRONG_APPROVAL"
        TOOL = "browser"

    entry = draft("decision", {"decision": Verdict.STRONG, "request": {"tool": Verdict.TOOL}}, log=LOG)
    assert type(entry.decision) is str
    assert type(entry.form.columns[3]) is str


@pytest.mark.parametrize("value", [5, True, [], {}, "a\0b", "x" * (MAX_COLUMN + 1)])
def test_a_column_that_a_store_might_refuse_is_refused_before(value: object) -> None:
    for fields in ({"actor": {"agent": value}}, {"actor": {"session": value}}, {"request": {"tool": value}}):
        with pytest.raises(EntryError):
            draft("decision", fields, log=LOG)


@pytest.mark.parametrize("word", ["allow", "ALLOWED", "", 1, []])
def test_a_decision_is_one_of_four_words(word: object) -> None:
    with pytest.raises(EntryError):
        draft("decision", {"decision": word}, log=LOG)


@pytest.mark.parametrize("type_", ["", "Decision", 'a"b', "a\n", "x" * 65])
def test_a_type_needs_no_escape(type_: str) -> None:
    with pytest.raises(EntryError):
        draft(type_, {}, log=LOG)


@pytest.mark.parametrize("log", ["", "B3F1C0DE4A5F6071", "b3f1c0de4a5f607", "b3f1c0de4a5f6071\n"])
def test_a_log_is_named_by_16_hex_digits(log: str) -> None:
    with pytest.raises(EntryError):
        draft("decision", {}, log=log)


@pytest.mark.parametrize("key", sorted(RESERVED))
def test_what_the_log_writes_is_not_the_callers(key: str) -> None:
    with pytest.raises(EntryError, match="itself"):
        draft("decision", {key: "x"}, log=LOG)


@pytest.mark.parametrize("key", ["seq.", "tool", "session", "z"])
def test_every_key_of_a_caller_sorts_before_seq(key: str) -> None:
    with pytest.raises(EntryError, match="sorts after"):
        draft("decision", {key: "x"}, log=LOG)


@pytest.mark.parametrize(("payload", "salt"), [(b"x", None), (None, SALT), (b"x", b"short")])
def test_a_payload_and_its_salt_belong_together(payload: bytes | None, salt: bytes | None) -> None:
    with pytest.raises(EntryError):
        draft("decision", {}, log=LOG, payload=payload, salt=salt)


def test_a_payload_is_not_linked_without_a_salt() -> None:
    with pytest.raises(EntryError):
        link(Draft(_typed("r").form), 7, GENESIS, timestamp(0))


def test_what_was_drafted_can_be_linked_at_any_seq() -> None:
    room = MAX_BODY - len(link(draft("decision", {"reason": ""}, log=LOG), 2**53 - 1, GENESIS, timestamp(0))[0])
    largest = draft("decision", {"reason": "x" * room}, log=LOG)
    assert len(link(largest, 2**53 - 1, GENESIS, timestamp(NOW))[0]) == MAX_BODY
    with pytest.raises(EntryError, match="larger"):
        draft("decision", {"reason": "x" * (room + 1)}, log=LOG)
    with pytest.raises(EntryError, match="larger"):
        draft("decision", {"reason": "x" * MAX_BODY}, log=LOG)


class _Before(msgspec.Struct, omit_defaults=True):
    actor: dict[str, str]
    commit: dict[str, str]
    decision: str
    log: str
    policy: str = ""


class _Between(msgspec.Struct):
    reason: str
    request: dict[str, str]


def _typed(reason: str) -> Draft:
    before = _Before({"agent": 'co"commit":{"request":""}der'}, {"request": ""}, "ALLOW", "0" * 16)
    copies = ('co"commit":{"request":""}der', None, "Read", "ALLOW")
    typed = form("decision", before, _Between(reason, {"tool": "Read"}), copies, log="0" * 16, payload=b"{}")
    return Draft(typed, b"s" * 32)


def test_a_typed_draft_is_the_draft_of_the_same_fields() -> None:
    actor = {"agent": 'co"commit":{"request":""}der'}
    fields = {"actor": actor, "decision": "ALLOW", "reason": "r", "request": {"tool": "Read"}}

    assert _typed("r") == draft("decision", fields, log="0" * 16, payload=b"{}", salt=b"s" * 32)


def test_a_typed_draft_that_is_too_large_is_refused() -> None:
    with pytest.raises(EntryError, match="larger"):
        _typed("x" * 65_535)
