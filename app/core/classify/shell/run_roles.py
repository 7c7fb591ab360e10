"""What words mean to programs that run the project's code: scripts, tasks, tests, packages."""

import re
from collections.abc import Callable
from typing import Final

from app.core.classify.shell.act import Act
from app.core.classify.shell.project import is_script, is_task
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
_GO_LOCAL = re.compile(r"\.{1,2}(/[A-Za-z0-9_.-]+)*/?(\.\.\.)?|[A-Za-z0-9_-]+\.go")
_GO_OWN = re.compile(r"[a-z][a-z0-9_]*(/[a-z0-9_]+)*(/\.\.\.)?|\.\.\.|all|std")
_VARIABLE = re.compile(
    r"(V|VERBOSE|DEBUG|VERSION|NAME|TARGET|ENV|ARGS|TEST|TESTS|PKG|PACKAGE|MODE|PORT|TAG|ARCH|OS|CI|JOBS)=[A-Za-z0-9_.:,@+-]*"
)
# The phases of Maven that stay on this machine.
_MAVEN = re.compile(
    r"clean|validate|compile|test-compile|test|package|verify|install|site|integration-test|spring-boot:run|exec:java"
    r"|(org\.apache\.maven\.plugins:maven-dependency-plugin(:[0-9.]+)?|dependency)"
    r":(tree|list|resolve|analyze|build-classpath|go-offline|sources|resolve-plugins)|quarkus:dev|jetty:run"
    r"|javadoc:javadoc|surefire-report:report(-only)?|jacoco:(report|check|prepare-agent)|surefire:test"
    r"|failsafe:(integration-test|verify)|(spotless|license|pmd|spotbugs|checkstyle|enforcer|ktlint|fmt|formatter)"
    r":(apply|check|format|validate|enforce|pmd|cpd|spotbugs|checkstyle)|spring-javaformat:(apply|validate)"
    r"|pitest:mutationCoverage|help:[a-z-]+|versions:display-[a-z-]+"
)
_CMAKE = re.compile(
    r"(?!CMAKE_)[A-Za-z][A-Za-z0-9_]*(:BOOL)?=(ON|OFF|TRUE|FALSE|YES|NO|on|off|[0-9]+)|CMAKE_(C|CXX)_COMPILER=(gcc|g\+\+|clang|clang\+\+)"
    r"|(?!CMAKE_)[A-Za-z][A-Za-z0-9_]*(BACKEND|TYPE|MODE|STANDARD|VERSION|LEVEL|SANITIZE|SANITIZERS?|ARCH|VARIANT)"
    r"=[\w.,-]+"
    r"|CMAKE_(C|CXX|EXE_LINKER|SHARED_LINKER)_FLAGS(_DEBUG|_RELEASE|_RELWITHDEBINFO)?(:STRING)?="
    r"(-(W(?!l,|a,|p,)[a-z0-9=+-]+|O[0-3sgz]?|g[0-3]?|std=[a-z0-9+]+|D\w+(=\w+)?|pthread|pg|w"
    r"|f(sanitize|no-sanitize)=[a-z,_-]+|f(no-omit-frame-pointer|profile-arcs|test-coverage|PIC|diagnostics-color=[a-z]+)"
    r"|-coverage|m(arch|tune)=[a-z0-9-]+)( +|\Z))*"
    r"|CMAKE_(OSX_ARCHITECTURES|INTERPROCEDURAL_OPTIMIZATION|POLICY_VERSION_MINIMUM|COLOR_DIAGNOSTICS|COLOR_MAKEFILE)"
    r"(:[A-Z]+)?=[A-Za-z0-9_.;]+"
    r"|CMAKE_(BUILD_TYPE|EXPORT_COMPILE_COMMANDS|CXX_STANDARD|C_STANDARD|VERBOSE_MAKEFILE|UNITY_BUILD|POSITION_INDEPENDENT_CODE)"
    r"(:STRING|:BOOL)?=[A-Za-z0-9]+|CMAKE_(C|CXX)_COMPILER_LAUNCHER=s?ccache"
)
_NATIVE = re.compile(
    r"-[jkl][0-9]*|-[ksvwnB]|[0-9]+|VERBOSE=1|V=1|--(?:keep-going|silent|quiet|verbose|no-print-directory)"
)
_LOGGER = re.compile(r"(?:console|trx|html|junit|nunit|xunit|GitHubActions)(?:;(?!.*\.\.)[\w.=; -]+)?", re.ASCII)
_COMPILED = re.compile(
    r"-(?:std=[a-z0-9+]+|x|[DU]\w+(?:=\w*)?|I|isystem|I(?!/)(?!.*\.\.)[\w./-]+|W[\w=+-]+|f(?:PIC|exceptions|openmp))"
)
_HERE = frozenset(("localhost", "127.0.0.1"))
_GO_FLAGS = re.compile(
    r"(all=)?((-[NlmeswS]|-m=[0-9]|-(dwarf|compressdwarf)=(true|false)|-buildid=|-X[ =]('[\w./-]+=[^']*'"
    r"|[\w./-]+=[^\s'\"-]\S*))( |\Z))*",
    re.ASCII,
)
# (A comma or a semicolon would begin another one.)
_PROPERTY = re.compile(
    r":?(Configuration|Platform|Version(Prefix|Suffix)?|AssemblyVersion|TreatWarningsAsErrors|WarningLevel|NoWarn|Nullable"
    r"|LangVersion|DebugType|DebugSymbols|Deterministic|CollectCoverage|CoverletOutputFormat|Threshold|SelfContained"
    r"|GenerateDocumentationFile|UseAppHost|IsPackable|Optimize|BuildInParallel|EnableNETAnalyzers|AnalysisLevel|AnalysisMode"
    r"|Publish(SingleFile|Trimmed|ReadyToRun|Aot)|ContinuousIntegrationBuild|RunAnalyzers|EnforceCodeStyleInBuild"
    r"|TargetFramework|RuntimeIdentifier|InvariantGlobalization|RestoreLockedMode)=[\w.+-]*",
    re.ASCII,
)
# Programs that name a task behind the part of the project that it belongs to.
_OF_PARTS = frozenset(("gradle", "gradlew", "bazel", "bazelisk", "buck2", "pants"))
# Tasks of well-known plugins that shape the code or say what is wrong with it.
_SHAPES = re.compile(
    r"(spotless|ktlint|ktfmt|detekt)(Java|Kotlin|Groovy)?(Apply|Check|Format)?|(checkstyle|pmd|spotbugs)(Main|Test)"
    r"|process(Test)?Resources|installDist|shadowJar|javadoc|dokka(Html|Javadoc)|kover(HtmlReport|XmlReport|Verify|Log)"
    r"|projects|properties|buildEnvironment|outgoingVariants|javaToolchains|dependencyInsight|jmh|(jvm|desktop)Test"
    r"|nativeCompile"
)
# A package, or a file of one: `list`, `ts-node/register`, `@scope/package`.
_PART = re.compile(r"@?\w[\w-]*(?:\.\w[\w-]*)*(?:/\w[\w-]*(?:\.\w[\w-]*)*)*", re.ASCII)
_EDITABLE = re.compile(r"(\.{1,2}(?:/[A-Za-z0-9_.-]+)*/?)(\[[A-Za-z0-9_,-]*\])?")


def _known(act: Act, arg: Arg, added_by: str) -> bool:
    if arg.why:
        act.opaque(arg.why, added_by)
    return not arg.why


def script(act: Act, arg: Arg, added_by: str) -> None:
    """A file of code: what is in it, nobody has judged, unless it lies where projects keep theirs."""
    if not _known(act, arg, added_by):
        return
    if arg.text == "-" or "://" in arg.text or arg.text.startswith(("/dev/", "/proc/")):
        act.opaque(f"{act.name} {arg.text}: code that is not in a file", added_by)
        return
    # Its text may also come out again, in messages.
    act.path(EffectKind.READ, arg, added_by)
    act.path(EffectKind.RUN if is_script(arg.text) and not arg.glob else EffectKind.EXECUTE, arg, added_by)


def _task(act: Act, arg: Arg, added_by: str) -> None:
    """The name of something that the project's files say how to do."""
    if not _known(act, arg, added_by):
        return
    # `:app:test` and `//app:test` are tasks of a part of the project.
    name = arg.text.rpartition(":")[2] if act.name in _OF_PARTS else arg.text
    if is_task(name) or (act.name in _OF_PARTS and _SHAPES.fullmatch(name)):
        act.path(EffectKind.RUN, Arg("."), added_by)
    elif is_script(arg.text) and not arg.glob:
        # `bun run src/index.ts`, `make src/a.o`.
        act.path(EffectKind.RUN, arg, added_by)
    elif arg.text in _HERE:
        # `vite --host 127.0.0.1`, where `--host` may stand alone as well.
        return
    elif not (act.name in ("make", "gmake", "just") and (_VARIABLE.fullmatch(arg.text) or arg.text.isdecimal())):
        # (What `make -j 8` means by 8.)
        act.add(EffectKind.EXECUTE, f"{act.name} {arg.text}", added_by)


def _native(act: Act, arg: Arg, added_by: str) -> None:
    """What `cmake --build` hands to make or ninja: how many jobs, how much to say, a task."""
    if arg.why or not _NATIVE.fullmatch(arg.text):
        _task(act, arg, added_by)


def _logger(act: Act, arg: Arg, added_by: str) -> None:
    """A logger that .NET brings; any other is a library that would be loaded."""
    if _known(act, arg, added_by) and not _LOGGER.fullmatch(arg.text):
        act.opaque(f"{act.name} {added_by} {arg.text[:_LONGEST_PART]}: may be loaded from a file", added_by)


def _collector(act: Act, arg: Arg, added_by: str) -> None:
    """What .NET collects while it tests, by the names that it brings itself."""
    if _known(act, arg, added_by) and arg.text not in ("XPlat Code Coverage", "Code Coverage"):
        act.opaque(f"{act.name} {added_by} {arg.text[:_LONGEST_PART]}: may be loaded from a file", added_by)


def _compiled(act: Act, arg: Arg, added_by: str) -> None:
    """A source, or behind `--` what the compiler is told of it."""
    if arg.why or arg.text[:1] != "-":
        act.path(EffectKind.READ, arg, added_by)
    elif not _COMPILED.fullmatch(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may load a plugin", added_by)


def _target(act: Act, arg: Arg, added_by: str) -> None:
    """What a runner of the project's own code is told to run or to check: `tests/test_a.py::test_b`, `//app:all`."""
    if not _known(act, arg, added_by):
        return
    path = arg.text.removeprefix("//").partition("::")[0].partition(":")[0]
    if arg.text[:1] == "@" or "://" in arg.text:
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: not known", added_by)
    else:
        act.path(EffectKind.RUN, Arg(path or ".", glob=arg.glob), added_by)


def _java_class(act: Act, arg: Arg, added_by: str) -> None:
    """A class by its name, or a file of source; `@file` holds more flags."""
    if arg.why or arg.text[:1] == "@":
        act.opaque(arg.why or f"java {arg.text[:_LONGEST_PART]}: settings that are not read", added_by)
    elif "/" in arg.text or arg.text.endswith((".java", ".jar")):
        script(act, arg, added_by)


def _argument(act: Act, arg: Arg, added_by: str) -> None:
    """A word handed to the project's code: text, and the path that it may name."""
    if arg.why:
        if not arg.free:
            act.opaque(arg.why, added_by)
    elif "://" in arg.text:
        act.add(EffectKind.NETWORK, arg.text, added_by)
    elif "/" in arg.text or arg.text[:1] in ("~", "."):
        act.access((arg,))


def _part(act: Act, arg: Arg, added_by: str) -> None:
    """What a tool of the project loads besides, several between commas: reporters, presets, hooks.

    INVARIANT: a file among them is code that is run. A package's name is looked for among those that are installed.
    """
    if not _known(act, arg, added_by):
        return
    parts = arg.text.removeprefix("no:").split(",")
    for part in parts:
        if part[:1] in (".", "/", "~") and len(parts) == 1:
            script(act, Arg(part), added_by)
        elif _PART.fullmatch(part):
            act.path(EffectKind.RUN, Arg("." if part[:1] == "@" or "/" not in part else part), added_by)
        else:
            act.opaque(f"{act.name} {added_by} {arg.text[:_LONGEST_PART]}: may load anything", added_by)


def _reports(act: Act, arg: Arg, added_by: str) -> None:
    """`html:folder` of pytest-cov: what is reported, and where that is written."""
    if _known(act, arg, added_by):
        kind, _, path = arg.text.partition(":")
        if path and kind not in ("term", "term-missing"):
            act.path(EffectKind.WRITE, Arg(path), added_by)


def _tasks(act: Act, arg: Arg, added_by: str) -> None:
    """Several tasks between commas."""
    for name in arg.text.split(","):
        _task(act, Arg(name, arg.why), added_by)


def _part_task(act: Act, arg: Arg, added_by: str) -> None:
    """`project:task:configuration` of Nx: the task is what is run."""
    _, _, rest = arg.text.partition(":")
    _task(act, Arg(rest.partition(":")[0], arg.why) if rest else arg, added_by)


def _module(act: Act, arg: Arg, added_by: str) -> None:
    """A module that is run: a test runner, or nobody we know."""
    if _known(act, arg, added_by):
        if arg.text in ("pytest", "unittest"):
            act.path(EffectKind.RUN, Arg("."), added_by)
        else:
            act.add(EffectKind.EXECUTE, f"{act.name} {added_by} {arg.text}", added_by)


def _maven(act: Act, arg: Arg, added_by: str) -> None:
    if _known(act, arg, added_by) and not _MAVEN.fullmatch(arg.text):
        act.add(EffectKind.EXECUTE, f"{act.name} {arg.text}", added_by)


def _go(act: Act, arg: Arg, added_by: str) -> None:
    """A package of Go: of this module, or of somebody else's."""
    if not _known(act, arg, added_by):
        return
    if _GO_LOCAL.fullmatch(arg.text):
        act.path(EffectKind.RUN, Arg(arg.text.removesuffix("...") or "."), added_by)
    elif _GO_OWN.fullmatch(arg.text):
        act.path(EffectKind.RUN, Arg("."), added_by)
    else:
        act.add(EffectKind.EXECUTE, f"package:{arg.text}", added_by)


def _go_flags(act: Act, arg: Arg, added_by: str) -> None:
    """What Go's compiler and linker are told: names and values that are put in, and what is left out."""
    if _known(act, arg, added_by) and not _GO_FLAGS.fullmatch(arg.text):
        act.opaque(f"go {added_by} {arg.text[:_LONGEST_PART]}: may choose what is run", added_by)


def _package(act: Act, arg: Arg, added_by: str) -> None:
    """A package to install: of this folder, or by its name."""
    if not _known(act, arg, added_by):
        return
    if own := _EDITABLE.fullmatch(arg.text):
        act.path(EffectKind.RUN, Arg(own[1]), added_by)
    else:
        act.add(EffectKind.EXECUTE, f"package:{arg.text}", added_by)


def _cmake_setting(act: Act, arg: Arg, added_by: str) -> None:
    """`NAME=VALUE`: a switch of the project, or one of those that choose no program."""
    if _known(act, arg, added_by) and not _CMAKE.fullmatch(arg.text):
        act.opaque(f"cmake {arg.text[:_LONGEST_PART]}: may choose what is run", added_by)


def _msbuild(act: Act, arg: Arg, added_by: str) -> None:
    """`-p:NAME=VALUE`, one that chooses no program; or, as `dotnet run -p` had it, a project."""
    if not _known(act, arg, added_by) or _PROPERTY.fullmatch(arg.text):
        return
    if ":" in arg.text or "=" in arg.text:
        act.opaque(f"dotnet {added_by}{arg.text[:_LONGEST_PART]}: may choose what is run", added_by)
    else:
        act.path(EffectKind.RUN, arg, added_by)


RUN_ROLES: dict[str, Callable[[Act, Arg, str], None]] = {
    "script": script,
    "task": _task,
    "native": _native,
    "logger": _logger,
    "collector": _collector,
    "compiled": _compiled,
    "target": _target,
    "java-class": _java_class,
    "argument": _argument,
    "part": _part,
    "part-task": _part_task,
    "reports": _reports,
    "tasks": _tasks,
    "go": _go,
    "go-flags": _go_flags,
    "maven": _maven,
    "module": _module,
    "cmake-setting": _cmake_setting,
    "msbuild": _msbuild,
    "package": _package,
}
