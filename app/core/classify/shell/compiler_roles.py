"""What words mean to the tools that build compiled languages: settings, goals, loggers, packages."""

import re
from typing import Final

from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.run_roles import script, task
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
_GO_LOCAL = re.compile(r"\.{1,2}(/[A-Za-z0-9_.-]+)*/?(\.\.\.)?|[A-Za-z0-9_-]+\.go")
_GO_OWN = re.compile(r"[a-z][a-z0-9_]*(/[a-z0-9_]+)*(/\.\.\.)?|\.\.\.|all|std")
# What `go test` is told behind `--`.
_GO_TEST = re.compile(r"-(?:race|v|short|cover|failfast|count=[0-9]+|timeout=[0-9]+[sm]|run=\w+)", re.ASCII)
# The phases of Maven that stay on this machine.
_MAVEN = re.compile(
    r"clean|validate|compile|test-compile|test|package|verify|install|site|integration-test|spring-boot:run|exec:java"
    r"|(org\.apache\.maven\.plugins:maven-dependency-plugin(:[0-9.]+)?|dependency)"
    r":(tree|list|resolve|analyze|build-classpath|go-offline|sources|resolve-plugins)|quarkus:dev|jetty:run"
    r"|javadoc:javadoc|surefire-report:report(-only)?|jacoco:(report|check|prepare-agent)|surefire:test"
    r"|failsafe:(integration-test|verify)|(spotless|license|pmd|spotbugs|checkstyle|enforcer|ktlint|fmt|formatter)"
    r":(apply|check|format|validate|enforce|pmd|cpd|spotbugs|checkstyle)|spring-javaformat:(apply|validate)"
    r"|pitest:mutationCoverage|help:(?!system)[a-z-]+|versions:display-[a-z-]+"
    r"|initialize|(generate|process)-(test-)?(sources|resources)|process-(test-)?classes|prepare-package"
    r"|(compiler|kotlin|scala|protobuf):(test-?)?[cC]ompile|resources:(testR|r)esources|(jar|source):(test-)?jar"
    r"|(javafx|micronaut):run|gatling:test|scala:test|antlr4:antlr4|assembly:single|sortpom:(verify|sort)|rewrite:dryRun"
    r"|buildplan:list[a-z-]*"
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
# Not what compilers and linkers are told.
_MESON = re.compile(r"(?!\w+_args=)[\w.:-]+=[\w.,-]+", re.ASCII)
_NATIVE = re.compile(
    r"-[jkl][0-9]*|-[ksvwnB]|[0-9]+|VERBOSE=1|V=1|--(?:keep-going|silent|quiet|verbose|no-print-directory)"
)
_LOGGER = re.compile(r"(?:console|trx|html|junit|nunit|xunit|GitHubActions)(?:;(?!.*\.\.)[\w.=; -]+)?", re.ASCII)
_COMPILED = re.compile(
    r"-(?:std=[a-z0-9+]+|x|[DU]\w+(?:=\w*)?|I|isystem|I(?!/)(?!.*\.\.)[\w./-]+|W[\w=+-]+|f(?:PIC|exceptions|openmp))"
)
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
_SOURCE = re.compile(r"\.(?:c|cc|cpp|cxx|h|hpp|go|mod|rs|java|kt|py|[jt]sx?|rb|php|cs|swift|md|json|ya?ml|toml)$")
# Tests by their names, or a part of the project.
_SBT = re.compile(
    r"(?:[\w-]+/)?(?:Test/)?(?:testOnly|testQuick|project)(?: [\w.*]+)+(?: -- -z (?:[\w ]+|\"[\w ]+\"))?"
    r"|scala(?:fmt|fix)(?:All|Check(?:All)?)?|about|evicted|plugins|projects|settings|tasks|dependency(?:Tree|List|Stats|Updates)"
    # (`show` runs what it shows.)
    r"|inspect [\w/-]+|show (?:[\w-]+ ?/ ?)?(?:name|organization|version|scalaVersion|crossScalaVersions"
    r"|libraryDependencies|resolvers|scalacOptions|baseDirectory|unmanagedSourceDirectories|\w+Classpath)"
    r"|scala(?:fmt|fix)(?:All)? --check|reload|\+\+ ?[0-9]+(?:\.[0-9]+)*"
    r"|\+?(?:[\w-]+/)?(?:Test/)?(?:compile|test|doc|assembly|package|update|testOnly)"
    r"|(?:[\w-]+/)?(?:mimaReportBinaryIssues|header(?:Create|Check)(?:All)?|undeclaredCompileDependencies)",
    re.ASCII,
)
# Which tests of Clojure: a namespace, or one of its tests; what says something about the project.
_LEIN = re.compile(
    r":only|[a-z][\w.-]*-test(?:/[\w-]+)?|version|classpath|deps|:tree|show-profiles|kibit|eastwood|cljfmt|uberjar|uber"
    r"|cljsbuild|once|with-profile|\+(?:dev|test)",
    re.ASCII,
)


def _native(act: Act, arg: Arg, added_by: str) -> None:
    """What `cmake --build` hands to make or ninja: how many jobs, how much to say, a task."""
    if arg.why or not _NATIVE.fullmatch(arg.text):
        task(act, arg, added_by)


def _logger(act: Act, arg: Arg, added_by: str) -> None:
    """A logger that .NET brings; any other is a library that would be loaded."""
    if act.known(arg, added_by) and not _LOGGER.fullmatch(arg.text):
        act.opaque(f"{act.name} {added_by} {arg.text[:_LONGEST_PART]}: may be loaded from a file", added_by)


def _collector(act: Act, arg: Arg, added_by: str) -> None:
    """What .NET collects while it tests, by the names that it brings itself."""
    if act.known(arg, added_by) and arg.text not in ("XPlat Code Coverage", "Code Coverage"):
        act.opaque(f"{act.name} {added_by} {arg.text[:_LONGEST_PART]}: may be loaded from a file", added_by)


def _compiled(act: Act, arg: Arg, added_by: str) -> None:
    """A source, or behind `--` what the compiler is told of it."""
    if arg.why or arg.text[:1] != "-":
        act.path(EffectKind.READ, arg, added_by)
    elif not _COMPILED.fullmatch(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may load a plugin", added_by)


def _binary(act: Act, arg: Arg, added_by: str) -> None:
    """What is built; over a source, that is lost."""
    act.path(EffectKind.WRITE, arg, added_by)
    if _SOURCE.search(arg.text):
        act.path(EffectKind.DELETE, arg, added_by)


def _java_class(act: Act, arg: Arg, added_by: str) -> None:
    """A class by its name, or a file of source; `@file` holds more flags."""
    if arg.why or arg.text[:1] == "@":
        act.opaque(arg.why or f"java {arg.text[:_LONGEST_PART]}: settings that are not read", added_by)
    elif "/" in arg.text or arg.text.endswith((".java", ".jar")):
        script(act, arg, added_by)


def _class_path(act: Act, arg: Arg, added_by: str) -> None:
    """Where Java looks for code: a lone archive is a program like any other."""
    for place in arg.text.split(":") if act.known(arg, added_by) else ():
        if place.endswith(".jar"):
            script(act, Arg(place), added_by)
        else:
            act.path(EffectKind.RUN, Arg(place or "."), added_by)


def _maven(act: Act, arg: Arg, added_by: str) -> None:
    if act.known(arg, added_by) and not _MAVEN.fullmatch(arg.text):
        act.add(EffectKind.EXECUTE, f"{act.name} {arg.text}", added_by)


def _go(act: Act, arg: Arg, added_by: str) -> None:
    """A package of Go: of this module, or of somebody else's."""
    if not act.known(arg, added_by):
        return
    if arg.text.endswith(".go") and [word.text for word in act.args[1:2]] == ["run"]:
        script(act, arg, added_by)
    elif _GO_LOCAL.fullmatch(arg.text):
        act.path(EffectKind.RUN, Arg(arg.text.removesuffix("...") or "."), added_by)
    elif _GO_OWN.fullmatch(arg.text) or _GO_TEST.fullmatch(arg.text):
        act.path(EffectKind.RUN, Arg("."), added_by)
    else:
        act.add(EffectKind.EXECUTE, f"package:{arg.text}", added_by)


def _go_flags(act: Act, arg: Arg, added_by: str) -> None:
    """What Go's compiler and linker are told: names and values that are put in, and what is left out."""
    if act.known(arg, added_by) and not _GO_FLAGS.fullmatch(arg.text):
        act.opaque(f"go {added_by} {arg.text[:_LONGEST_PART]}: may choose what is run", added_by)


def _cmake_setting(act: Act, arg: Arg, added_by: str) -> None:
    """`NAME=VALUE`: a switch of the project, or one of those that choose no program."""
    if act.known(arg, added_by) and not _CMAKE.fullmatch(arg.text):
        act.opaque(f"cmake {arg.text[:_LONGEST_PART]}: may choose what is run", added_by)


def _meson_setting(act: Act, arg: Arg, added_by: str) -> None:
    """`NAME=VALUE`: a switch of the project, or how it is built."""
    if act.known(arg, added_by) and not _MESON.fullmatch(arg.text):
        act.opaque(f"meson {arg.text[:_LONGEST_PART]}: may choose what is run", added_by)


def _msbuild(act: Act, arg: Arg, added_by: str) -> None:
    """`-p:NAME=VALUE`, one that chooses no program; or, as `dotnet run -p` had it, a project."""
    if not act.known(arg, added_by) or _PROPERTY.fullmatch(arg.text):
        return
    if ":" in arg.text or "=" in arg.text:
        act.opaque(f"dotnet {added_by}{arg.text[:_LONGEST_PART]}: may choose what is run", added_by)
    else:
        act.path(EffectKind.RUN, arg, added_by)


def _sbt(act: Act, arg: Arg, added_by: str) -> None:
    """A task, or several words of one that says which tests; `;` begins one after the other."""
    parts = arg.text.removeprefix(";").split(";") if arg.text[:1] == ";" and not arg.why else [arg.text]
    for part in parts:
        if arg.why or not _SBT.fullmatch(part.strip()):
            task(act, Arg(part.strip(), arg.why), added_by)


def _lein(act: Act, arg: Arg, added_by: str) -> None:
    """A task, or which of the tests."""
    if arg.why or not _LEIN.fullmatch(arg.text):
        task(act, arg, added_by)


COMPILER_ROLES: dict[str, Role] = {
    "native": _native,
    "logger": _logger,
    "collector": _collector,
    "compiled": _compiled,
    "binary": _binary,
    "class-path": _class_path,
    "java-class": _java_class,
    "go": _go,
    "go-flags": _go_flags,
    "maven": _maven,
    "cmake-setting": _cmake_setting,
    "meson-setting": _meson_setting,
    "msbuild": _msbuild,
    "sbt": _sbt,
    "lein": _lein,
}
