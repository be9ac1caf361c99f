"""Values on their way from SQLite, which takes anything anywhere, into the types of Postgres.

`fit` turns what SQLite has into a Python value that a column of Postgres takes, and notes whatever it has to mend for that. `copied` is that
value for COPY. `canonical` is one text for it, the same for what SQLite had and for what Postgres has afterwards (`read`), so that the two
can be compared.
"""

import datetime
import json
import math
import re
from decimal import Decimal, InvalidOperation

NUL = "NUL characters, removed"
BROKEN = "invalid characters, replaced by U+FFFD"
NO_NUMBER = "NaN or Infinity in JSON, replaced by null"
NO_JSON = "texts that are no JSON, kept as JSON strings"
ROUNDED = "fractions in whole numbers, rounded"
EMPTIED = "values that its type does not take, left empty"

SURROGATE = re.compile("[\ud800-\udfff]")
# Perhaps half a character or a NUL: what stands behind an escaped backslash is none.
SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


class Unfit(ValueError):
    """A value that its column cannot take."""


def clean_text(text, note):
    """As Postgres takes it: without NUL, and without halves of characters."""
    if "\0" in text:
        note(NUL)
        text = text.replace("\0", "")
    if not text.isascii() and SURROGATE.search(text):
        note(BROKEN)
        text = SURROGATE.sub("\ufffd", text)
    return text


def clean_json(value, note):
    if isinstance(value, str):
        return clean_text(value, note)
    if isinstance(value, dict):
        return {clean_text(key, note): clean_json(inner, note) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean_json(inner, note) for inner in value]
    return value


def fit_text(value, note):
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    return clean_text(value if isinstance(value, str) else str(value), note)


def fit_json(value, note):
    """The text as it was, wherever Postgres and the web UI can read it."""
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        text = json.dumps(text)
    mended = []

    def constant(_):
        mended.append(NO_NUMBER)

    try:
        parsed = json.loads(text, parse_constant=constant)
        if not mended and not SUSPECT.search(text) and (text.isascii() or not SURROGATE.search(text)):
            return text
        cleaned = clean_json(parsed, mended.append)
        if not mended:
            return text
        again = json.dumps(cleaned, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        note(NO_JSON)
        return json.dumps(clean_text(text, note), ensure_ascii=False)
    for what in set(mended):
        note(what)
    return again


def fit_integer(bits):
    least, most = -(2 ** (bits - 1)), 2 ** (bits - 1)

    def fit(value, note):
        if isinstance(value, str):
            try:
                value = int(value)
            except ValueError:
                value = float(value)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise Unfit
            if value != round(value):
                note(ROUNDED)
            value = round(value)
        if not isinstance(value, int) or not least <= value < most:
            raise Unfit
        return value

    return fit


def fit_boolean(value, _):
    if isinstance(value, (int, float)):
        return bool(value)
    if isinstance(value, str) and value.lower() in BOOLEANS:
        return BOOLEANS[value.lower()]
    raise Unfit


def fit_float(value, _):
    if isinstance(value, bytes):
        raise Unfit
    return float(value)


def fit_decimal(value, _):
    if isinstance(value, bytes):
        raise Unfit
    return Decimal(str(value))


def fit_bytes(value, _):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def fit_date(value, _):
    if not isinstance(value, str):
        raise Unfit
    return datetime.datetime.fromisoformat(value).date()


def fit_time(with_zone):
    def fit(value, _):
        if not isinstance(value, str):
            raise Unfit
        moment = datetime.datetime.fromisoformat(value)
        utc = datetime.timezone.utc
        if with_zone:
            return moment.replace(tzinfo=utc) if moment.tzinfo is None else moment.astimezone(utc)
        return moment if moment.tzinfo is None else moment.astimezone(utc).replace(tzinfo=None)

    return fit


def fit_enum(labels):
    def fit(value, _):
        if value not in labels:
            raise Unfit
        return value

    return fit


FITS = {
    "bool": fit_boolean,
    "int2": fit_integer(16),
    "int4": fit_integer(32),
    "int8": fit_integer(64),
    "float4": fit_float,
    "float8": fit_float,
    "numeric": fit_decimal,
    "json": fit_json,
    "jsonb": fit_json,
    "bytea": fit_bytes,
    "date": fit_date,
    "timestamp": fit_time(False),
    "timestamptz": fit_time(True),
}


def fit(column, value, note):
    """@raises Unfit for what the column cannot take."""
    if value is None:
        return None
    try:
        return column.fit(value, note)
    except (ValueError, TypeError, OverflowError, InvalidOperation) as error:
        raise Unfit(str(error)) from error


def written(value):
    """As Postgres reads it."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return str(value)


def copied(value):
    """A field of COPY's text format."""
    if value is None:
        return "\\N"
    text = written(value)
    if not isinstance(value, (str, bytes)):
        return text
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def canonical_json(text):
    """One text for all that mean the same to jsonb."""
    return json.dumps(json.loads(text, parse_float=lambda number: str(Decimal(number).normalize())), sort_keys=True)


def read(kind, text):
    """What Postgres writes, as `fit` has made it."""
    if text is None:
        return None
    if kind == "bool":
        return text == "true"
    if kind in ("float4", "float8"):
        return float(text)
    if kind == "numeric":
        return Decimal(text)
    if kind == "bytea":
        return bytes.fromhex(text[2:])
    if kind in ("timestamp", "timestamptz"):
        return datetime.datetime.fromisoformat(text)
    return text


def canonical(kind, value):
    """One text for a value, wherever it comes from."""
    if value is None:
        return ""
    if kind == "jsonb":
        return canonical_json(value)
    if kind == "numeric":
        return str(value.normalize())
    return written(value)
