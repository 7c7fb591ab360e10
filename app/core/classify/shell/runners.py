"""Programs that run the tools of a project: `python -m NAME`, `npx NAME`, `uv run NAME`, `bundle exec NAME`.

What is named may be fetched from outside if the project does not have it. So only names of tools that projects are
known to use are judged as those tools; any other is a package that nobody has judged.
"""

import re

from msgspec import Struct
from msgspec.structs import replace

from app.core.classify.shell.act import LONGEST_VIA, Act
from app.core.classify.shell.code_roles import code
from app.core.classify.shell.flags import Flags, after_flags, flags, inner
from app.core.classify.shell.inner import Inner, Wrapper
from app.core.classify.shell.program import judge
from app.core.classify.shell.project import is_command_line, is_module, is_script, is_task
from app.core.classify.shell.roles import ROLES
from app.core.classify.shell.state import Arg
from app.core.classify.shell.tables import HOMES, PROGRAMS, Program
from app.core.model import EffectKind

# What Django's script does that leaves its database alone.
_DJANGO = frozenset(
    (
        "test",
        "check",
        "makemigrations",
        "showmigrations",
        "runserver",
        "help",
        "version",
        "makemessages",
        "spectacular",
        "sqlmigrate",
        "compilemessages",
        "findstatic",
        "startapp",
        "show_urls",
        "inspectdb",
        "validate_templates",
        "optimizemigration",
        "squashmigrations",
        "list_model_info",
        "--help",
        "--version",
    )
)
_ARTISAN = re.compile(
    r"--version|-V|list|help|inspire|serve|test|dusk|about|migrate:status|make:[a-z-]+|(route|event|schedule|channel|livewire):list"
    r"|(view|route|event):(clear|cache)|config:clear|model:show|db:(show|table)|queue:(failed|monitor)|pint"
    r"|ide-helper:(generate|models|meta)|l5-swagger:generate"
)
# What setuptools' script does that stays in the project.
_SETUP_FLAGS = re.compile(r"--inplace|-[ifvq]|--(force|verbose|quiet)|-j ?[0-9]+", re.ASCII)
_SETUP = frozenset(("build", "build_ext", "build_py", "test", "check", "clean", "sdist", "bdist_wheel", "--version"))
# Those whose settings in the project name tasks.
_TASKS = frozenset(("hatch", "pdm", "rye"))
# Tools that bear another name where they are published.
_PUBLISHED = {
    "@11ty/eleventy": "eleventy",
    "@angular/cli": "ng",
    "@arethetypeswrong/cli": "attw",
    "@biomejs/biome": "biome",
    "@manypkg/cli": "manypkg",
    "@microsoft/api-extractor": "api-extractor",
    "@redocly/cli": "redocly",
    "@stoplight/spectral-cli": "spectral",
    "@tailwindcss/cli": "tailwindcss",
    "@vue/cli-service": "vue-cli-service",
    "dependency-cruiser": "depcruise",
    "nuxi": "nuxt",
    "webpack-cli": "webpack",
}
# Tools for Python that are published where JavaScript's are.
_OF_BOTH = frozenset(("pyright", "basedpyright"))
# Not `pycache_prefix`, from where code would be loaded.
_PYTHON_SETTING = re.compile(
    r"(?:dev|importtime|faulthandler|utf8|tracemalloc|[dei]|(?:error|ignore|default|always|once)(?:::[A-Za-z]+)?)"
)
_PYTHON_SWITCH = re.compile(rf"-[XW](?:{_PYTHON_SETTING.pattern})?|-bb")
# Without a slash it is a file all the same: so `uv run` knows a script.
_SCRIPT = re.compile(r"[A-Za-z0-9_][\w-]*\.py", re.ASCII)
_PYTHON_ALONE = frozenset(("-B", "-E", "-I", "-O", "-OO", "-s", "-S", "-u", "-v", "-q", "-b"))


class _Runner(Struct, frozen=True):
    """`words` follow the program's name; `homes` are the files of the programs' data that know its tools.

    With `again` what follows are the program's own words once more, for another part of the project.
    """

    words: tuple[str, ...]
    homes: frozenset[str]
    flags: Flags
    again: bool = False


def _python(act: Act) -> tuple[Inner, ...]:
    """`python -m NAME …` is the program NAME; anything else is judged by the data."""
    args = act.args[1:]
    at = 0
    while at < len(args) and (_PYTHON_SWITCH.fullmatch(args[at].text) or args[at].text in _PYTHON_ALONE):
        at += 1
        if args[at - 1].text in ("-X", "-W") and at < len(args) and _PYTHON_SETTING.fullmatch(args[at].text):
            at += 1
    if len(args) > at + 1 and args[at].text in ("manage.py", "./manage.py") and args[at + 1].text in _DJANGO:
        act.path(EffectKind.RUN, args[at])
        act.access(args[at + 2 :])
        return ()
    if (
        len(args) > at + 1
        and args[at].text in ("setup.py", "./setup.py")
        and args[at + 1].text in _SETUP
        and all(_SETUP_FLAGS.fullmatch(arg.text) for arg in args[at + 2 :])
    ):
        act.path(EffectKind.RUN, args[at])
        return ()
    if len(args) == at + 4 and args[at].text in ("manage.py", "./manage.py") and _is_shell(args[at + 1 :]):
        act.path(EffectKind.RUN, args[at])
        code(act, args[at + 3], "-c")
        # The project was loaded before, and loads what it likes.
        act.record.settled.discard(act.index)
        return ()
    if act.given is not None and [arg.text for arg in args[at:]] in ([], ["-"]):
        code(act, act.given, "<<")
        return ()
    if len(args) < at + 2 or args[at].text != "-m" or args[at + 1].why:
        judge(act, PROGRAMS[act.name])
        return ()
    name = args[at + 1].text
    if HOMES.get(name) == "python":
        # The module lies where the project or Python keeps its own.
        act.path(EffectKind.RUN, Arg("."))
        return inner(act, args[at + 1 :])
    if is_module(name) or is_command_line(name, [arg.text for arg in args[at + 2 :]]):
        act.path(EffectKind.RUN, Arg("."))
    else:
        act.add(EffectKind.EXECUTE, f"{act.name} -m {name[:LONGEST_VIA]}")
    act.access(args[at + 2 :])
    return ()


def _is_shell(args: tuple[Arg, ...]) -> bool:
    return args[0].text == "shell" and args[1].text in ("-c", "--command")


def _php(act: Act) -> tuple[Inner, ...]:
    """What Laravel's script does that leaves its database alone; anything else is judged by the data."""
    args = act.args[1:]
    if len(args) > 1 and args[0].text == "artisan" and not args[1].why and _ARTISAN.fullmatch(args[1].text):
        act.path(EffectKind.RUN, args[0])
        act.access(args[2:])
    else:
        judge(act, PROGRAMS[act.name])
    return ()


def _mix(act: Act) -> tuple[Inner, ...]:
    """`mix do TASK, TASK`: each as if it were asked for alone; a comma or a plus stands between."""
    if [arg.text for arg in act.args[1:2]] != ["do"] or any(arg.why for arg in act.args):
        judge(act, PROGRAMS[act.name])
        return ()
    tasks: list[list[Arg]] = [[]]
    for arg in act.args[2:]:
        if arg.text != "+":
            tasks[-1].append(replace(arg, text=arg.text.removesuffix(",")))
        if arg.text[-1:] in ("+", ","):
            tasks.append([])
    return tuple([each for task in tasks for each in inner(act, (act.args[0], *task))])


def _is_own(word: str, program: Program, homes: frozenset[str]) -> bool:
    """A subcommand, or, where any word may be one, a flag or the name of a task: what is no tool's."""
    own = program.subcommands
    return word in own or ("*" in own and HOMES.get(word) not in homes) or word[:1] == "-"


def _lead(act: Act, program: Program | None, at: int, known: Flags) -> int:
    """Where the program's own flags end that begin there; they may move it to another directory."""
    while program and at < len(act.args) and not act.args[at].why:
        name, equals, value = act.args[at].text.partition("=")
        role = program.takes.get(name)
        if role and (equals or at + 1 < len(act.args)):
            ROLES[role](act, Arg(value) if equals else act.args[at + 1], name)
            at += 1 if equals else 2
        elif act.args[at].text in program.flags or act.args[at].text in known.alone:
            at += 1
        else:
            break
    return at


def _runs(runners: tuple[_Runner, ...], *, led: bool = True) -> Wrapper:
    """`led` when the program's own flags may stand before the tool, which then runs where they say."""

    def wrapper(act: Act) -> tuple[Inner, ...]:
        program, before = PROGRAMS.get(act.name), act.state
        lead = _lead(act, program, 1, Flags()) if led else 1
        texts = tuple(arg.text for arg in act.args[lead : lead + 2])
        runner = next((one for one in runners if texts[: len(one.words)] == one.words), None)
        if (
            runner is None
            or len(act.args) <= lead + len(runner.words)
            or (not runner.words and program is not None and _is_own(texts[0], program, runner.homes))
        ):
            act.state = before
            if program:
                judge(act, program)
            else:
                act.opaque(f"{act.name}: runs what the line does not tell")
            return ()
        # Between `run` and the tool stand flags of both kinds.
        lead += len(runner.words)
        lead = _lead(act, program, lead, runner.flags) if led else lead
        args = after_flags(act, runner.flags, lead)
        if runner.again:
            return inner(act, (act.args[0], *args))
        if args and args[0].text in _PUBLISHED and "javascript" in runner.homes:
            args = (replace(args[0], text=_PUBLISHED[args[0].text]), *args[1:])
        if act.name == "uv" and args and _SCRIPT.fullmatch(args[0].text):
            args = (Arg("python"), *args)
        if act.name == "hatch" and args and HOMES.get(tool := args[0].text.rpartition(":")[2]) in runner.homes:
            # `hatch run ENVIRONMENT:TOOL`.
            args = (replace(args[0], text=tool), *args[1:])
        name = args[0].text if args and not args[0].why else ""
        known = HOMES.get(name) in runner.homes or (name in _OF_BOTH and "javascript" in runner.homes)
        # (Where no task is called so, a program of the machine may be: this one runs the rest.)
        if act.name in _TASKS and not known and is_task(name) and name != "watch":
            act.path(EffectKind.RUN, Arg("."))
            for arg in args[1:]:
                ROLES["argument"](act, arg, "")
            return ()
        if known or is_script(name):
            act.path(EffectKind.RUN, Arg("."))
            return inner(act, args)
        act.add(EffectKind.EXECUTE, f"package:{args[0].text[:LONGEST_VIA]}" if args else act.name)
        act.access(args)
        return ()

    return wrapper


def _runner(words: str, homes: str, alone: str = "", valued: str = "") -> _Runner:
    return _Runner(tuple(words.split()), frozenset(homes.split()), flags(alone, valued))


_JAVASCRIPT = _runner(
    "", "javascript", "--no-install --no -y --yes --quiet -q -s --silent --no-color --bun -b --offline"
)
_PYTHONS = "python lint"
_EXEC = _runner("exec", "javascript", "-- -r -s --silent")
_PART = _Runner(("workspace",), frozenset(), Flags(operands=1), again=True)
_EACH = _Runner(
    ("workspaces", "foreach"),
    frozenset(),
    flags("-A -R -p -t -v -i -W -pt -Apt --all --recursive --parallel --topological --topological-dev --verbose "
          "--interlaced --worktree --no-private", "-j --jobs --include --exclude --from --since"),
    again=True,
)  # fmt: skip
_EVERY = _Runner(("workspaces", "run"), frozenset(), Flags(), again=True)

RUNNERS: dict[str, Wrapper] = {
    **dict.fromkeys(
        [name for name, home in HOMES.items() if home == "python" and name[:6] in ("python", "pypy3")], _python
    ),
    **dict.fromkeys(("npx", "bunx", "pnpx"), _runs((_JAVASCRIPT,))),
    # (With `--prefix` its tools still run here.)
    "npm": _runs((_EXEC,), led=False),
    "pnpm": _runs((_EXEC, _runner("", "javascript"))),
    "yarn": _runs((_PART, _EACH, _EVERY, _EXEC, _runner("", "javascript"))),
    "bun": _runs((_runner("x", "javascript", "--bun -b --silent --no-install"), _runner("", "javascript"))),
    "mix": _mix,
    "php": _php,
    "uvx": _runs((_runner("", _PYTHONS, "-q --quiet --isolated"),)),
    "pipx": _runs((_runner("run", _PYTHONS, "-q --quiet"),)),
    "bundle": _runs((_runner("exec", "build lint"),)),
    "uv": _runs(
        (
            _runner(
                "run",
                _PYTHONS,
                "--frozen --locked --no-sync -q --quiet --all-extras --dev --isolated --all-groups --all-packages"
                " --active --no-dev --only-dev --exact --no-project --no-default-groups --reinstall --no-editable -v",
                "--extra --group --package --no-group --only-group --no-extra",
            ),
        )
    ),
    **dict.fromkeys(("poetry", "pdm", "pipenv", "rye", "hatch"), _runs((_runner("run", _PYTHONS, "-q --quiet"),))),
}
