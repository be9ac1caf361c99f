"""What the two databases have: tables, columns, and how tables refer to each other."""

from dataclasses import dataclass
from typing import Callable

from .values import FITS, fit_enum, fit_text


@dataclass
class Column:
    name: str
    # As Postgres calls its type.
    kind: str
    nullable: bool
    # Most characters; None for any number.
    limit: int | None
    fit: Callable


@dataclass
class Reference:
    """Columns of a table that name a row of another one."""

    name: str
    table: str
    columns: list
    to: str
    to_columns: list
    # What becomes of the row when that other one goes, as Postgres abbreviates it.
    on_delete: str
    definition: str


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def listed(names):
    return ", ".join(map(quoted, names))


def postgres_tables(cursor):
    """Names of tables, each with its columns that can be written."""
    cursor.execute(
        """
        select c.relname, a.attname, t.typname, t.typtype, a.atttypmod, a.attnotnull,
               (select array_agg(e.enumlabel::text) from pg_enum e where e.enumtypid = t.oid)
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        join pg_type t on t.oid = a.atttypid
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
        order by c.relname, a.attnum
        """
    )
    tables = {}
    for table, name, kind, form, modifier, required, labels in cursor.fetchall():
        limit = modifier - 4 if kind in ("varchar", "bpchar") and modifier > 4 else None
        fit = fit_enum(labels) if form == "e" else FITS.get(kind, fit_text)
        tables.setdefault(table, []).append(Column(name, kind, not required, limit, fit))
    return tables


def references(cursor, tables):
    """Foreign keys of these tables."""
    cursor.execute(
        """
        select c.conname, o.relname, t.relname, c.confdeltype, pg_get_constraintdef(c.oid),
               (select array_agg(a.attname::text order by k.n) from unnest(c.conkey) with ordinality k(key, n)
                join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.key),
               (select array_agg(a.attname::text order by k.n) from unnest(c.confkey) with ordinality k(key, n)
                join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.key)
        from pg_constraint c join pg_class o on o.oid = c.conrelid join pg_class t on t.oid = c.confrelid
        where c.contype = 'f' and c.connamespace = current_schema()::regnamespace
        order by o.relname, c.conname
        """
    )
    return [
        Reference(name, table, columns, to, to_columns, on_delete, definition)
        for name, table, to, on_delete, definition, columns, to_columns in cursor.fetchall()
        if table in tables
    ]


def primary_key(cursor, table):
    cursor.execute(
        """
        select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
        where i.indrelid = to_regclass(%s) and i.indisprimary
        """,
        [quoted(table)],
    )
    return [row[0] for row in cursor.fetchall()]


def sqlite_tables(database):
    """Names of tables, each with the names of its columns that hold something of their own."""
    names = [row[0] for row in database.execute("select name from sqlite_master where type = 'table' order by name")]
    return {
        name: [row[1] for row in database.execute(f"pragma table_xinfo({quoted(name)})") if row[6] == 0]
        for name in names
        if not name.startswith("sqlite_")
    }
