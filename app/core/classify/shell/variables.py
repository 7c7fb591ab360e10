"""Which variables steer programs, and which do no harm wherever they are set."""

import re
from typing import Final

# Obeyed by the shell or by common programs, or filled by the shell itself whatever the line assigns.
_STEERING = frozenset(
    """
    PATH IFS ENV HOME SHELL CDPATH PWD OLDPWD PS4 PROMPT_COMMAND VISUAL BROWSER CC CXX LD AR RUSTC TMPDIR GLOBIGNORE
    POSIXLY_CORRECT EXECIGNORE FUNCNEST OPTIND OPTARG OPTERR SHELLOPTS BASHOPTS BASHPID MAIL MAILPATH INPUTRC
    _ RANDOM SRANDOM SECONDS LINENO UID EUID PPID SHLVL DIRSTACK FUNCNAME GROUPS HISTCMD PIPESTATUS EPOCHSECONDS
    EPOCHREALTIME HOSTNAME HOSTTYPE MACHTYPE OSTYPE TIMEFORMAT TMOUT MAPFILE COPROC
    path cdpath fpath mailpath manpath module_path argv status pipestatus options aliases functions commands history
    prompt psvar signals GID EGID USERNAME USER LOGNAME ARGC ARGV0 CPUTYPE NULLCMD READNULLCMD
    """.split()  # noqa: SIM905 (a column of a hundred lines reads worse)
)
_STEERING_PREFIXES: Final = (
    "LD_", "DYLD_", "BASH_", "GIT_", "PYTHON", "NODE_", "NPM_", "npm_", "PERL", "RUBY", "GEM_", "BUNDLE_", "XDG_",
    "LESS", "GREP_", "SSH_", "SUDO_", "PIP_", "UV_", "CARGO_", "RUSTC_", "JAVA_", "JDK_", "MAVEN_", "GRADLE_", "GO",
    "DOCKER_", "KUBE", "AWS_", "CURL_", "WGET", "HTTP", "http", "ALL_PROXY", "all_proxy", "no_proxy", "NO_PROXY",
    "RIPGREP_", "PAGER", "MAN", "TERMINFO", "LOCPATH", "GCONV_", "MALLOC_", "ZDOTDIR", "FPATH", "MAKE", "COMP_", "ZSH",
    "HIST", "ASDF_", "MISE_", "RTX_", "R_", "USE_BAZEL", "USE_NIGHTLY_BAZEL", "VIRTUAL_ENV",
)  # fmt: skip
_STEERING_SUFFIXES: Final = ("PAGER", "EDITOR", "_COMMAND", "_OPTIONS", "OPTS", "FLAGS", "_WRAPPER", "_PRELOAD")
_HARMLESS = frozenset(
    (
        "LANG", "LANGUAGE", "TZ", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "DEBUG", "VERBOSE",
        "TERM", "COLUMNS", "LINES", "COLORTERM", "RUST_BACKTRACE", "RUST_LOG", "LOG_LEVEL", "NODE_ENV", "RAILS_ENV",
        "RACK_ENV", "MIX_ENV", "APP_ENV", "FLASK_ENV", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "GOOS", "GOARCH",
        "CGO_ENABLED", "CARGO_TERM_COLOR", "PORT", "HOST", "GOARM", "GOAMD64", "PYTHONHASHSEED", "PYTHONIOENCODING",
        "PYTHONUTF8", "PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONFAULTHANDLER", "PYTHONNOUSERSITE", "PYTHONOPTIMIZE",
        "CARGO_INCREMENTAL", "GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT", "GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE",
        "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "HUSKY", "JOBS", "SEED",
        "DATABASE_URL", "REDIS_URL", "ENVIRONMENT", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "HEADLESS",
        "PWDEBUG", "COMPOSE_PROJECT_NAME", "SOURCE_DATE_EPOCH", "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
        "PIP_DISABLE_PIP_VERSION_CHECK", "NPM_CONFIG_LOGLEVEL", "npm_config_loglevel", "GODEBUG", "GOMAXPROCS",
    )
)  # fmt: skip
# What tests and builds of projects are told by; no common program obeys a variable with such a name.
_PROJECTS_OWN = re.compile(
    r"(TEST|TESTS|SKIP|ENABLE|DISABLE|USE|WITH|RUN|UPDATE|APP|VITE|NEXT_PUBLIC|REACT_APP|EXPO_PUBLIC|NUXT|STORYBOOK|LOG"
    r"|DEBUG|DB|POSTGRES|REDIS|API|SERVER|SERVICE|FEATURE|JEST|VITEST|SENTRY)_[A-Z0-9_]+"
    r"|[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"
    r"_(ENV|PORT|LEVEL|DEBUG|VERBOSE|TIMEOUT|SEED|MODE|DB|DSN|VERSION|COUNT|WORKERS|JOBS|THREADS|USER|USERNAME|PASSWORD|DATABASE)"
)
# What is but switched on or counted, names nothing.
_SWITCH: Final = re.compile(r"[0-9]{1,9}|true|false|yes|no|on|off")
# No path that leads out of the project.
_PLAIN: Final = re.compile(r"(?![/~])(?!.*\.\.)[\w.:,@+%=/ -]*", re.ASCII)
# These steer programs, but with such a value not where they should not go.
_VALUES: Final = {
    "PYTHONPATH": re.compile(
        r"(\.|(\./)?(src|lib|app|backend|server|tests?|python))(:(\.|(\./)?(src|lib|app|tests?)))*:?"
    ),
    **dict.fromkeys(
        ("DJANGO_SETTINGS_MODULE", "FLASK_APP", "CELERY_APP", "SETTINGS_MODULE"),
        re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*(:[A-Za-z_]+)?"),
    ),
    **dict.fromkeys(
        ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "MSAN_OPTIONS"),
        re.compile(r"[a-z_]+=[0-9]+([:,][a-z_]+=[0-9]+)*"),
    ),
    "PYTHONWARNINGS": re.compile(r"(error|ignore|default|always|module|once)(::[A-Za-z]*)?"),
    "PYTEST_ADDOPTS": re.compile(r"(-[qvxs]+|--tb=[a-z]+|--no-cov|-n ?[0-9]+|--maxfail=[0-9]+)( (-[qvxs]+|--no-cov))*"),
    "NODE_OPTIONS": re.compile(
        r"(--max[-_]old[-_]space[-_]size=[0-9]+|--experimental-vm-modules|--no-warnings|--openssl-legacy-provider"
        r"|--enable-source-maps|--trace-warnings|--no-deprecation| )+"
    ),
    "RUSTFLAGS": re.compile(
        r"(-D ?warnings|-A ?[a-z_]+|-C ?(target-cpu=native|debuginfo=[0-2]|opt-level=[0-3s])|-g| )+"
    ),
    "RUSTDOCFLAGS": re.compile(r"-D ?warnings"),
    "GOFLAGS": re.compile(r"(-mod=(mod|vendor|readonly)|-count=1|-race|-v| )+"),
    # Before a slash stands whose it is.
    **dict.fromkeys(("USE_BAZEL_VERSION", "USE_NIGHTLY_BAZEL"), re.compile(r"[0-9.]+(rc[0-9]+)?|latest")),
    "GOPROXY": re.compile(r"off|direct"),
    "GO111MODULE": re.compile(r"on|off|auto"),
    "MAKEFLAGS": re.compile(r"-{0,2}[jks]+ ?[0-9]*"),
    "BUNDLE_FROZEN": re.compile(r"true|false|1|0"),
    "BUNDLE_DEPLOYMENT": re.compile(r"true|false|1|0"),
    "BUNDLE_WITHOUT": re.compile(r"[a-z]+(:[a-z]+)*"),
    "CMAKE_BUILD_PARALLEL_LEVEL": re.compile(r"[0-9]+"),
    "CTEST_OUTPUT_ON_FAILURE": re.compile(r"[01]"),
    "CC": re.compile(r"gcc|clang|cc"),
    "CXX": re.compile(r"g\+\+|clang\+\+|c\+\+"),
    "CFLAGS": re.compile(
        r"(-O[0-3sg]?|-g[0-3]?|-W[a-z-]*|-f(PIC|no-omit-frame-pointer|sanitize=[a-z,]+)|-D[A-Z_0-9]+| )+"
    ),
    "CXXFLAGS": re.compile(r"(-O[0-3sg]?|-g[0-3]?|-W[a-z-]*|-std=[a-z+0-9]+|-f(PIC|sanitize=[a-z,]+)|-D[A-Z_0-9]+| )+"),
    "BROWSER": re.compile(r"none|true|echo"),
    **dict.fromkeys(
        ("PAGER", "GIT_PAGER", "MANPAGER", "GH_PAGER", "BAT_PAGER", "SYSTEMD_PAGER", "DELTA_PAGER"), re.compile(r"cat|")
    ),
    **dict.fromkeys(("GIT_EDITOR", "EDITOR", "VISUAL", "GIT_SEQUENCE_EDITOR"), re.compile(r"true|:|cat")),
    **dict.fromkeys(("GIT_TRACE", "GIT_CURL_VERBOSE", "GIT_TRACE_PERFORMANCE"), re.compile(r"[012]|true")),
}
# Variables from outside whose values are no secrets.
PUBLIC = frozenset(
    (
        "?", "#", "$", "!", "0", "-", "PATH", "HOME", "PWD", "OLDPWD", "USER", "LOGNAME", "SHELL", "HOSTNAME", "LANG",
        "TERM", "TZ", "TMPDIR", "UID", "EUID", "PPID", "RANDOM", "SECONDS", "LINENO", "COLUMNS", "LINES",
        "BASH_VERSION", "VIRTUAL_ENV", "GOPATH", "GOROOT", "GOBIN", "GOOS", "GOARCH", "JAVA_HOME", "ANDROID_HOME",
        "CI", "NODE_ENV", "RAILS_ENV", "RACK_ENV", "MIX_ENV", "APP_ENV", "FLASK_ENV", "DJANGO_SETTINGS_MODULE",
        "PYTHONPATH", "NODE_PATH", "NVM_DIR", "PYENV_ROOT", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "CARGO_HOME",
        "RUSTUP_HOME", "EDITOR", "VISUAL", "PAGER", "DISPLAY", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
        "ARCH", "OSTYPE", "MACHTYPE", "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "LD_LIBRARY_PATH", "RUSTFLAGS",
        "MAKEFLAGS", "SHLVL", "PORT", "HOST",
    )
)  # fmt: skip


def is_projects_own(name: str) -> bool:
    """Tests and builds of projects are told by it: where to write, for one."""
    return name not in _VALUES and _PROJECTS_OWN.fullmatch(name) is not None


def is_steering(name: str) -> bool:
    """The shell or a common program obeys this variable: what runs, or from where, may change."""
    if name in _HARMLESS:
        return False
    return name in _STEERING or name.startswith(_STEERING_PREFIXES) or name.endswith(_STEERING_SUFFIXES)


def is_harmless(name: str, value: str = "\0") -> bool:
    """May be handed to any program with this value, if it is known. Everything else, some program may obey."""
    if name in _HARMLESS or name.startswith("LC_"):
        return True
    if known := _VALUES.get(name):
        return known.fullmatch(value) is not None
    if _SWITCH.fullmatch(value) and name.isupper():
        return not is_steering(name)
    return bool(_PROJECTS_OWN.fullmatch(name) and _PLAIN.fullmatch(value)) and not is_steering(name)
