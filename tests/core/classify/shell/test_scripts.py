"""`sed` and `awk` programs that provably just print."""

from collections.abc import Callable

import pytest

from app.core.classify.shell.scripts import awk_only_prints
from app.core.classify.shell.sed_losses import sed_empties
from app.core.classify.shell.sed_script import commands

Look = Callable[[str], list[str]]


@pytest.mark.parametrize(
    "script",
    ["", "p", "1,80p", "$p", "/a/,/b/p", "/a/I!d", "1~2p", "/a/,+3p", "s/a/b/g", "s|a|b|2p", r"s/a\/b/c/",
     "y/ab/cd/", "p;d",
     "/a/{p;q}", "1{s/a/b/;p}", "/[0-9]/p", "s/[^,]*,//", "$!d", "q5", r"s/\[x\]/y/", "N;P;D", "/a/ p",
     r"s/List\[/Sequence[/g", "y/[a]/[b]/", r"s/[^-][^\/]*\//--/g"],
)  # fmt: skip
def test_sed_scripts_that_only_edit(script: str) -> None:
    assert None not in commands(script)


# INVARIANT: a script that could read or write a file of its own, or run a program, is not one of these.
@pytest.mark.parametrize(
    "script",
    ["w a", "r a", "R a", "W a", "e", "e rm", "s/a/b/e", "s/a/b/w a", "s/a/b/gw a", "1w a", "/a/w a", "p w a",
     "pw a", "{w a",
     "}w a", "1,w a", "1,2w a", "s/[/]w f/x/", "s/[]/]w f/x/", "s/a", "s", "sxaxbx", "s/a\nb/c/", "y/a", ":a b", "ba b",
     "t e id", "a\\", "#x",
     "s/a/b/;w f", "s/a/b/\nw f", "/[/]w f/p", "s/[a/b/", "p}w f", "=w f",
     "s/a/[/w f", "s/a/[/e", "s/[/]/b/;w f", "y/[/]/;w f", r"s/[\\/]w f/x/"],
)  # fmt: skip
def test_sed_scripts_that_may_do_more(script: str) -> None:
    assert None in commands(script)


@pytest.mark.parametrize(
    "program",
    [
        "{print}",
        "{print $1, $NF}",
        "NR>10",
        "NR > 3 {print}",
        "/a/ {n++} END {print n}",
        '$1=="a" || $2',
        'BEGIN{FS=","}{print $2}',
        "NR>1 {s+=$3} END {print s/(NR-1)}",
        "NR>1 {s+=$3} END {print s/NR, $1/2}",
    ],
)
def test_awk_programs_that_only_print(program: str) -> None:
    assert awk_only_prints(program)


# INVARIANT: a program that could read or write a file of its own, or run a program, is not one of these.
@pytest.mark.parametrize(
    "program",
    ['{print > "f"}', '{print >> "f"}', '{print | "sh"}', '{system("rm")}', "{getline}", "{print ENVIRON[1]}",
     '@load "x"',
     "/>/ {print > f}", "{print x > 1}", 'NR>1 {print "}"}', 'BEGIN {ARGV[1]="f"}', "{a |& b}", "{print `x`}",
     '{print/}/ > "f"}', '{if (x) /}/ > "f"}', '{x = a/}/ > "f"}', '{print $1/$2 > "f"}', '{print a/b/c > "f"}'],
)  # fmt: skip
def test_awk_programs_that_may_do_more(program: str) -> None:
    assert not awk_only_prints(program)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sed -ne p --expression=d a", ["read /w/a"]),
        ("sed -n -e p a", ["read /w/a"]),
        ("sed --expression p a", ["read /w/a"]),
        ("sed --expression=p -", []),
        ("sed -nE p a", ["read /w/a"]),
        ("sed --in-place=.bak p a", ["read /w/a", "write /w/a"]),
        ("sed -i/x p a", ["opaque", "read /w/a", "write /w/a"]),
        ("sed p *", ["opaque", "read /w/*"]),
        ("sed", []),
        ("sed -e", ["opaque"]),
        ("sed -n$X p a", ["opaque", "read /w/a"]),
        ("awk -F , -v x=1 '{print}' a", ["read /w/a"]),
        ("awk -F$X '{print}' a", ["opaque"]),
        ('awk -v x="$X" "{print}" a', ["opaque", "read /w/a"]),
        ('awk -v x="$(date)" "{print}" a', ["read /w/a"]),
        ("awk -- '{print}' a", ["read /w/a"]),
        ("awk '{print}' - a", ["read /w/a"]),
        ("awk '{print}' x=/b a", ["read /w/a", "access /w/x=/b", "access /b"]),
        ("awk", ["opaque"]),
        ("awk -f a b", ["opaque"]),
    ],
)
def test_their_operands(look: Look, line: str, expected: list[str]) -> None:
    found = look(line)
    assert ("opaque" in found) == ("opaque" in expected)
    assert set(expected) <= set(found)


# INVARIANT: on macOS an empty word behind `-i` belongs to it, and what follows is the script.
def test_an_empty_word_behind_the_flag_hides_no_script(look: Look) -> None:
    assert "opaque" in look("sed -i '' 'w x' f")
    assert look("sed -i '' 's/a/b/' f") == ["read /w/s/a/b", "write /w/s/a/b", "read /w/f", "write /w/f"]
    assert look("sed -i ''") == []


@pytest.mark.parametrize(
    "script",
    ["d", "1,$d", "2,$ d", "/./d", "/.*/d", "/keep/!d", "q", "5q", "/x/Q", "s/.*//", "s/^.*$//g", r"s/\(.*\)/x/",
     "s/.\\+/x/", "s/[^x]*//", "s/[a-z]*//", "s/a/b/;d", "1,$ s/.*/x/", "c x", "$!d",
     "1~1d", "//d", "s/[[:print:]]*//", "/$/d", "s/.//g", "s/[[:print:]]//g", "/x*/d", "/x*$/d", "/[^x]/d",
     r"/^.\{0,\}$/d", "/./Id",
     "1,99999d", "9,+9999d", "2~1,999d", "g", "x", "/[a-z]/d", "s/[a-z]//g", "s/[[:alnum:]]//g", ":a;N;$!ba;s/.*x//",
     ":a;N;ba;/x/d"],
)  # fmt: skip
def test_a_script_that_leaves_nothing_of_a_file_is_told(script: str) -> None:
    assert sed_empties(script)


@pytest.mark.parametrize(
    "script",
    ["/old/d", "3d", "1,5d", "$d", "s/a/b/g", "s/^/# /", "s/$/;/", "s/[[:space:]]*$//", "s/[ \t]*$//",
     "/^version/s/.*/version = 2/", "s/.*/&,/", r"s/\(.*\)/<\1>/", "s/x.*//",
     "/^$/d", "1i # x", "/a/,/b/d", "s/.$//", "/x/c y", "y/a/b/", "s/.//", "s/[0-9]//g", "10,400d",
     "1,+20d", "3,2d", "/^x*$/d", "/x*y/d", r":a;N;$!ba;s/\n/ /g",
     r":a;N;$!ba;s/.*\(x\)/\1/", "/a/,9999s/b/c/"],
)  # fmt: skip
def test_a_script_that_edits_leaves_what_it_does_not_speak_of(script: str) -> None:
    assert None not in commands(script)
    assert not sed_empties(script)


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        ("sed -i d a", True),
        ("sed -i 's/.*//' $(git ls-files '*.go')", True),
        ("sed -n -i /x/p a", True),
        ("sed -i --quiet p a", True),
        ("sed -i -e s/a/b/ -e q a", True),
        ("perl -pi -e 's/.*//' a", True),
        ("perl -0pi -e 's/.*//s' a", True),
        ("perl -pi -e 's/(.*)/<$1>/' a", False),
        ("perl -ni -e 'print if /x/' a", True),
        ("perl -pi -e 's/a/b/' a", False),
        ("perl -0777 -pi -e 's/a.*//s' a", True),
        ("perl -0777 -pi -e 's/a\\nb/c/' a", False),
        ("perl -pi -e 's/a.*//' a", False),
        ("perl -pi -e 'last' a", True),
        ("perl -pi -e 'tr/a-zA-Z//d' a", True),
        ("perl -pi -e 'tr/\\r//d' a", False),
        ("perl -pi -e 'y/a-z/A-Z/' a", False),
        ("sed d a", False),
        ("sed -i 's/[[:space:]]*$//' a b", False),
        ("sed -i /x/d a", False),
        ("sed -zi /x/d a", True),
        ("sed -z -i 's/a.*//' a", True),
        ("sed --null-data -i 's/a[^b]*c/d/' a", True),
        ("sed -z -i 's/a\\nb/c/' a", False),
        ("sed -i.zip /x/d a", False),
    ],
)
def test_editing_until_nothing_is_left_deletes(line: str, lost: bool, look: Look) -> None:  # noqa: FBT001
    assert any(effect.startswith("delete ") for effect in look(line)) is lost
