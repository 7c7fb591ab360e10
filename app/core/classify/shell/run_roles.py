"""What words mean to programs that run the project's code: scripts, tasks, tests, packages."""

import re
from itertools import pairwise
from typing import Final

from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.code_roles import code
from app.core.classify.shell.project import is_grave, is_script, is_task, told_grave
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
_VARIABLE = re.compile(
    r"(V|VERBOSE|DEBUG|VERSION|NAME|TARGET|ENV|ARGS|TEST|TESTS|PKG|PACKAGE|MODE|PORT|TAG|ARCH|OS|CI|JOBS|BOARD|PLATFORM"
    r"|PROFILE|CONFIG|MODULE|SUITE|FILTER|RELEASE|SANITIZE|COVERAGE|BUILD|BUILD_TYPE|VARIANT|LEVEL|SEED)=[A-Za-z0-9_.:,@+-]*"
    # Part of the project; how its tests are run; how C is compiled, without a plugin or what is told to the linker.
    r"|(?!.*\.\.)(?:PKG|PACKAGE|TESTS?|MODULE|DIR)=(?:\./)?\w[\w./-]*"
    r"|(?:TEST_?|GOTEST_?|PYTEST_?)?(?:ARGS|FLAGS|OPTS|ADDOPTS)="
    r"(?:(?:-(?:run|vv?|k|x|q|s|race|short|count=[0-9]+)|\w+)(?: |$))+"
    r"|C(?:XX)?FLAGS=(?:(?:-(?:O[0-3sg]?|g[0-3]?|W[a-z][a-z0-9=-]*|std=[a-z0-9+]+|D\w+|fsanitize=[a-z,]+"
    r"|fno-omit-frame-pointer|fPIC))(?: |$))+"
    # What Rails and rake tell tests; a file of them lies among the tests.
    r"|(?!.*\.\.)TEST=(test|spec)/[A-Za-z0-9_/.-]+\.rb|TESTOPTS=--?[a-z]+(=[A-Za-z0-9_]+)?|(?!.*\.\.)SPEC=spec/[A-Za-z0-9_/.-]+\.rb"
)
_SETTABLE = frozenset(("make", "gmake", "just", "rake"))
# Programs that name a task behind the part of the project that it belongs to, and what stands between.
_OF_PARTS = dict.fromkeys(("gradle", "gradlew", "bazel", "bazelisk", "buck2", "pants"), ":") | {"mill": "."}
# Tasks of well-known plugins that shape the code or say what is wrong with it.
_SHAPES = re.compile(
    r"(spotless|ktlint|ktfmt|detekt)(Java|Kotlin|Groovy)?(Apply|Check|Format)?|(checkstyle|pmd|spotbugs)(Main|Test)"
    r"|process(Test)?Resources|installDist|shadowJar|javadoc|dokka(Html|Javadoc)|kover(HtmlReport|XmlReport|Verify|Log)"
    r"|projects|buildEnvironment|outgoingVariants|javaToolchains|dependencyInsight|jmh|(jvm|desktop)Test"
    r"|nativeCompile|model|signingReport|dependencyUpdates"
    r"|assemble(Debug|Release|Dist|\w*Test)|bundle(Debug|Release)|buildPlugin|verifyPlugin|runIde|openApi(Generate|Validate)"
    r"|api(Check|Dump)|pitest|(ios|macos|linux)\w*Test|link\w+Framework\w*|buildHealth|licensee|quarkus(Dev|Build|Test)"
    r"|asciidoctor|cyclonedxBom|(verify|record|compare)(Paparazzi|Roborazzi)\w*|generate(Sources|Jooq|Proto|Avro\w*)"
    r"|(ksp|kapt)(Debug|Release|Test)?Kotlin|(sources|javadoc|testFixtures)Jar|(dist|shadowDist)(Zip|Tar)|desktopRun"
    r"|(wasmJs|js)Browser\w*(Test|Run|Webpack|Distribution)|compile\w*(Kotlin|Java|Sources|Groovy|Scala)\w*"
    r"|lint(Debug|Release|VitalRelease|Fix|Report)|test\w*UnitTest"
)
# Where Ansible's inventories lie: what bears such a name is a list, unless somebody made it a script.
_INVENTORY = re.compile(
    r"(?!.*\.\.)(?:[\w-]+/)*(?:(?:hosts|inventor(?:y|ies)|production|staging|dev|local)(?:\.(?:ini|ya?ml|toml))?"
    r"|[\w-]+\.(?:ini|ya?ml|toml))/?|[\w.-]+,",
    re.ASCII,
)
# A package, or a file of one: `list`, `ts-node/register`, `@scope/package`.
_PART = re.compile(r"@?\w[\w-]*(?:\.\w[\w-]*)*(?:/\w[\w-]*(?:\.\w[\w-]*)*)*", re.ASCII)
# A file by its ending, as `--outputFile package.json` names it.
_FILE = re.compile(r"(?:--?[\w.-]+=)?[\w.-]+\.[A-Za-z]{2,5}", re.ASCII)
# Of Ruff's settings, those that put nothing into the code and write nowhere.
_RUFF = re.compile(
    r"(?:line-length|preview|target-version|lint\.(?:extend-)?(?:select|ignore|fixable|unfixable)|format\.[a-z-]+) *="
    r"[\w\s\"',\[\]]*",
    re.ASCII,
)
# What .NET's tests are told behind `--`; adapters and collectors would be loaded.
_TOLD = re.compile(r"(?:RunConfiguration|NUnit|MSTest|xUnit)\.(?!\w*(?:Adapter|Collect))\w+=[\w,]+", re.ASCII)
# A folder that builds empty before they fill it.
_FILLED = re.compile(r"--out-?dir|--output-path|--dist-?dir", re.IGNORECASE)
# Settings themselves, where their file might have been named: `--config {…}`.
_SETTINGS = re.compile(r"(?:--?[\w.-]+=)?\{")
_EDITABLE = re.compile(r"(\.{1,2}(?:/[A-Za-z0-9_.-]+)*/?)(\[[A-Za-z0-9_,-]*\])?")


def script(act: Act, arg: Arg, added_by: str) -> None:
    """A file of code: what is in it, nobody has judged, unless it lies where projects keep theirs."""
    if not act.known(arg, added_by):
        return
    if arg.text == "-" and act.args[-1] is arg and act.given is not None:
        code(act, act.given, "<<")
        return
    if arg.text == "-" or "://" in arg.text or arg.text.startswith(("/dev/", "/proc/")):
        act.opaque(f"{act.name} {arg.text}: code that is not in a file", added_by)
        return
    # Its text may also come out again, in messages.
    act.path(EffectKind.READ, arg, added_by)
    if not is_script(arg.text) or arg.glob:
        act.path(EffectKind.EXECUTE, arg, added_by)
        return
    act.path(EffectKind.RUN, arg, added_by)
    words = [other.text for other in act.args]
    if arg.text in words and (grave := told_grave(words[words.index(arg.text) + 1 :])):
        act.add(EffectKind.EXECUTE, f"{arg.text[:_LONGEST_PART]} {grave[:_LONGEST_PART]}", added_by)


def task(act: Act, arg: Arg, added_by: str) -> None:
    """The name of something that the project's files say how to do."""
    if not act.known(arg, added_by):
        return
    # `:app:test`, `//app:test` and `app.test` are tasks of a part of the project.
    name = arg.text.rpartition(_OF_PARTS[act.name])[2] if act.name in _OF_PARTS else arg.text
    # (All properties would be those of the home directory, too.)
    one = name == "properties" and any(word.text == "--property" for word in act.args)
    if is_task(name) or (act.name in _OF_PARTS and (one or _SHAPES.fullmatch(name))):
        act.path(EffectKind.RUN, Arg("."), added_by)
    elif is_script(arg.text) and not arg.glob:
        # `bun run src/index.ts`, `make src/a.o`.
        act.path(EffectKind.RUN, arg, added_by)
    elif not (
        act.name in ("make", "gmake", "just", "rake") and (_VARIABLE.fullmatch(arg.text) or arg.text.isdecimal())
    ):
        # (What `make -j 8` means by 8.)
        act.add(EffectKind.EXECUTE, f"{act.name} {arg.text}", added_by)


def _target(act: Act, arg: Arg, added_by: str) -> None:
    """What a runner of the project's own code is told to run or to check: `tests/test_a.py::test_b`, `//app:all`."""
    if not act.known(arg, added_by):
        return
    if act.name == "dotnet" and "=" in arg.text:
        if not _TOLD.fullmatch(arg.text):
            act.opaque(f"dotnet {arg.text[:_LONGEST_PART]}: may be loaded from a file", added_by)
        return
    path = arg.text.removeprefix("//").partition("::")[0].partition(":")[0]
    if arg.text[:1] == "@" or "://" in arg.text or arg.text.startswith("/dev/"):
        # INVARIANT: what comes from no file of the project is none of its code: `--config <(echo …)`.
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: not known", added_by)
    else:
        act.path(EffectKind.RUN, Arg(path or ".", glob=arg.glob), added_by)


def _inventory(act: Act, arg: Arg, added_by: str) -> None:
    """The machines that Ansible knows: a list or a script, or their names."""
    if not arg.why and _INVENTORY.fullmatch(arg.text):
        act.path(EffectKind.RUN, arg, added_by)
    else:
        script(act, arg, added_by)


def _argument(act: Act, arg: Arg, added_by: str) -> None:
    """A word handed to the project's code: text, and the path that it may name."""
    if arg.why:
        if not arg.free:
            act.opaque(arg.why, added_by)
    elif "://" in arg.text:
        act.add(EffectKind.NETWORK, arg.text, added_by)
    elif _SETTINGS.match(arg.text) or (act.name == "dotnet" and "Paths=" in arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: settings that are not read", added_by)
    elif folder := _emptied(act, arg):
        act.path(EffectKind.DELETE, Arg(folder), added_by)
    elif arg.text in ("0.0.0.0", "--host=0.0.0.0"):  # noqa: S104 (it is what is looked for)
        act.add(EffectKind.NETWORK, "every machine around", added_by)
    elif "/" in arg.text or arg.text[:1] in ("~", ".") or _FILE.fullmatch(arg.text):
        act.access((arg,))


def _emptied(act: Act, arg: Arg) -> str:
    """The folder that is told to be filled anew, in `--outDir src` and `--outDir=src`."""
    flag, equals, value = arg.text.partition("=")
    if equals and _FILLED.fullmatch(flag):
        return value
    told = any(_FILLED.fullmatch(one.text) and other.text == arg.text for one, other in pairwise(act.args))
    return arg.text if told else ""


def _part(act: Act, arg: Arg, added_by: str) -> None:
    """What a tool of the project loads besides, several between commas: reporters, presets, hooks.

    INVARIANT: a file among them is code that is run. A package's name is looked for among those that are installed.
    """
    if not act.known(arg, added_by):
        return
    parts = arg.text.removeprefix("no:").split(",")
    for part in parts:
        if part[:1] in (".", "/", "~") and len(parts) == 1:
            script(act, Arg(part), added_by)
        elif _PART.fullmatch(part):
            act.path(EffectKind.RUN, Arg("." if part[:1] == "@" or "/" not in part else part), added_by)
        else:
            act.opaque(f"{act.name} {added_by} {arg.text[:_LONGEST_PART]}: may load anything", added_by)


def _ruff_config(act: Act, arg: Arg, added_by: str) -> None:
    """A file of settings, or one of them as `NAME=VALUE`."""
    if "=" not in arg.text:
        act.path(EffectKind.READ, arg, added_by)
    elif act.known(arg, added_by) and not _RUFF.fullmatch(arg.text):
        act.opaque(f"ruff {arg.text[:_LONGEST_PART]}: a setting that may change the code", added_by)


def _requirements(act: Act, arg: Arg, added_by: str) -> None:
    """A file that says what is needed: to know what that needs, it is built."""
    act.path(EffectKind.READ, arg, added_by)
    act.path(EffectKind.RUN, arg, added_by)


def _session(act: Act, arg: Arg, added_by: str) -> None:
    """Environments between commas in which tests run; one that publishes is called so."""
    if act.known(arg, added_by):
        for name in arg.text.split(","):
            if is_grave(name):
                act.add(EffectKind.EXECUTE, f"{act.name} {name[:_LONGEST_PART]}", added_by)


def _module_or_file(act: Act, arg: Arg, added_by: str) -> None:
    """A module that runs, by its name; with a slash in it, or an ending, a file."""
    if "/" in arg.text or arg.text.endswith(".dart"):
        script(act, arg, added_by)
    else:
        act.known(arg, added_by)


def _reports(act: Act, arg: Arg, added_by: str) -> None:
    """`html:folder` of pytest-cov: what is reported, and where that is written."""
    if act.known(arg, added_by):
        kind, _, path = arg.text.partition(":")
        if path and kind not in ("term", "term-missing"):
            act.path(EffectKind.WRITE, Arg(path), added_by)


def _tasks(act: Act, arg: Arg, added_by: str) -> None:
    """Several tasks between commas."""
    for name in arg.text.split(","):
        task(act, Arg(name, arg.why), added_by)


def _part_task(act: Act, arg: Arg, added_by: str) -> None:
    """`project:task:configuration` of Nx: the task is what is run."""
    _, _, rest = arg.text.partition(":")
    task(act, Arg(rest.partition(":")[0], arg.why) if rest else arg, added_by)


def _module(act: Act, arg: Arg, added_by: str) -> None:
    """A module that is run: a test runner, or nobody we know."""
    if act.known(arg, added_by):
        if arg.text in ("pytest", "unittest"):
            act.path(EffectKind.RUN, Arg("."), added_by)
        else:
            act.add(EffectKind.EXECUTE, f"{act.name} {added_by} {arg.text}", added_by)


def _app(act: Act, arg: Arg, added_by: str) -> None:
    """`package.module:name` of this folder, or the path of a file before the colon."""
    if act.known(arg, added_by) and ("/" in arg.text or arg.text[:1] in ("~", ".")):
        act.path(EffectKind.RUN, Arg(arg.text.partition(":")[0]), added_by)


def _package(act: Act, arg: Arg, added_by: str) -> None:
    """A package to install: of this folder, or by its name."""
    if not act.known(arg, added_by):
        return
    if own := _EDITABLE.fullmatch(arg.text):
        act.path(EffectKind.RUN, Arg(own[1]), added_by)
    else:
        act.add(EffectKind.EXECUTE, f"package:{arg.text}", added_by)


RUN_ROLES: dict[str, Role] = {
    "script": script,
    "task": task,
    "target": _target,
    "inventory": _inventory,
    "argument": _argument,
    "part": _part,
    "part-task": _part_task,
    "reports": _reports,
    "ruff-config": _ruff_config,
    "requirements": _requirements,
    "session": _session,
    "module-or-file": _module_or_file,
    "tasks": _tasks,
    "module": _module,
    "app": _app,
    "package": _package,
}
