"""Which variables steer programs, and which do no harm wherever they are set."""

from typing import Final

# Obeyed by the shell or by common programs, or filled by the shell itself whatever the line assigns.
_STEERING = frozenset(
    """
    PATH IFS ENV HOME SHELL CDPATH PWD OLDPWD PS4 PROMPT_COMMAND VISUAL BROWSER CC CXX LD AR RUSTC TMPDIR GLOBIGNORE
    POSIXLY_CORRECT EXECIGNORE FUNCNEST OPTIND OPTARG OPTERR SHELLOPTS BASHOPTS BASHPID MAIL MAILPATH HISTFILE INPUTRC
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
)  # fmt: skip
_STEERING_SUFFIXES: Final = ("PAGER", "EDITOR", "_COMMAND", "_OPTIONS", "OPTS", "FLAGS", "_WRAPPER", "_PRELOAD")
_HARMLESS = frozenset(
    (
        "LANG", "LANGUAGE", "TZ", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "DEBUG", "VERBOSE",
        "TERM", "COLUMNS", "LINES", "COLORTERM", "RUST_BACKTRACE", "RUST_LOG", "LOG_LEVEL", "NODE_ENV", "RAILS_ENV",
        "RACK_ENV", "MIX_ENV", "APP_ENV", "FLASK_ENV", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "GOOS", "GOARCH",
        "CGO_ENABLED", "CARGO_TERM_COLOR", "PORT",
    )
)  # fmt: skip
# Variables from outside whose values are no secrets.
PUBLIC = frozenset(
    (
        "?", "#", "$", "!", "0", "-", "PATH", "HOME", "PWD", "OLDPWD", "USER", "LOGNAME", "SHELL", "HOSTNAME", "LANG",
        "TERM", "TZ", "TMPDIR", "UID", "EUID", "PPID", "RANDOM", "SECONDS", "LINENO", "COLUMNS", "LINES",
        "BASH_VERSION", "VIRTUAL_ENV", "GOPATH", "JAVA_HOME", "CI",
    )
)  # fmt: skip


def is_steering(name: str) -> bool:
    """The shell or a common program obeys this variable: what runs, or from where, may change."""
    if name in _HARMLESS:
        return False
    return name in _STEERING or name.startswith(_STEERING_PREFIXES) or name.endswith(_STEERING_SUFFIXES)


def is_harmless(name: str) -> bool:
    """May be handed to any program. Everything else may be one that some program obeys."""
    return name in _HARMLESS or name.startswith("LC_")
