"""YAML text into plain values that remember their lines, so that every complaint can name one.

Duplicate keys are refused (a second `deny:` must not vanish), and so are anchors, merge keys and other tags: a
policy says what it means.
"""

import re
from functools import lru_cache
from typing import Any

from msgspec import Struct
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

LARGEST = 100_000
DEEPEST = 50
_PLAIN = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_INTEGER = "tag:yaml.org,2002:int"
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_BRACKETS = re.compile(r"[\[\]{}]")
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_SCALARS = {
    "tag:yaml.org,2002:str",
    _INTEGER,
    "tag:yaml.org,2002:float",
    "tag:yaml.org,2002:bool",
    "tag:yaml.org,2002:null",
}

Where = tuple[str | int, ...]


class Problem(Struct, frozen=True):
    """One complaint about a policy; `line` counts from 1, 0 means the whole file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class PolicyError(ValueError):
    """A policy that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Source(Struct, frozen=True):
    """A parsed file: its value, and the line on which each part of it begins."""

    file: str
    value: Any
    lines: dict[Where, int]

    def problem(self, where: Where, message: str) -> Problem:
        """A complaint about the part at `where`, or about the nearest part around it that has a line."""
        while where and where not in self.lines:
            where = where[:-1]
        return Problem(self.file, self.lines.get(where, 0), message)


@lru_cache(maxsize=16)
def read(text: str, file: str) -> Source:
    """Parse one document; raises PolicyError."""
    if len(text) > LARGEST:
        raise PolicyError([Problem(file, 0, f"larger than {LARGEST} characters")])
    # YAML 1.2 whatever the file asks for: in 1.1 `no` is false and `010` is eight.
    directive = _DIRECTIVE.search(text)
    if directive is not None:
        raise PolicyError([Problem(file, _line(text, directive.start()), "directives are not used in policies")])
    if deep := _too_deep(text):
        raise PolicyError([Problem(file, deep, "nested too deeply")])
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        if node is None:
            raise PolicyError([Problem(file, 0, "is empty")])
        reader = _Reader(yaml, file)
        return Source(file, reader.value(node, ()), reader.lines)
    except RecursionError:
        raise PolicyError([Problem(file, 0, "nested too deeply")]) from None
    except ReaderError as error:
        raise PolicyError([Problem(file, _line(text, error.position), "holds a character that YAML forbids")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise PolicyError([Problem(file, line, str(error.problem))]) from None


def _too_deep(text: str) -> int:
    """The line on which brackets stand too deep, 0 if none; the library takes quadratic time to find out."""
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > DEEPEST:
            return _line(text, bracket.start())
    return 0


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


class _Reader:
    def __init__(self, yaml: YAML, file: str) -> None:
        self._construct = yaml.constructor.construct_object
        self._file = file
        self.lines: dict[Where, int] = {}

    def value(self, node: Node, where: Where) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(where, line)
        # Of an anchor and its alias, the alias is the same node again.
        if node.anchor is not None:
            raise self._error(line, "anchors and aliases are not used in policies")
        if not isinstance(node, ScalarNode) and str(node.tag) not in _PLAIN:
            raise self._error(line, f"a value of type {node.tag} is not used in policies")
        if isinstance(node, MappingNode):
            return self._mapping(node, where)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*where, at)) for at, item in enumerate(node.value)]
        if not isinstance(node, ScalarNode) or str(node.tag) not in _SCALARS:
            raise self._error(line, f"a value of type {node.tag} is not used in policies; quote it")
        if str(node.tag) == _INTEGER and not _DECIMAL.fullmatch(node.value):
            raise self._error(line, f"{node.value} can be read as several numbers; write it plainly or quote it")
        try:
            return self._construct(node)
        except (ValueError, KeyError):
            raise self._error(line, f"{node.value!r} is not what its tag says") from None

    def _mapping(self, node: MappingNode, where: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key_node, ScalarNode) or str(key_node.tag) != "tag:yaml.org,2002:str":
                raise self._error(line, "keys are plain words")
            if key in found:
                raise self._error(line, f"{key!r} stands here twice")
            self.lines[(*where, key)] = line
            found[key] = self.value(value_node, (*where, key))
        return found

    def _error(self, line: int, message: str) -> PolicyError:
        return PolicyError([Problem(self._file, line, message)])
