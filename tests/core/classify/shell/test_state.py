"""What is certain when either of two states may hold."""

from app.core.classify.paths import Place
from app.core.classify.shell.state import LOST, Arg, begin, merged
from app.core.classify.shell.tree import Sequence, Simple

STATE = begin(Place("/w", "/home/u"))
BODY = Sequence((Simple(),))


def test_the_beginning() -> None:
    assert STATE.home == "/home/u"
    assert begin(Place()).home == ""
    assert begin(Place()).directories == ("",)


def test_directories_add_up_until_they_are_too_many() -> None:
    state = STATE
    for name in ("/a", "/b", "/c"):
        state = merged(state, STATE.moved((name,)))
    assert state.directories == ("/w", "/a", "/b", "/c")
    assert merged(state, STATE.moved(("/d",))).directories == (LOST,)


def test_values_that_differ_are_not_known() -> None:
    one, other = STATE.assigned("A", Arg("x")), STATE.assigned("A", Arg("y"))
    assert merged(one, one) is one
    assert merged(one, other).variables["A"].why
    assert merged(one, STATE).variables["A"].why
    assert merged(one, STATE).variables["HOME"] == Arg("/home/u")


# INVARIANT: a function that exists in one case only is no function to rely upon.
def test_functions_that_differ_are_not_known() -> None:
    defined = STATE.defined("f", BODY)
    assert merged(defined, STATE).functions == {"f": None}
    assert merged(STATE, defined).functions == {"f": None}
    assert merged(defined, STATE.defined("f", BODY)).functions == {"f": BODY}


def test_forgetting() -> None:
    state = STATE.assigned("A", Arg("x")).defined("f", BODY).forgotten()
    assert state.directories == (LOST,)
    assert state.home == ""
    assert state.variables["A"].why
    assert state.functions == {"f": None}
