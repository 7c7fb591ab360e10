import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit_log.canonical import EntryError
from app.audit_log.commitment import commitment, verify_commitment

SALTS = st.binary(min_size=32, max_size=32)


@given(SALTS, st.binary())
def test_a_commitment_is_hmac_sha256_over_the_part_and_the_bytes(salt: bytes, data: bytes) -> None:
    expected = hmac.new(salt, b"request\0" + data, hashlib.sha256).hexdigest()
    assert commitment(salt, "request", data) == expected
    assert verify_commitment(expected, salt, "request", data)


@given(SALTS, SALTS, st.binary(), st.binary())
def test_other_bytes_another_salt_or_another_part_do_not_open_it(
    salt: bytes, other_salt: bytes, data: bytes, other: bytes
) -> None:
    committed = commitment(salt, "request", data)
    assert verify_commitment(committed, salt, "request", other) is (data == other)
    assert verify_commitment(committed, other_salt, "request", data) is (salt == other_salt)
    assert not verify_commitment(committed, salt, "answer", data)


@pytest.mark.parametrize("salt", [b"", b"x" * 31, b"x" * 33])
def test_there_is_no_commitment_without_a_full_salt(salt: bytes) -> None:
    with pytest.raises(EntryError):
        commitment(salt, "request", b"low entropy")
    assert not verify_commitment("0" * 64, salt, "request", b"low entropy")


@pytest.mark.parametrize(
    ("committed", "salt", "data"),
    [
        (None, bytes(32), b""),
        ("é", bytes(32), b""),
        ("", "x" * 32, b""),
        ("", None, b""),
        ("", bytes(32), None),
    ],
)
def test_values_of_wrong_types_open_nothing(committed: object, salt: object, data: object) -> None:
    assert not verify_commitment(committed, salt, "request", data)
