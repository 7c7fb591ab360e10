"""The project's own code: by which names and places a task or script of it is known.

Whoever runs `npm test` or `scripts/lint.sh` runs what the project's authors wrote down for that. A name or place that
is not known to be such, nobody has judged.
"""

import re
import sys
from collections.abc import Iterable

from app.core.classify.code.project import is_ordinary

# The words of which names of tasks are made: `test`, `build:prod`, `docs-html`, `test_unit`.
_TASKS = frozenset(
    """
    a11y acceptance all analyze android api app autofix black boot classes cover contract cypress dependencies demo
    esbuild extract fixtures flake8 functional fuzz gen graphql htmlcov i18n info ios isort jar java kotlin ktlint
    ladle list locale locales mock mocks nox openapi playground playwright post postbuild pre prebuild
    pretty print profile proto protos pylint pyright pytest quality race regression rollup run sample samples sandbox
    schema self short spotless size story stubs style tasks tidy tox turbo typegen vendor verbose vitest
    analyse assemble assets backend bench benchmark benchmarks browser build bundle cache check checks
    chrome ci clean client clippy cli codegen compile component components coverage cov css debug dev development dist
    doc docs
    e2e electron es esm eslint examples fast fix fmt format formatting frontend fullstack generate headless help html
    icon icons image images integration jacoco jest js json lib lint linkcheck local main minify mobile mypy node
    parallel prettier preview prod production quick react report ruff sass serve server smoke snapshot spec specs ssr
    staging start static storybook style styles stylelint svelte swagger tailwind test testing tests translations ts
    tsc type typecheck types typescript typing typings ui unit update-snapshots validate verify vet vite watch web
    webpack www
    """.split()  # noqa: SIM905 (a column of a hundred lines reads worse)
)
# Of these words, those that say what is done, whatever it is done to.
_VERBS = frozenset(
    (
        "test",
        "tests",
        "lint",
        "check",
        "fmt",
        "format",
        "typecheck",
        "build",
        "compile",
        "coverage",
        "bench",
        "docs",
        "benchmark",
    )
)
# With one of these, none of the words above is meant harmlessly.
_BETWEEN = re.compile(r"[:\-_./]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TASK = re.compile(r"[A-Za-z][A-Za-z0-9:_./-]{0,63}")

_PLACES = frozenset(
    (
        "script", "scripts", "bin", "tools", "tool", "hack", "ci", "dev", "test", "tests", "spec", "__tests__",
        "examples", "example", "benchmarks", "bench", "docs", "src", "app", "apps", "lib", "cmd", "packages", "server",
        "api", "client", "backend", "frontend", "web", "services", "internal", "build", "dist", "out", "target",
        ".bin", "analysis", "experiments", "samples", "demos", "e2e", "integration", "t", "notebooks",
        "training", "evals", "evaluation", "pipelines",
    )
)  # fmt: skip
# Those among them that no package bears which somebody may have installed.
_PACKAGES = frozenset(
    ("app", "apps", "src", "scripts", "tools", "tests", "server", "backend", "services", "internal", "pipelines")
)
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_SCRIPTS = frozenset(
    """
    app main index server run test tests build lint format check start dev serve cli demo conftest
    __main__ configure gradlew mvnw noxfile tasks wsgi asgi worker benchmark bench watch clean ci
    run_tests runtests run-tests test_all build_all train evaluate predict inference reproduce experiment preprocess
    simulate visualize analyze analysis generate plot
    """.split()  # noqa: SIM905 (as above)
)
# Programs that write, but no code of their own making: they shape what is there, or record it.
WRITES_NO_CODE = frozenset(
    """
    git mkdir touch chmod black isort ruff autopep8 yapf prettier eslint biome gofmt goimports rustfmt cargo go
    clang-format shfmt rubocop stylelint terraform tsc npm pnpm yarn npx make cmake pytest jest vitest bundle
    composer poetry uv pip buf
    """.split()  # noqa: SIM905 (as above)
)
# What is written under these names is no code.
DATA = (".log", ".txt", ".out", ".err", ".json", ".xml", ".html", ".csv", ".tap", ".md", ".tar.gz", ".diff", ".patch")
# Builds, test runners and installers obey some of them: `test*.txt` and `README.md` with their examples, what is to be
# installed, and settings, which JSON and XML hold unless they are called like something that a tool puts out.
_PUT_OUT = (
    r"(?:reports?|results?|outputs?|out|coverage|junit|logs?|data|stats|fixtures?|schema|openapi|metrics|bench|audit"
    r"|trace|profile|dump)"
)
_OBEYED = re.compile(
    r"CMakeLists\.txt|meson_options\.txt|test.*\.txt|.*(?:requirements|constraints).*\.txt|README\.md|\..*"
    rf"|(?!.*(?<![a-z]){_PUT_OUT}(?![a-z])).*\.(?:json|xml)",
    re.IGNORECASE | re.DOTALL,
)
_SCRIPT = re.compile(r"[A-Za-z0-9_.@+/-]{1,200}")
# A script with such a word in its name does more than the project's own work.
_GRAVE = re.compile(
    r"deploy|publish|release|upload|push|drop|reset|wipe|destroy|migrat|seed|purge|nuke|delete|remove|rm_|install|setup"
    r"|restore|rollback|rotate|backup|dump|export|sync|send|mail|notify|provision|evil|exploit|payload|hack|steal|exfil|shell"
)


# A word that tells what is to be done, and no file, text or setting.
_TOLD = re.compile(r"[a-z][a-z0-9]*(?:[:_-][a-z0-9]+)*|--(?:deploy|publish|push|drop|reset|wipe|destroy|purge)")


def is_grave(name: str) -> bool:
    """Whether a name says that more than the project's own work is done."""
    return bool(_GRAVE.search(name.lower()))


def told_grave(words: Iterable[str]) -> str:
    """What of a script's words tells it to do more than the project's own work: `deploy`, `db:drop`, `--publish`."""
    return next((word for word in words if _TOLD.fullmatch(word) and is_grave(word)), "")


def is_data(path: str) -> bool:
    """Whether what is written there is no code, and nothing that tells builds and tests what to run."""
    return path.endswith(DATA) and not _OBEYED.fullmatch(path.rpartition("/")[2])


def is_below(path: str, folder: str) -> bool:
    """Whether a normalised path lies below another."""
    return path.startswith(folder.rstrip("/") + "/")


def is_task(name: str) -> bool:
    """Whether a task's name says that it builds, tests, formats or serves the project."""
    if not _TASK.fullmatch(name):
        return False
    words = _BETWEEN.split(_HUMP.sub("-", name).lower())
    if words[0] in _VERBS or words[-1] in _VERBS:
        # `lint:go`, `test-one`, `unit-test`: whatever the project calls the part of it.
        return not is_grave(name)
    return all(word in _TASKS or word.isdecimal() for word in words)


def is_module(name: str) -> bool:
    """Whether a dotted name is that of a module where projects keep what is meant to be run: `app.worker`."""
    package, dot, rest = name.partition(".")
    # (`app.cli` is this service's own.)
    own = name.startswith("app.cli")
    return package in _PACKAGES and dot != "" and _MODULE.fullmatch(rest) is not None and not (own or is_grave(rest))


def is_command_line(name: str, told: Iterable[str]) -> bool:
    """Whether a dotted name is that of a package's command line, and what it is told says nothing grave."""
    package, dot, last = name.rpartition(".")
    return (
        bool(dot)
        and last in ("cli", "main", "__main__")
        and _MODULE.fullmatch(name) is not None
        and package.partition(".")[0] not in {"app", *sys.stdlib_module_names}
        and is_ordinary(package)
        and not any(is_grave(word) for word in (name, *told))
    )


def is_script(path: str) -> bool:
    """Whether a path, as the line writes it, is where projects keep what is meant to be run."""
    *folders, name = [part for part in path.split("/") if part not in ("", ".")] or [""]
    if ".." in folders or not _SCRIPT.fullmatch(path) or "//" in path or is_grave(name):
        return False
    stem = name.partition(".")[0]
    return stem in _SCRIPTS or stem.startswith(("test_", "test-")) or not _PLACES.isdisjoint(folders)
