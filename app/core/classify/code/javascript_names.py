"""What of JavaScript is known to do no harm."""

from typing import Final

OPERATORS: Final = frozenset(
    ("+", "-", "*", "/", "%", "==", "===", "!=", "!==", "<", "<=", ">", ">=", "&&", "||", "??")
)
# Words that begin something else than a value, or mean something of their own.
TAKEN: Final = frozenset(
    """
    JSON Object arguments async await break case catch class const console continue debugger default delete do
    else enum eval export extends finally for function get global globalThis if implements import in instanceof
    interface let module new of package private process protected public require return set static super switch
    this throw try typeof var void while with yield
    """.split()  # noqa: SIM905 (a column reads worse)
)
METHODS: Final = frozenset(
    """
    at concat endsWith flat includes indexOf join padEnd padStart replaceAll replace reverse slice split startsWith
    toFixed toLowerCase toString toUpperCase trim
    """.split()  # noqa: SIM905 (a column reads worse)
)
# Methods that call what they are given for each of several values: a function that is written there, or one of these.
CALLING: Final = frozenset(("map", "filter", "forEach", "find", "some", "every", "flatMap", "reduce", "sort"))
CALLED: Final = frozenset(("Boolean", "String", "Number"))
# Of what a function of the project's own gave.
OF_RESULTS: Final = frozenset(
    ("toUpperCase", "toLowerCase", "trim", "split", "slice", "includes", "toFixed", "toString")
)
MOST_SHOWN: Final = 64
FUNCTIONS: Final = {
    "console": frozenset(("log", "error", "table")),
    "JSON": frozenset(("parse", "stringify")),
    "Object": frozenset(("keys", "values", "entries")),
}
PROCESS: Final = frozenset(("version", "versions", "platform", "arch", "argv", "execPath", "pid", "release", "title"))
FILES: Final = ("fs", "node:fs")
READS: Final = frozenset(("existsSync", "readFileSync"))
WRITES: Final = frozenset(("writeFileSync", "appendFileSync"))
