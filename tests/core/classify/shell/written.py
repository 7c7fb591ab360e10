"""Our tree written out as shell again: one plain spelling of what was read."""

from app.core.classify.shell.tree import (
    AndOr,
    Background,
    Case,
    Conditional,
    Function,
    Literal,
    Loop,
    Negated,
    Node,
    Part,
    Pipeline,
    Puzzle,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Substitution,
    Sum,
    Word,
)


def written(node: Node) -> str:  # noqa: C901 (one case for each kind of node)
    match node:
        case Simple():
            return _simple(node)
        case Sequence():
            return "\n".join(_body(item) if isinstance(item, Sequence) else written(item) for item in node.items)
        case Pipeline():
            return " | ".join(_grouped(item) for item in node.items)
        case AndOr():
            rest = (f" {operator} {_listed(item)}" for operator, item in node.rest)
            return _listed(node.first) + "".join(rest)
        case Background():
            return f"{written(node.item)} &"
        case Negated():
            return f"! {_grouped(node.item)}"
        case Subshell():
            return f"( {written(node.body)}\n)"
        case Loop():
            return _loop(node)
        case Conditional():
            words = ["if"] + ["elif"] * (len(node.branches) - 1)
            branches = zip(words, node.branches, strict=True)
            text = "".join(f"{word} {written(test)}\nthen {written(body)}\n" for word, (test, body) in branches)
            return text + (f"else {written(node.otherwise)}\n" if node.otherwise.items else "") + "fi"
        case Case():
            return _case(node)
        case Function():
            return f"{node.name}() {_body(node.body)}"
        case Redirected():
            redirects = (f" {each.descriptor}{each.operator} {word(each.target)}" for each in node.redirects)
            return _body(node.item) + "".join(redirects)


def _simple(node: Simple) -> str:
    texts = [f"{each.name}{'+' * each.append}={word(each.value)}" for each in node.assignments]
    texts += [word(each) for each in node.words]
    texts += [f"{each.descriptor}{each.operator} {word(each.target)}" for each in node.redirects]
    # The grammar overlooks a line break behind several assignments.
    return " ".join(texts) + " ;" * (len(node.assignments) > 1 and not node.words)


def _loop(node: Loop) -> str:
    body = f"do {written(node.body)}\ndone"
    if node.words is None:
        return f"while {written(node.condition)}\n{body}"
    words = [word(each) for each in node.words if each.source != '"$@"']
    if len(words) == len(node.words):
        return f"for {node.variable} in {' '.join(words)}\n{body}"
    return f"select {node.variable} in {' '.join(words)}\n{body}" if words else f"for {node.variable}\n{body}"


def _case(node: Case) -> str:
    # Which pattern belongs to which body is not kept: the first may have several.
    several = len(node.patterns) - len(node.bodies) + 1
    patterns = ["|".join(map(word, node.patterns[:several])), *map(word, node.patterns[several:])]
    bodies = "".join(f"({some}) {written(body)}\n;;\n" for some, body in zip(patterns, node.bodies, strict=True))
    return f"case {word(node.word)} in\n{bodies}esac"


def _grouped(node: Node) -> str:
    plain = isinstance(node, Simple | Subshell | Loop | Conditional | Case | Redirected)
    return written(node) if plain else f"{{ {written(node)}\n}}"


def _listed(node: Node) -> str:
    return written(node) if isinstance(node, Pipeline | Negated) else _grouped(node)


def _body(node: Node) -> str:
    return (
        written(node)
        if isinstance(node, Redirected | Subshell | Loop | Conditional | Case)
        else f"{{ {written(node)}\n}}"
    )


def word(each: Word) -> str:
    return "".join(_part(part) for part in each.parts)


def _part(part: Part) -> str:
    if isinstance(part, Literal):
        return _quoted(part.text) if part.quoted else part.text
    if isinstance(part, Puzzle | Sum):
        return f'"{part.source}"' if part.quoted and part.source[0] != '"' else part.source
    quote = '"' if part.quoted else ""
    if isinstance(part, Substitution):
        opening = part.source[:2] if part.is_file else "$("
        return f"{quote}{opening}{written(part.body)}\n){quote}"
    return f"{quote}${{{part.name}}}{quote}"


def _quoted(text: str) -> str:
    if "'" not in text:
        return f"'{text}'"
    return '"' + "".join("\\" + char if char in '$`"\\' else char for char in text) + '"'
