"""An explanation on a terminal: the call, its effects, the rules, the decision."""

from typing import TYPE_CHECKING

from app.cli import terminal

if TYPE_CHECKING:
    from rich.tree import Tree

    from app.cli.home import Judged
    from app.core.decision import Decision, Finding
    from app.core.model import ActionRequest

_STANCES = ("allow", "log", "ask", "deny")
_LOG = 1  # the stances up to this one loosen
_FEW = 8  # so many rules are shown whole
_FAILED = {
    "agents": "is for other agents",
    "source": "is for requests from elsewhere",
    "command": "names other commands",
    "path": "names other paths",
    "effects": "does not cover every effect",
    "hosts": "is for other hosts",
    "opaque": "part of the call cannot be understood",
    "when": "its condition does not hold",
}


def show(by: "Judged", request: "ActionRequest", decision: "Decision", *, everything: bool) -> None:
    """Print the explanation."""
    from msgspec import to_builtins

    from app.cli.branches import drawn
    from app.cli.requests import summary
    from app.core.tree import tree

    tool = request.tool or request.action or ""
    console = terminal.output()
    console.print(terminal.text(tool, "bold"), terminal.text(summary(to_builtins(request))[:1_000]))
    console.print(drawn("effects", to_builtins(tree(decision.commands, decision.effects))))
    console.print(_rules(by, request, decision, everything=everything))
    trust = terminal.text(f"trust {decision.trust.name}", "")
    if decision.why:
        trust += terminal.text(f" ({'; '.join(decision.why)})", "dim")
    console.print(trust)
    grave = terminal.text(f" {decision.classification.name}  ", "bold")
    console.print(terminal.verdict(decision.verdict) + grave + terminal.text(decision.reason))
    if decision.would_be:
        watched = terminal.text("Let pass and watched; without the rule that watches: ", "dim")
        console.print(watched + terminal.verdict(decision.would_be))
    console.print(terminal.text(f"By {terminal.short(by.policy)}. Nothing was recorded.", "dim"))


def _rules(by: "Judged", request: "ActionRequest", decision: "Decision", *, everything: bool) -> "Tree":
    """What decided, what applied but was overruled, what nearly applied and why not."""
    from rich.tree import Tree

    from app.core.classify.names import names
    from app.core.decision import Verdict

    tree = Tree(terminal.text("rules"), guide_style="dim")
    missed = {one.rule: one.failed for one in decision.near}
    fitting = by.rules.candidates(*names(request.tool, request.action)).all
    findings = {rule.finding.rule: rule.finding for rule in fitting}
    for rule in decision.rules:
        word = f"{_STANCES[findings[rule].stance]} " if rule in findings else ""
        # A rule that denies asks where it cannot be told whether it is meant.
        part = "asks: this may be about it" if word == "deny " and decision.verdict is not Verdict.DENY else "decides"
        tree.add(terminal.text(f"{word}{rule}", "bold") + terminal.text(f"  {part}"))
    for rule in findings.keys() - missed.keys() - set(decision.rules):
        tree.add(
            terminal.text(f"{_STANCES[findings[rule].stance]} {rule}") + terminal.text("  applies, overruled", "dim")
        )
    near = [rule for rule in missed if everything or len(missed) <= _FEW or _is_near(findings[rule], missed[rule])]
    for rule in near:
        why = _FAILED.get(missed[rule], missed[rule])
        tree.add(terminal.text(f"{_STANCES[findings[rule].stance]} {rule}  {missed[rule]}: {why}", "dim"))
    if len(near) < len(missed):
        tree.add(terminal.text(f"and {len(missed) - len(near)} that are about other calls; --all shows them", "dim"))
    return tree


def _is_near(finding: "Finding", failed: str) -> bool:
    """Whether somebody may have expected the rule to apply: it got past the commands that it names, if it loosens."""
    if failed == "when":
        return True
    return finding.stance <= _LOG and failed not in ("agents", "command")
