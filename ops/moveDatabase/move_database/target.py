"""The Postgres that is to have the data."""

import os

import psycopg2

# A comment on the table alembic_version, where the web UI itself notes the release that has made its schema: it is the first to write another one.
MARK = "move-database: "
UNFINISHED, FINISHED = MARK + "not finished", MARK + "finished"
# That of the web UI's migrations.
LOCK = 7070173250026
PATIENCE = "60s"


class Unreachable(Exception):
    """No connection, and why."""


def connect(given, url):
    schema = given.get("DATABASE_SCHEMA") or os.environ.get("DATABASE_SCHEMA")
    options = {"options": f"-c search_path={schema}"} if schema else {}
    try:
        connection = psycopg2.connect(url, connect_timeout=10, **options)
    except psycopg2.OperationalError as error:
        raise Unreachable(str(error).strip().splitlines()[0]) from None
    with connection.cursor() as cursor:
        # A large table may be silent for long.
        cursor.execute("set idle_in_transaction_session_timeout = 0; set statement_timeout = 0; set client_encoding = 'UTF8'")
    connection.commit()
    return connection


def exists(cursor, table):
    cursor.execute("select to_regclass(%s) is not null", [f'"{table}"'])
    return cursor.fetchone()[0]


def count(cursor, table):
    if not exists(cursor, table):
        return 0
    cursor.execute(f'select count(*) from "{table}"')
    return cursor.fetchone()[0]


def revisions(cursor):
    if not exists(cursor, "alembic_version"):
        return []
    cursor.execute("select version_num from alembic_version")
    return sorted(row[0] for row in cursor.fetchall())


def state(cursor):
    """`empty`; `unfinished` or `finished`, by a move that no web UI has started on since; or `used`."""
    comment = None
    if exists(cursor, "alembic_version"):
        cursor.execute("select obj_description('alembic_version'::regclass)")
        comment = cursor.fetchone()[0]
    if comment in (UNFINISHED, FINISHED):
        return comment[len(MARK) :].replace("not finished", "unfinished")
    return "used" if count(cursor, "user") or count(cursor, "document_chunk") else "empty"


def mark(cursor, text):
    cursor.execute("comment on table alembic_version is %s", [text])


def hold(cursor):
    """Whether no web UI is at its migrations. Until the connection ends; that of a move that was killed lasts until Postgres notices."""
    cursor.execute(f"set lock_timeout = '{PATIENCE}'")
    try:
        cursor.execute("select pg_advisory_lock(%s)", [LOCK])
    except psycopg2.errors.LockNotAvailable:
        return False
    cursor.execute("reset lock_timeout")
    return True
