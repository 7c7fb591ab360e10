"""Code that a line writes and then runs, or moves and then deletes: what it does is nobody's word but the line's."""

from app.core.classify.shell.act import LONGEST_VIA, Record
from app.core.classify.shell.project import DATA, WRITES_NO_CODE, is_below
from app.core.model import Effect, EffectKind


def check_own_code(record: Record) -> None:
    """INVARIANT: code that the line itself has written is nobody's code but the line's, wherever it lies."""
    written = [effect for effect in record.effects if effect.kind is EffectKind.WRITE]
    if not written:
        return
    moved = [effect for effect in written if record.commands[effect.command].words[0].rpartition("/")[2] == "mv"]
    for gone in [effect for effect in record.effects if effect.kind is EffectKind.DELETE] if moved else ():
        if any(
            is_below(one.resource, gone.resource.removesuffix("/**")) or one.resource == gone.resource for one in moved
        ):
            why = f"{gone.resource}: moved there in this line, then deleted"
            record.effect(Effect(EffectKind.OPAQUE, why[:LONGEST_VIA], gone.via, "", gone.command))
    runs = [effect for effect in record.effects if effect.kind is EffectKind.RUN]
    # What the project's own code writes, it writes as the project's own code.
    runners = {run.command for run in runs} - record.spoken
    for run in runs:
        record.budget.spend(len(written))
        for write in written:
            # So does what it runs.
            by = {write.command, record.commands[write.command].under}
            if runners.isdisjoint(by) and _becomes(write, run, record):
                record.effect(
                    Effect(
                        EffectKind.OPAQUE,
                        f"{run.resource}: written in this line, then run"[:LONGEST_VIA],
                        run.via,
                        "",
                        run.command,
                    )
                )
                break


def _becomes(write: Effect, run: Effect, record: Record) -> bool:
    """Whether what is written may be among what is run."""
    words = record.commands[write.command].words
    if not write.added_by.startswith((">", "&>")) and words[0].rpartition("/")[2] in WRITES_NO_CODE:
        return False
    if write.resource == run.resource or is_below(run.resource, write.resource.removesuffix("/**")):
        return True
    return is_below(write.resource, run.resource) and not write.resource.endswith(DATA)
