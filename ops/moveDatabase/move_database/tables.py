"""Copies all tables, in one transaction of Postgres: whenever this is killed, nothing of it is there. It ends only after both sides were
compared. Rows come and go one at a time, so the memory that it takes is that of one row."""

import hashlib
import json
import time

from .schema import listed, postgres_tables, primary_key, quoted, references, sqlite_tables
from .values import EMPTIED, Unfit, canonical, copied, fit, read

# They say what has happened to a schema, and each side has its own.
OWN = ("alembic_version", "migratehistory", "document_chunk")
CHUNK = 1 << 20
SHOWN_EVERY = 0.5


class Refused(Exception):
    """What a person has to decide on or to repair."""


class Digest:
    """Tells whether two sets of rows are the same, in whatever order they come."""

    def __init__(self):
        self.rows = 0
        self.sum = 0

    def add(self, kinds, values):
        row = hashlib.sha256()
        for kind, value in zip(kinds, values):
            if value is None:
                row.update(b"-")
            else:
                text = canonical(kind, value).encode()
                row.update(b"%d:" % len(text))
                row.update(text)
        self.rows += 1
        self.sum = (self.sum + int.from_bytes(row.digest(), "big")) % (1 << 256)

    @property
    def text(self):
        return f"{self.sum:064x}"


class Stream:
    """Lines as a file that COPY reads."""

    def __init__(self, lines):
        self.lines = lines
        self.rest = b""
        self.error = None

    def read(self, size):
        parts, length = [self.rest], len(self.rest)
        try:
            while length < size:
                line = next(self.lines, None)
                if line is None:
                    break
                parts.append(line)
                length += len(line)
        except BaseException as error:
            # The driver would say it in words of its own.
            self.error = error
            raise
        text = b"".join(parts)
        self.rest = text[size:]
        return text[:size]


class Copy:
    """Copies the tables that both databases have.

    @param old the SQLite database: a copy of the real one, which is repaired on the way.
    @param new an open transaction of Postgres.
    @param say gets what is to be known, as keyword arguments.
    """

    def __init__(self, old, new, say):
        self.old = old
        self.new = new
        self.say = say
        self.notes = {}
        self.shown = 0
        old.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        ours = sqlite_tables(old)
        with new.cursor() as cursor:
            theirs = postgres_tables(cursor)
        self.columns = {
            table: [column for column in columns if column.name in ours[table]]
            for table, columns in theirs.items()
            if table in ours and table not in OWN
        }
        self.left = {
            table: [name for name in names if name not in {column.name for column in theirs[table]}]
            for table, names in ours.items()
            if table in self.columns
        }
        self.strange = [table for table in ours if table not in theirs and table not in OWN]
        self.total = sum(self.count(table) for table in self.columns)

    def count(self, table, where="true"):
        return self.old.execute(f"select count(*) from {quoted(table)} where {where}").fetchone()[0]

    def note(self, table, column, what, count=1):
        key = (table, column, what)
        self.notes[key] = self.notes.get(key, 0) + count

    def noted(self):
        return [{"table": table, "column": column, "what": what, "count": count} for (table, column, what), count in self.notes.items()]

    def show(self, what, done):
        now = time.monotonic()
        if now - self.shown > SHOWN_EVERY:
            self.shown = now
            self.say(progress={"what": what, "done": done, "total": self.total})

    def left_behind(self):
        """What only the old database has, as far as there is something in it."""
        tables = [{"table": table, "rows": self.count(table)} for table in self.strange]
        columns = [
            {"table": table, "column": name, "rows": self.count(table, f"{quoted(name)} is not null")}
            for table, names in self.left.items()
            for name in names
        ]
        return [one for one in tables + columns if one["rows"]]

    def drop_orphans(self, all_references):
        """SQLite does not watch over references. What Postgres would have done when their target went is done now."""
        changed = True
        while changed:
            changed = False
            for one in all_references:
                if one.to not in self.columns:
                    continue
                present = " and ".join(f"{quoted(name)} is not null" for name in one.columns)
                match = " and ".join(f"t.{quoted(to)} = o.{quoted(name)}" for name, to in zip(one.columns, one.to_columns))
                lost = f"{present} and not exists (select 1 from {quoted(one.to)} t where {match})"
                empties = one.on_delete == "n"
                change = (
                    f"update {quoted(one.table)} as o set {', '.join(f'{quoted(name)} = null' for name in one.columns)}"
                    if empties
                    else f"delete from {quoted(one.table)} as o"
                )
                count = self.old.execute(f"{change} where {lost}").rowcount
                if count:
                    changed = True
                    what = f"references to what is no longer in {one.to}, " + ("emptied" if empties else "left out with their rows")
                    self.note(one.table, ", ".join(one.columns), what, count)
        self.old.commit()

    def make_room(self, cursor, table):
        """Lets Postgres take what SQLite has taken in spite of its own schema."""
        keys = primary_key(cursor, table)
        for column in self.columns[table]:
            name = quoted(column.name)
            alter = f"alter table {quoted(table)} alter column {name}"
            if not column.nullable:
                count = self.count(table, f"{name} is null")
                if count and column.name in keys:
                    raise Refused(f"{count} rows of {table} have no {column.name}, which is their key: remove them from webui.db")
                if count:
                    cursor.execute(f"{alter} drop not null")
                    column.nullable = True
                    self.note(table, column.name, "empty values in a column that should have none, kept", count)
            if column.limit:
                count = self.count(table, f"length({name}) > {column.limit}")
                if count:
                    cursor.execute(f"{alter} type text")
                    self.note(table, column.name, f"texts of more than {column.limit} characters, kept", count)

    def fitted(self, table, column, value, row):
        try:
            return fit(column, value, lambda what: self.note(table, column.name, what))
        except Unfit:
            if column.nullable:
                self.note(table, column.name, EMPTIED)
                return None
            shown = json.dumps(str(row[0]))
            raise Refused(
                f"{table}.{column.name} has a value that a column of type {column.kind} does not take, in the row that begins with {shown}:"
                " correct it in webui.db"
            ) from None

    def lines(self, table, digest, before):
        columns = self.columns[table]
        kinds = [column.kind for column in columns]
        for row in self.old.execute(f"select {listed(column.name for column in columns)} from {quoted(table)}"):
            values = [self.fitted(table, column, value, row) for column, value in zip(columns, row)]
            digest.add(kinds, values)
            self.show(f"copying {table}", before + digest.rows)
            yield ("\t".join(map(copied, values)) + "\n").encode()

    def copy_table(self, cursor, table, before):
        digest = Digest()
        stream = Stream(self.lines(table, digest, before))
        names = listed(column.name for column in self.columns[table])
        try:
            cursor.copy_expert(f"copy {quoted(table)} ({names}) from stdin", stream, CHUNK)
        except Exception:
            if stream.error:
                raise stream.error from None
            raise
        return digest

    def set_sequences(self, cursor, table):
        for column in self.columns[table]:
            cursor.execute("select pg_get_serial_sequence(%s, %s)", [quoted(table), column.name])
            [sequence] = cursor.fetchone()
            if sequence:
                most = f"select max({quoted(column.name)}) as most from {quoted(table)}"
                cursor.execute(f"select setval(%s, greatest(coalesce(most, 1), 1), most is not null) from ({most}) m", [sequence])

    def compare(self, table, old, before):
        """@raises Refused when Postgres has anything else than SQLite."""
        columns = self.columns[table]
        kinds = [column.kind for column in columns]
        new = Digest()
        with self.new.cursor("compare") as cursor:
            # Few rows at a time: one may have a whole chat.
            cursor.itersize = 50
            cursor.execute(f"select {', '.join(f'{quoted(column.name)}::text' for column in columns)} from {quoted(table)}")
            for row in cursor:
                new.add(kinds, [read(kind, text) for kind, text in zip(kinds, row)])
                self.show(f"comparing {table}", before + new.rows)
        if (new.rows, new.text) != (old.rows, old.text):
            raise Refused(
                f"the table {table} differs after the copy: {old.rows} rows with the digest {old.text[:16]} in SQLite,"
                f" {new.rows} with {new.text[:16]} in Postgres"
            )

    def run(self):
        """Copies and compares; commits nothing. Returns rows and digest by table."""
        digests = {}
        with self.new.cursor() as cursor:
            cursor.execute("set local timezone = 'UTC'; set local datestyle = 'ISO'; set local bytea_output = 'hex'")
            keys = references(cursor, self.columns)
            for one in keys:
                cursor.execute(f"alter table {quoted(one.table)} drop constraint {quoted(one.name)}")
            self.drop_orphans(keys)
            self.total = sum(self.count(table) for table in self.columns)
            cursor.execute(f"truncate {listed(self.columns)}")
            done = 0
            for table in self.columns:
                self.make_room(cursor, table)
                digests[table] = self.copy_table(cursor, table, done)
                self.set_sequences(cursor, table)
                done += digests[table].rows
            for one in keys:
                cursor.execute(f"alter table {quoted(one.table)} add constraint {quoted(one.name)} {one.definition}")
        done = 0
        for table, digest in digests.items():
            self.compare(table, digest, done)
            done += digest.rows
        return {table: {"rows": digest.rows, "digest": digest.text} for table, digest in digests.items()}
