"""Guardrails refuse before the service is asked; what passes them is asked about as ever."""

from collections.abc import Mapping
from typing import Any

import pytest
from agent_sudo_client import PermissionDenied, sudo
from agent_sudo_client.frameworks.gate import Gate
from agent_sudo_client.guardrails import Guardrails
from hypothesis import given
from hypothesis import strategies as st

from tests.clients.cast import OTHER
from tests.clients.conftest import Running

REFUSED = [
    (Guardrails(topics=["billing", "refund"]), {"text": "How is the weather?"}, "none of the topics"),
    (Guardrails(topics=["refund"]), {"text": "refunding"}, "none of the topics"),
    (Guardrails(words=["secret plan"]), {"to": ["x", {"note": "The SECRET plan"}]}, "must not be named"),
    (Guardrails(words=["secret"]), {"secret": 1}, "must not be named"),
    (Guardrails(words=["secret"]), {"text": "ｓｅｃｒｅｔ"}, "must not be named"),  # noqa: RUF001 - a disguise
    (Guardrails(words=["secret"]), {"text": "se\u200bcr\u00adet"}, "must not be named"),
    (Guardrails(patterns=[r"\b\d{4}-\d{4}\b"]), {"text": "my card is 1234-5678"}, "pattern"),
    (Guardrails(patterns=["drop table"]), {"text": "DROP TABLE users"}, "pattern"),
    (Guardrails(longest=10), {"text": "x" * 11}, "too long"),
    (Guardrails(validators=[lambda _: "yes"]), {}, "did not accept"),
    (Guardrails(validators=[lambda _: 1]), {}, "did not accept"),
    (Guardrails(validators=[lambda given: given["no such"]]), {}, "KeyError"),
]
PASSED = [
    (Guardrails(topics=["billing", "refund"]), {"text": "A Refund, please."}),
    (Guardrails(words=["secret"]), {"text": "secretary"}),
    (Guardrails(patterns=["zz+"], validators=[lambda _: True], topics=[], words=[]), {"text": "y", "n": 1}),
    (Guardrails(), {"text": "anything"}),
]


@pytest.mark.parametrize(("guardrails", "arguments", "why"), REFUSED)
def test_a_call_is_refused(guardrails: Guardrails, arguments: Mapping[str, Any], why: str) -> None:
    with pytest.raises(PermissionDenied, match=why) as refused:
        guardrails(arguments)
    assert refused.value.code == "guardrail"


@pytest.mark.parametrize(("guardrails", "arguments"), PASSED)
def test_a_call_passes(guardrails: Guardrails, arguments: Mapping[str, Any]) -> None:
    guardrails(arguments)


@given(st.text(), st.text())
def test_a_word_is_found_wherever_it_stands(before: str, after: str) -> None:
    with pytest.raises(PermissionDenied):
        Guardrails(words=["secret"])({"a": [before, "the secret.", after]})


def test_a_text_in_place_of_a_list_of_words_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="list of words"):
        Guardrails(words="secret")


def test_what_is_refused_here_is_not_asked_and_what_passes_is(here: Running) -> None:
    @sudo(check=Guardrails(words=["rocket"]))
    def lookup(what: str) -> str:
        return what

    @sudo(check=Guardrails(words=["rocket"]))
    def forbidden(what: str) -> None:
        raise AssertionError

    before = len(here.entries("decision"))
    with OTHER.start_session():
        assert lookup("socks") == "socks"
        with pytest.raises(PermissionDenied, match="guardrail"):
            lookup("a rocket")
        with pytest.raises(PermissionDenied, match="guardrail"):
            Gate(check=Guardrails(words=["rocket"])).ask("lookup", {"what": "a rocket"})
        with pytest.raises(PermissionDenied, match="Nobody does this"):
            forbidden("socks")
    assert len(here.entries("decision")) == before + 2


@pytest.mark.parametrize("answer", [True, "allowed", None])
def test_a_check_allows_nothing_whatever_it_answers(here: Running, answer: Any) -> None:
    @sudo(check=lambda _: answer)
    def forbidden() -> None:
        raise AssertionError

    with OTHER.start_session(), pytest.raises(PermissionDenied, match="Nobody does this"):
        forbidden()


def test_a_check_that_fails_is_a_no(here: Running) -> None:
    @sudo(check=lambda given: given["no such"])
    def lookup() -> None:
        raise AssertionError

    with OTHER.start_session(), pytest.raises(PermissionDenied, match="KeyError"):
        lookup()
