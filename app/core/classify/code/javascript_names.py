"""What of JavaScript is known to do no harm."""

from typing import Final

OPERATORS: Final = frozenset(
    ("+", "-", "*", "/", "%", "==", "===", "!=", "!==", "<", "<=", ">", ">=", "&&", "||", "??", "in")
)
CONSTANTS: Final = frozenset(("true", "false", "null", "undefined", "NaN", "Infinity"))
# Words that begin something else than a value, or mean something of their own.
TAKEN: Final = frozenset(
    """
    arguments async await break case catch class const continue debugger default delete do
    else enum eval export extends finally for function get global globalThis if implements import in instanceof
    interface let module new of package private process protected public require return set static super switch
    this throw try typeof var void while with yield Intl Proxy Reflect Function Promise Symbol WebAssembly
    """.split()  # noqa: SIM905 (a column reads worse)
)
METHODS: Final = frozenset(
    """
    at concat endsWith flat includes indexOf lastIndexOf join padEnd padStart reverse slice split
    startsWith toFixed toPrecision toExponential toLowerCase toUpperCase toString trim trimStart trimEnd charAt
    charCodeAt codePointAt substring substr repeat localeCompare normalize match matchAll search test exec fill push
    pop shift unshift toReversed has get add set keys values entries toISOString toLocaleString toLocaleDateString
    toLocaleTimeString toDateString toUTCString toJSON getTime getFullYear getMonth getDate getDay getHours getMinutes
    getSeconds format formatToParts resolvedOptions update digest
    """.split()  # noqa: SIM905 (a column reads worse)
)
# Methods that call what they are given for each of several values: a function that is written there, or one of these.
CALLING: Final = frozenset(
    (
        "map",
        "filter",
        "forEach",
        "find",
        "findIndex",
        "findLast",
        "some",
        "every",
        "flatMap",
        "reduce",
        "sort",
        "toSorted",
    )
)
# Those that call it for what they find, if it stands behind what they look for.
REPLACING: Final = frozenset(("replace", "replaceAll"))
CALLED: Final = frozenset(("Boolean", "String", "Number"))
# Functions that are called by their names alone, with values.
ALONE: Final = CALLED | frozenset(
    """
    BigInt parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI
    """.split()  # noqa: SIM905 (a column reads worse)
)
# How the parts of `Intl` are called, which may be made without `new`, too.
INTL: Final = frozenset(
    ("NumberFormat", "DateTimeFormat", "RelativeTimeFormat", "PluralRules", "ListFormat", "Collator")
)
# What is made of values by `new`.
NEW: Final = frozenset(
    """
    Array Date Error Map RegExp Set URL URLSearchParams TextEncoder TextDecoder
    """.split()  # noqa: SIM905 (a column reads worse)
) | frozenset(f"Intl.{name}" for name in INTL)
# Of what a function of the project's own gave.
OF_RESULTS: Final = frozenset(
    ("toUpperCase", "toLowerCase", "trim", "split", "slice", "includes", "toFixed", "toString")
)
MOST_SHOWN: Final = 64
FUNCTIONS: Final = {
    "console": frozenset(("log", "error", "info", "warn", "table", "dir")),
    "JSON": frozenset(("parse", "stringify")),
    "Object": frozenset(("keys", "values", "entries", "fromEntries")),
    "Array": frozenset(("isArray", "of", "from")),
    "Buffer": frozenset(("from", "byteLength")),
    "Date": frozenset(("now", "parse", "UTC")),
    "Number": frozenset(("isInteger", "isFinite", "isNaN", "isSafeInteger", "parseInt", "parseFloat")),
    "String": frozenset(("fromCharCode", "fromCodePoint")),
    "Math": frozenset(
        """
        abs ceil floor round trunc sign max min pow sqrt cbrt hypot exp log log2 log10 sin cos tan asin acos atan atan2
        random PI E
        """.split()  # noqa: SIM905 (a column reads worse)
    ),
}
# Functions that may call what stands behind their first value.
MAKING: Final = frozenset(("from",))
# What every package says of itself.
TELLS: Final = frozenset(("version", "VERSION"))
# Names that mean something before the line says anything.
OWN: Final = frozenset(FUNCTIONS) | ALONE | frozenset(name for name in NEW if "." not in name)
PROCESS: Final = frozenset(("version", "versions", "platform", "arch", "argv", "execPath", "pid", "release", "title"))
# Functions of Node's own modules that change nothing.
MODULES: Final = {
    "path": frozenset(
        ("basename", "dirname", "extname", "join", "normalize", "parse", "relative", "resolve", "isAbsolute")
    ),
    "os": frozenset(
        ("arch", "availableParallelism", "cpus", "freemem", "loadavg", "platform", "release", "totalmem", "type")
    ),
    "util": frozenset(("inspect", "isDeepStrictEqual")),
    "crypto": frozenset(("createHash", "randomBytes", "randomInt", "randomUUID")),
}
# What no package is, whatever it is called: Node's own modules that do more than the ones above.
NODE_OWN: Final = frozenset(
    """
    assert async_hooks buffer child_process cluster console constants dgram diagnostics_channel dns domain events http
    http2 https inspector module net perf_hooks process punycode querystring readline repl sqlite stream string_decoder
    sys test timers tls trace_events tty url v8 vm wasi worker_threads zlib
    """.split()  # noqa: SIM905 (a column reads worse)
)
FILES: Final = ("fs", "node:fs")
READS: Final = frozenset(("existsSync", "readFileSync", "readdirSync", "statSync"))
ADDS: Final = frozenset(("appendFileSync",))
WRITES: Final = ADDS | {"writeFileSync"}
