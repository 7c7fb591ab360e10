"""JSON from outside has one meaning or none, and equal meanings have equal bytes."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.strict_json import DEEPEST, LARGEST_INTEGER, MOST_CONTAINERS, InvalidJsonError, canonical, elements, parse

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**55), 2**55)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=5)
# Texts that are nearly JSON: pieces of it in any order.
PIECES = st.lists(
    st.sampled_from(
        [
            *'{}[]:,"\\ \n\t\x00\x1f\x7f',
            *("null", "true", "false", "NaN", "Infinity", "-", "+", ".", "e", "E"),
            *("0", "1", "-0", "01", "1.0", "1e5", "1e400", "1e-400", "9007199254740991", "9007199254740992"),
            *(
                '"a"',
                '"b"',
                '"\\u0061"',
                '"\\u0022"',
                '"\\""',
                '"\\\\u0022"',
                '{"a":',
                ',"a":1',
                "}}",
                '"\\ud83d\\ude00"',
            ),
            *('"\\ud800"', '"\\udc00"', '"\\u0000"', '"é"', "\ufeff", "//", "'a'", "9" * 400),
        ]
    ),
    max_size=20,
).map(lambda pieces: "{" + "".join(pieces) + "}")


def oracle(text: bytes) -> Any:
    """The same rules by the standard library; raises ValueError."""
    value = json.loads(
        text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_small, parse_float=_finite
    )
    if not isinstance(value, dict) or _depth(value) > DEEPEST:
        raise ValueError
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # no half of a surrogate pair
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _refuse(word: str) -> None:
    raise ValueError(word)


def _small(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > LARGEST_INTEGER:
        raise ValueError
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError
    return value


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max((_depth(one) for one in inner), default=0)


def outcome(read: Any, text: bytes) -> Any:
    try:
        return repr(read(text))  # repr tells 1 from 1.0 from True
    except ValueError:
        return "refused"


@settings(deadline=None)
@given(
    text=st.binary(max_size=60) | PIECES.map(lambda text: text.encode()) | OBJECTS.map(lambda v: json.dumps(v).encode())
)
@example(b'{"a":{"b":[{"c":1,"\\u0063":2}]}}')
@example(b'{"a":"\\u0022","b":1,"b":2}')
@example(b'{"\\u0022":1,"a":1,"a":2}')
@example(b'{"a\\"":1,"a\\u0022":2}')
@example(b'{"a":"\\\\","a":"\\\\"}')
@example(b'{"a":1e400}')
@example(b'{"a":-0}')
@example(b'{"a":1.2345678901234567e20}')
@example(b'{"a":12345678901234567.5}')
def test_it_reads_exactly_what_the_strict_standard_library_reads(text: bytes) -> None:
    assert outcome(lambda given: parse(given)[0], text) == outcome(oracle, text)


@settings(deadline=None)
@given(value=OBJECTS)
def test_canonical_bytes_mean_the_same_and_are_their_own_canonical_bytes(value: dict[str, Any]) -> None:
    text = json.dumps(value).encode()
    if outcome(oracle, text) == "refused":
        return
    read, canonical = parse(text)
    assert repr(parse(canonical)[0]) == repr(dict(sorted_deep(read)))
    assert parse(canonical)[1] == canonical


def sorted_deep(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sorted_deep(value[key]) for key in sorted(value, key=lambda key: key.encode())}
    return [sorted_deep(one) for one in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(value=OBJECTS, chance=st.randoms(use_true_random=False))
def test_neither_key_order_nor_space_nor_escapes_count(value: dict[str, Any], chance: Any) -> None:
    def shuffled(part: Any) -> Any:
        if isinstance(part, dict):
            keys = list(part)
            chance.shuffle(keys)
            return {key: shuffled(part[key]) for key in keys}
        return [shuffled(one) for one in part] if isinstance(part, list) else part

    text = json.dumps(value).encode()
    if outcome(oracle, text) != "refused":
        other = json.dumps(shuffled(value), indent=chance.choice([None, 1]), ensure_ascii=chance.random() < 0.5)
        assert parse(text)[1] == parse(other.encode())[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1}', b'{"a":1.0}'),
        (b'{"a":1}', b'{"a":"1"}'),
        (b'{"a":1}', b'{"a":true}'),
        (b'{"a":0}', b'{"a":false}'),
        (b'{"a":0}', b'{"a":-0.0}'),
        (b'{"a":0.0}', b'{"a":-0.0}'),
        (b'{"a":null}', b"{}"),
        (b'{"a":null}', b'{"a":"null"}'),
        (b'{"a":{}}', b'{"a":[]}'),
        (b'{"a":[1,2]}', b'{"a":[2,1]}'),
        (b'{"a":[]}', b'{"a":[[]]}'),
        (b'{"a":""}', b'{"a":null}'),
        (b'{"a":"e\\u0301"}', b'{"a":"\\u00e9"}'),
        (b'{"a":9007199254740991}', b'{"a":9007199254740990}'),
    ],
)
def test_what_differs_in_meaning_differs_in_bytes(one: bytes, other: bytes) -> None:
    assert parse(one)[1] != parse(other)[1]


@settings(deadline=None)
@given(
    key=st.text(max_size=4),
    deep=st.integers(0, DEEPEST - 2),
    first=SCALARS,
    second=SCALARS,
    spelling=st.sampled_from(["plain", "escaped"]),
    quote=st.sampled_from(["", '"', "\\", "\\u0022"]),
)
def test_a_key_that_stands_twice_is_refused_at_any_depth_and_in_any_spelling(
    key: str, deep: int, first: Any, second: Any, spelling: str, quote: str
) -> None:
    again = json.dumps(key)
    if spelling == "escaped" and key.isascii():
        again = '"' + "".join(f"\\u{ord(letter):04x}" for letter in key) + '"'
    pair = f"{{{json.dumps(key)}:{json.dumps(first)},{json.dumps(quote)}:0,{again}:{json.dumps(second)}}}"
    text = '{"x":' * deep + pair + "}" * deep
    with pytest.raises(InvalidJsonError):
        parse(text.encode())


def test_the_complaint_names_the_key_that_stands_twice() -> None:
    with pytest.raises(InvalidJsonError, match="the key 'tool' stands twice"):
        parse(b'{"tool":1,"arguments":{},"tool":2}')


@pytest.mark.parametrize("bracket", [(b'{"a":', b"}"), (b"[", b"]")], ids=["objects", "lists"])
def test_depth_has_a_limit(bracket: tuple[bytes, bytes]) -> None:
    start, end = bracket

    def nested(levels: int) -> bytes:
        return b'{"a":' + start * (levels - 1) + b"1" + end * (levels - 1) + b"}"

    parse(nested(DEEPEST))
    for levels in (DEEPEST + 1, 500, 5_000, 200_000):
        with pytest.raises(InvalidJsonError):
            parse(nested(levels))


def test_many_brackets_are_not_deep() -> None:
    assert parse(b'{"a":[' + b"[]," * 1_000 + b"{}]}")[0]["a"][-1] == {}


@pytest.mark.parametrize("container", [b"[]", b"{}"])
def test_there_may_be_many_objects_and_lists_but_not_any_number(container: bytes) -> None:
    def filled(count: int) -> bytes:
        return b'{"a":[' + b",".join([container] * (count - 2)) + b"]}"

    parse(filled(MOST_CONTAINERS))
    with pytest.raises(InvalidJsonError, match="objects and lists"):
        parse(filled(MOST_CONTAINERS + 1))


def test_brackets_inside_texts_are_no_lists() -> None:
    value = {"text": '[{"\\' * MOST_CONTAINERS}
    assert parse(json.dumps(value).encode())[0] == value


@pytest.mark.parametrize("end", [b"", b"\\", b'"', b'\\"', b'"}'])
def test_brackets_in_what_is_no_json_are_refused_in_one_pass(end: bytes) -> None:
    with pytest.raises(InvalidJsonError):
        parse(b'{"a":"' + b'\\"[' * 300_000 + end + b"\x00")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (b' {"b": 1, "a": 1.0} ', b'{"a":1.0,"b":1}'),
        (b'{"a": "\\u0022"}', b'{"a":"\\""}'),
        (b'{"a": "\\u00e9"}', '{"a":"é"}'.encode()),
        (b'{"a": 1e2}', b'{"a":100.0}'),
        (b'{"a": -0}', b'{"a":0}'),
        (b'{"a": [1 , {}]}', b'{"a":[1,{}]}'),
    ],
)
def test_what_has_one_meaning_has_one_form(text: bytes, canonical: bytes) -> None:
    assert parse(text)[1] == canonical


def test_what_is_dropped_is_looked_at_too() -> None:
    """Depth is measured on what was kept; the part that a decoder drops must not break the measuring."""
    with pytest.raises(InvalidJsonError):
        parse(b'{"a":' + b"[" * 900 + b"]" * 900 + b',"a":1}')


@pytest.mark.parametrize("text", [b"[]", b"1", b'"a"', b"null", b"", b" ", b"{} {}"])
def test_only_one_object_is_read(text: bytes) -> None:
    with pytest.raises(InvalidJsonError):
        parse(text)


def test_long_numbers_inside_texts_and_fractions_are_fine() -> None:
    value = {"card": "1234567890123456789", "pi": 3.14159265358979312, "list": [[1234567890123456]]}
    assert parse(json.dumps(value).encode())[0] == value


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":[{"x":1},{"y":[2,"\\"a\\""]}]}',
        b' { "a" : [ 1 , "two" , null, [] ] } ',
        b'{"a":[]}',
    ],
)
def test_elements_are_the_texts_of_what_the_whole_holds(text: bytes) -> None:
    found = elements(text, "a")
    assert found is not None
    assert [json.loads(one) for one in found] == json.loads(text)["a"]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"b":[]}',
        b'{"a":{}}',
        b'{"a":[],"b":[]}',
        b'{"a":[1],"a":[2]}',
        b'{"a":["x"],"a":["y","z"]}',
        b'{"\\u0061":["x"],"a":["y"]}',
        b'{"a":[1]} x',
        b'{"a":[1',
        b"[" * 10_000,
    ],
)
def test_no_elements_are_found_where_the_whole_is_not_just_the_list(text: bytes) -> None:
    assert elements(text, "a") is None


def test_elements_are_bounded_as_the_whole_is() -> None:
    with pytest.raises(InvalidJsonError, match="more than"):
        elements(b'{"a":[' + b",".join([b"[]"] * 20_001) + b"]}", "a")


def test_what_was_parsed_has_the_bytes_that_parsing_gave() -> None:
    value, given = parse(b'{"b": 1, "a": [1.0, "\\u00e9"]}')
    assert canonical(value) == given
