"""The policy that benchmarks run under: a hundred rules, mixed as a team's policy would be."""

RULES = 100

_PROGRAMS = (
    "npm", "pnpm", "yarn", "cargo", "go", "make", "poetry", "gradle", "mvn",
    "bundle", "mix", "composer", "docker", "helm", "terraform", "dotnet", "swift", "stack",
)  # fmt: skip
_SERVERS = (
    "github", "gitlab", "jira", "linear", "slack", "notion", "sentry", "datadog",
    "figma", "postgres", "bigquery", "stripe", "zendesk", "salesforce", "calendar", "drive",
)  # fmt: skip
_GUARDED = (
    ".github", ".gitlab", ".husky", ".vscode", "deploy", "infra",
    "migrations", "licenses", "vendor", "secrets", "fixtures", "release",
)  # fmt: skip
_SYSTEM = (
    "/etc/shadow", "/etc/sudoers", "/etc/ssl/private/**", "/boot/**", "/root/**",
    "/proc/kcore", "/dev/mem", "/var/lib/docker/**", "/var/log/auth.log", "/run/secrets/**",
)  # fmt: skip
_HEADER = """\
version: 1
default: ask
vars:
  corp: "@corp.example"
  secrets: ["~/.ssh/**", "~/.aws/**", "~/.kube/**", "**/.env", "**/*.pem"]
rules:
"""
_RULES = (
    '{id: secrets, deny: [read_file, write_file, edit_file, shell, "mcp:*/*"], path: $secrets}',
    '{id: workspace-read, allow: [read_file, list_directory, search_files], path: "$workspace/**"}',
    '{id: workspace-write, allow: [write_file, edit_file], path: ["$workspace/src/**", "$workspace/tests/**"]}',
    '{id: git-internals, deny: [write_file, edit_file, shell], path: "$workspace/.git/hooks/**"}',
    '{id: git-read, allow: shell, command: ["git status *", "git diff *", "git log *", "git show *"]}',
    '{id: git-push, ask: shell, command: "git push *", reason: Pushing publishes work to others., risk: high}',
    "{id: tainted-egress, deny: [send_email, http_post], source: untrusted}",
    "{id: mail-outside, ask: send_email, when: 'args.to.exists(a, !a.endsWith(vars.corp))', risk: high}",
    "{id: refund-small, allow: \"mcp:stripe/refund\", when: 'args.amount <= 50.0'}",
    "{id: refund-large, deny: \"mcp:stripe/refund\", when: 'args.amount > 500.0'}",
)


def hundred_rules() -> str:
    """The policy as text."""
    rules = list(_RULES)
    for program in _PROGRAMS:
        work = [f"{program} {verb} *" for verb in ("test", "build", "lint", "run")]
        rules.append(f"{{id: {program}-work, allow: shell, command: {work}}}")
        rules.append(f'{{id: {program}-publish, ask: shell, command: ["{program} publish *", "{program} push *"]}}')
    for name in _GUARDED:
        path = f"$workspace/{name}/**"
        rules.append(f'{{id: guard-{name.strip(".")}, ask: [write_file, edit_file, shell], path: "{path}"}}')
    for at, path in enumerate(_SYSTEM):
        rules.append(f'{{id: system-{at}, deny: [read_file, write_file, shell], path: "{path}"}}')
    for server in _SERVERS:
        rules.append(f'{{id: {server}-read, allow: "mcp:{server}/get_*"}}')
        rules.append(f'{{id: {server}-write, ask: ["mcp:{server}/create_*", "mcp:{server}/update_*"]}}')
    assert len(rules) == RULES
    return _HEADER + "".join(f"  - {rule}\n" for rule in rules)
