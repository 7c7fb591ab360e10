"""Clients of databases in shell lines: what they change, where they go, and what is never allowed in passing."""

import pytest

from tests.policies.dialects import by_user, judged, shipped

RULES = shipped("default")


def effects(line: str) -> set[tuple[str, str]]:
    return {(one.kind.value, one.resource) for one in judged(RULES, by_user(line)).effects}


@pytest.mark.parametrize(
    "line",
    [
        "sqlite3 app.db 'select * from users'",
        "sqlite3 app.db .tables",
        "sqlite3 'file:app.db?mode=ro' .tables",
        "sqlite3 -cmd 'select 1' app.db .schema",
        "sqlite3 app.db \"insert into users values (1, 'a')\"",
        "duckdb app.duckdb 'select 1'",
        "duckdb -readonly app.duckdb -csv -c 'describe orders'",
        "duckdb -c \"select count(*) from 'data/x.parquet'\"",
        "duckdb -c \"from 'data/*.csv'\"",
        "psql -c 'select 1'",
        "psql -tAc 'select count(*) from orders' shop",
        "psql -X -h localhost -p 5433 -U me -d shop -c '\\dt'",
        "psql -h /var/run/postgresql -c 'select 1'",
        "psql -l",
        "psql postgres://me:hunter22@localhost/shop -c 'select 1'",
        "mysql -u root shop -e 'show tables'",
        "mariadb -h 127.0.0.1 -e 'select 1' shop",
    ],
)
def test_looking_into_a_database_here_is_ordinary(line: str) -> None:
    found = judged(RULES, by_user(line))
    assert found.allowed, (found.rules, found.effects)


@pytest.mark.parametrize(
    ("line", "effect"),
    [
        ("sqlite3 app.db 'drop table users'", ("delete", "/workspace/app.db")),
        ("sqlite3 app.db 'insert into users values (1)'", ("write", "/workspace/app.db")),
        ("psql -c 'drop table orders'", ("configure", "database: drop")),
        ("psql -c 'insert into a values (1); delete from b'", ("configure", "database: insert, delete")),
        ("psql -h db.example.org -c 'select 1'", ("network", "database://db.example.org")),
        ("psql -h localhost,db.example.org -c 'select 1'", ("network", "database://db.example.org")),
        ("psql -h 10.0.0.8 -c 'select 1'", ("network", "database://10.0.0.8")),
        ("psql postgres://db.example.org/shop -c 'select 1'", ("network", "postgres://db.example.org/shop")),
        ("psql -o out.txt -c 'select 1'", ("write", "/workspace/out.txt")),
    ],
)
def test_what_a_statement_does_is_an_effect(line: str, effect: tuple[str, str]) -> None:
    assert effect in effects(line)


@pytest.mark.parametrize(
    "line",
    [
        "sqlite3 app.db 'drop table users'",
        "sqlite3 app.db '.shell ls'",
        'sqlite3 app.db "$statement"',
        "sqlite3 -cmd 'drop table users' app.db 'select 1'",
        "sqlite3 ~/other.db 'select 1'",
        "sqlite3 app.db < x.sql",
        "psql",
        "psql shop",
        "psql -f x.sql",
        "psql -c 'select 1' -f x.sql",
        "psql -c 'drop table orders'",
        "psql -c \"copy orders to program 'sh'\"",
        "psql -c '\\! ls'",
        'psql -c "$statement"',
        "psql -h \"$host\" -c 'select 1'",
        "psql -h db.example.org -c 'select 1'",
        "psql 'host=db.example.org' -c 'select 1'",
        "psql -d \"$database\" -c 'select 1'",
        "PGHOST=db.example.org psql -c 'select 1'",
        "mysql -e 'system ls'",
        "mysql -e '\\! ls'",
        "mysql shop < x.sql",
        "mysql -h db.example.org -e 'select 1'",
        "duckdb app.duckdb \"select * from '/etc/passwd'\"",
        "duckdb -c \"select * from '/etc/x.csv'\"",
        "duckdb -c \"select * from 'credentials.json'\"",
        "duckdb -c \"create table t as select * from 'x.csv'\"",
        "duckdb -cmd 'select 1'",
        "duckdb app.duckdb -c 'select 1' -f x.sql",
        "sqlite3 file:app.db 'select 1'",
        "duckdb md:x -c 'select 1'",
    ],
)
def test_what_does_more_than_look_is_not_allowed_in_passing(line: str) -> None:
    found = judged(RULES, by_user(line))
    assert not found.allowed, found.effects
