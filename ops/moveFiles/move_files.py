"""Copies the web UI's uploaded files into a bucket, or back, and notes their new places in its database. Runs in its container; removes nothing.

Reads from standard input, as JSON, what to do: `to`, which is `bucket` or `volume`, and for a bucket `client`, `addressing`, `bucket` and `prefix`; the
way back takes them from the variables of the server. Prints JSON: the number of files `moved`, of those `missing` before, and perhaps an `error`.
Progress goes to standard error as lines of `DONE TOTAL`.
"""

import json
import os
import sqlite3
import sys
from contextlib import closing
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

DATA = os.environ.get("DATA_DIR", "/app/backend/data")
UPLOADS = os.path.join(DATA, "uploads")
QUERY = "select id, path from file where path is not null and path <> '' order by id"


class Database:
    """The table of files, in SQLite or Postgres."""

    def __init__(self):
        url = os.environ.get("DATABASE_URL", "")
        if url.startswith("postgres"):
            import psycopg2

            self.connection, self.mark = psycopg2.connect(url, connect_timeout=10), "%s"
        else:
            path = quote(os.path.join(DATA, "webui.db"))
            self.connection, self.mark = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=60), "?"

    def rows(self):
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(QUERY)
            rows = cursor.fetchall()
        self.connection.commit()
        return rows

    def note(self, places):
        """All at once: (new, id, old). A file that was removed or noted elsewhere meanwhile is left alone."""
        statement = "update file set path = ? where id = ? and path = ?".replace("?", self.mark)
        with closing(self.connection.cursor()) as cursor:
            cursor.executemany(statement, places)
        self.connection.commit()


def client_of(asked):
    variables = {
        "endpoint_url": "S3_ENDPOINT_URL",
        "region_name": "S3_REGION_NAME",
        "aws_access_key_id": "S3_ACCESS_KEY_ID",
        "aws_secret_access_key": "S3_SECRET_ACCESS_KEY",
    }
    own = {key: os.environ[name] for key, name in variables.items() if os.environ.get(name)}
    config = Config(
        s3={"addressing_style": asked.get("addressing") or os.environ.get("S3_ADDRESSING_STYLE")},
        connect_timeout=10,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.client("s3", **(asked.get("client") or own), config=config)


def into_bucket(client, asked, path):
    """Uploads a file; its new place, and whether it was there."""
    name = os.path.basename(path)
    key = f"{asked['prefix']}/{name}"
    local = os.path.join(UPLOADS, name)
    if os.path.isfile(local):
        client.upload_file(local, asked["bucket"], key)
    return f"s3://{asked['bucket']}/{key}", os.path.isfile(local)


def into_volume(client, path):
    """Fetches a file; its new place, and whether it was there."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    local = os.path.join(UPLOADS, key.rsplit("/", 1)[-1])
    partial = local + ".partial"
    try:
        client.download_file(bucket, key, partial)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in ("404", "NoSuchKey"):
            raise
        return local, False
    os.replace(partial, local)
    return local, True


def main():
    asked = json.load(sys.stdin)
    to_bucket = asked["to"] == "bucket"
    database, client = Database(), client_of(asked)
    rows = [(id, path) for id, path in database.rows() if ("://" not in path if to_bucket else path.startswith("s3://"))]
    places, missing = [], 0
    for done, (id, path) in enumerate(rows, 1):
        new, was_there = into_bucket(client, asked, path) if to_bucket else into_volume(client, path)
        places.append((new, id, path))
        missing += not was_there
        print(done, len(rows), file=sys.stderr, flush=True)
    database.note(places)
    return {"moved": len(rows) - missing, "missing": missing}


try:
    print(json.dumps(main()))
except (BotoCoreError, ClientError, OSError, boto3.exceptions.Boto3Error) as error:
    print(json.dumps({"error": str(error)}))
