"""Every line that was collected for the policies is understood without a fault, and none comes to nothing."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from app.core.budget import Budget, BudgetExceededError
from app.core.classify.paths import Place
from app.core.classify.shell import read_line
from app.core.model import EffectKind

LINES = Path(__file__).parents[3] / "cases" / "lines"
PLACE = Place("/workspace", "/home/user")


def collected(path: Path) -> list[str]:
    groups: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    found: list[str] = []
    for group in groups.values():
        found += group.splitlines() if isinstance(group, str) else group
    return found


@pytest.mark.parametrize("path", sorted(LINES.glob("**/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_was_collected_is_read(path: Path) -> None:
    lines = collected(path)
    assert len(lines) > 50
    for line in lines:
        try:
            commands, effects = read_line(line, PLACE, Budget(20_000))
        except BudgetExceededError:
            continue  # which is opaque, to whoever asked
        assert commands or effects or line.lstrip()[:1] in ("", "#"), line


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("less '+!sh' notes.txt", {EffectKind.OPAQUE}),
        ("git rebase -s mine main", {EffectKind.OPAQUE}),
        ("git rebase -s ort main", {EffectKind.RUN}),
        ("lynx -dump docs/index.html", {EffectKind.READ}),
        ("cmake --build build -- mine", {EffectKind.EXECUTE}),
        ("ffmpeg -i a.mp4 -vf movie=b.mp4 c.gif", {EffectKind.OPAQUE}),
        ("lynx -dump https://docs.python.org/3/", {EffectKind.FETCH}),
        ("lynx -dump evil.example", {EffectKind.OPAQUE}),
        ("git show $(git rev-parse v1.2.0):src/a.py", {EffectKind.READ}),
        ("sed -i 's/^/x;/' scripts/*.sh && ./scripts/test.sh", {EffectKind.OPAQUE}),
        ("ruff check --config lint.mine=x src", {EffectKind.OPAQUE}),
        ("find . -delete -name '*.pyc'", {EffectKind.DELETE}),
        ('git branch "$NAME"', {EffectKind.OPAQUE}),
        ("sqlite3 app.db .tables", {EffectKind.READ}),
        ("sqlite3 app.db 'select count(*) from orders where total > 5'", {EffectKind.READ}),
        ("sqlite3 app.db 'select load_extension(1)'", {EffectKind.OPAQUE}),
        ("sqlite3 app.db 'delete from orders'", {EffectKind.DELETE}),
        ("python manage.py check --deploy", {EffectKind.RUN}),
        ("ffprobe concat:a|b", {EffectKind.OPAQUE}),
        ("kubectl get secrets", {EffectKind.OPAQUE}),
        ("printenv AWS_SECRET_ACCESS_KEY", {EffectKind.READ}),
        ("kill %1", set()),
        ("npm start & PID=$!; kill $PID", {EffectKind.RUN}),
        ("kill -9 -$!", {EffectKind.OPAQUE}),
        ("bash -n a.sh b.sh", {EffectKind.READ}),
        ("npm run generate:icons", {EffectKind.RUN}),
        ("dotnet test --logger ./other.dll", {EffectKind.RUN, EffectKind.OPAQUE}),
        ("dotnet test --collect 'Some Collector'", {EffectKind.RUN, EffectKind.OPAQUE}),
        ("clang-tidy src/a.cpp -- -fplugin=x.so", {EffectKind.READ, EffectKind.OPAQUE}),
        ("java @flags", {EffectKind.OPAQUE}),
        ("java Main.java", {EffectKind.RUN}),
        ("terraform apply -var-file=/etc/vars", {EffectKind.RUN, EffectKind.CONFIGURE, EffectKind.READ}),
        ("go tool pprof -top host:6060/profile", {EffectKind.READ, EffectKind.NETWORK}),
        ("sed -i '1,xd' notes.txt", {EffectKind.OPAQUE}),
        ("find src -name '*.py' -exec cp a.py {} +", {EffectKind.WRITE, EffectKind.DELETE}),
        ('git checkout "$NAME"', {EffectKind.OPAQUE}),
        ('git checkout "$(git merge-base main HEAD)"', {EffectKind.RUN}),
        ("find src -name '*.c' -exec sort -o {} a.c \\;", {EffectKind.WRITE, EffectKind.DELETE}),
        ("kill 4711", {EffectKind.CONFIGURE}),
        ("./node_modules/.bin/tsc --noEmit", {EffectKind.RUN}),
        ("./gradlew test", {EffectKind.RUN}),
        ("git tag | xargs -n1 git show", {EffectKind.OPAQUE}),
        ("git show HEAD:src/app.py", {EffectKind.READ}),
        ("git log -L 1,9:src/app.py", {EffectKind.READ}),
        ('git log -L "$WHERE"', {EffectKind.OPAQUE}),
        ('git diff "$WHAT"', {EffectKind.OPAQUE}),
        ("find . -name '*.log' > list && rm list | xargs rm", {EffectKind.DELETE}),
        ("find $(rm x) -name '*.log' | xargs cat", {EffectKind.OPAQUE}),
        ("find . -name '*.log' -delete | xargs cat", {EffectKind.OPAQUE}),
        ("dd if=/dev/zero of=disk.img", {EffectKind.WRITE}),
        ("npm run dev -- --host 0.0.0.0", {EffectKind.RUN, EffectKind.NETWORK}),
        ("java -cp target/classes:lib/a.jar Main", {EffectKind.RUN}),
        ("npm run build -- --outDir src", {EffectKind.RUN, EffectKind.DELETE}),
        ("npm run build -- --outDir=src", {EffectKind.RUN, EffectKind.DELETE}),
        ("cat $(ls a*.py) $(ls b*.py) $(ls c*.py) $(ls d*.py) $(ls e*.py)", {EffectKind.OPAQUE}),
        ("$(ls bin/*.sh)", {EffectKind.OPAQUE}),
        ("setsid -f scripts/poll.sh", {EffectKind.PERSIST, EffectKind.RUN}),
        ("nohup bash -c 'while :; do bash scripts/poll.sh; done' &", {EffectKind.PERSIST, EffectKind.RUN}),
        ('cat "$(ls *.py | head -1)"', {EffectKind.OPAQUE}),
        ('git checkout "$(git rev-parse main)"', {EffectKind.RUN}),
        ("mix do format + test", {EffectKind.RUN}),
    ],
)
def test_what_a_role_or_a_flag_means(line: str, kinds: set[EffectKind]) -> None:
    _, effects = read_line(line, PLACE, Budget(20_000))
    assert kinds <= {effect.kind for effect in effects}, [(effect.kind.value, effect.resource) for effect in effects]
