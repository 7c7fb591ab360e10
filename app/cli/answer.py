"""`agent-sudo approve` and `deny`: one approval is shown whole, then answered."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.approvals import ApprovalId
from app.cli.failure import NO, Failure
from app.cli.options import AsJson, Operator, PassphraseStdin, Url

if TYPE_CHECKING:
    from app.cli.service import Service

Yes = Annotated[
    bool, typer.Option("--yes", help="Do not ask again; for scripts that have looked at `approvals show --json`.")
]


def approve(
    approval: ApprovalId,
    *,
    session: Annotated[
        bool, typer.Option("--for-session", help="Exactly this request, as often as it comes, until its session ends.")
    ] = False,
    edit: Annotated[
        bool, typer.Option("--edit", help="Write other arguments in your editor ($VISUAL, $EDITOR), and approve those.")
    ] = False,
    yes: Yes = False,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Show a request that waits, and let exactly that run. What is critical takes the passphrase with the answer."""
    from app.cli.service import Service, quoted

    if as_json and not yes:
        raise typer.BadParameter("--json is for programs, which answer with --yes.")
    if edit and (yes or session):
        raise typer.BadParameter("--edit is for people, and what they edit is approved once.")
    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    found = _shown(service, approval, as_json=as_json)
    scope = "session" if session else "once"
    question = "Let exactly this run until its session ends?" if session else "Let exactly this run?"
    body: dict[str, Any] = {"decision": "approve", "scope": scope}
    if edit:
        body["arguments"], question = _edited(found), "Let exactly this run instead?"
    _confirm(question, yes=yes)
    if found["level"] == "REQUIRE_STRONG_APPROVAL":
        # INVARIANT: the passphrase goes with this one answer, and where a person sits they type it for that.
        body["passphrase"] = service.sign_in[1] if passphrase_stdin else _again(service)
    answer = _answered(service, approval, body, as_json=as_json)
    if edit:
        # What was asked has ended; what was written in its place is an approval of its own.
        answer = service.get(f"/approvals/{quoted(answer['edited_into'])}")
    if not as_json:
        _say(answer, "It may run" if answer["status"] == "approved" else "You agree, and others must")


def deny(
    approval: ApprovalId,
    *,
    message: Annotated[str, typer.Option("--message", metavar="TEXT", help="What the agent hears.")] = "",
    session: Annotated[bool, typer.Option("--end-session", help="End the session in which it was asked, too.")] = False,
    operator: Operator = "",
    passphrase_stdin: PassphraseStdin = False,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Refuse a request that waits. Nothing is asked: a no is safe, and the agent may ask again."""
    from app.cli.service import Service

    service = Service(url, operator, passphrase_stdin=passphrase_stdin)
    scope = "session" if session else "once"
    answer = _answered(service, approval, {"decision": "deny", "scope": scope, "message": message}, as_json=as_json)
    if not as_json:
        _say(answer, "The agent is told no")


def _shown(service: "Service", approval: str, *, as_json: bool) -> Any:
    """All of it, before anything is asked; programs have asked for it themselves."""
    from app.cli.asked import show
    from app.cli.service import quoted

    found = service.get(f"/approvals/{quoted(approval)}")
    if not as_json:
        show(found)
    if found["status"] != "pending":
        raise Failure(
            f"This approval is {found['code']} already.", "agent-sudo approvals list shows what waits.", code=NO
        )
    if not found["readable"]:
        raise Failure("Its arguments are more than a person can have read; it can only be denied.", code=NO)
    return found


def _edited(found: dict[str, Any]) -> Any:
    """Other arguments, shown as all that would run, and what of it is new."""
    from app.cli.asked import show_instead
    from app.cli.edit import edited
    from app.cli.terminal import is_interactive

    if not is_interactive():
        raise Failure("There is no terminal to edit at, so nothing was approved.")
    if found["request"] is None:
        raise Failure("The request was erased and cannot be edited.", code=NO)
    arguments = edited(found["request"].get("arguments", {}))
    show_instead(found["request"], arguments)
    return arguments


def _confirm(question: str, *, yes: bool) -> None:
    from app.cli.terminal import is_interactive

    if yes:
        return
    # INVARIANT: without --yes nothing is approved that nobody has said yes to at a terminal.
    if not is_interactive():
        raise Failure("There is no terminal to ask at, so nothing was approved.", "--yes answers for a script.")
    if not typer.confirm(f"\n{question}", default=False, err=True):
        raise Failure(
            "Nothing was approved. It waits until it expires.", "agent-sudo deny refuses it at once.", code=NO
        )


def _again(service: "Service") -> str:
    from app.cli.passphrase import passphrase

    return passphrase(service.sign_in[0], from_stdin=False)


def _answered(service: "Service", approval: str, body: dict[str, Any], *, as_json: bool) -> Any:
    from app.cli import terminal
    from app.cli.service import quoted

    answer = service.post(f"/approvals/{quoted(approval)}/decision", body)
    if as_json:
        terminal.document(answer)
    return answer


def _say(answer: dict[str, Any], words: str) -> None:
    from app.cli import terminal

    terminal.output().print(f"{words}: {terminal.safe(answer['id'])} is {terminal.safe(answer['code'])}.")
