"""Tries a Postgres of one's own as the web UI will use it. Reads the address from standard input, and prints what it has found as JSON.

  connection  why there is none; null when there is
  version     as Postgres has it: 170012
  vector      version of the extension in the database; null where it has none
  available   whether the server could give it that
  creates     whether the role may make tables
  limit       connections that the role, the database and the server allow at most
  encoding    of the database
  role        as SQL writes it
  maintenance bytes that it may take to build an index
"""

import json
import sys

import psycopg2

QUERY = """
select current_setting('server_version_num')::int,
  (select extversion from pg_extension where extname = 'vector'),
  exists (select from pg_available_extensions where name = 'vector'),
  has_schema_privilege(current_schema(), 'create'),
  (select least(
    nullif(rolconnlimit, -1), nullif(datconnlimit, -1),
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  ) from pg_roles, pg_database where rolname = current_user and datname = current_database()),
  current_setting('server_encoding'),
  quote_ident(current_user),
  pg_size_bytes(current_setting('maintenance_work_mem'))
"""
FIELDS = ("version", "vector", "available", "creates", "limit", "encoding", "role", "maintenance")

address = sys.stdin.read().strip()
try:
    with psycopg2.connect(address, connect_timeout=10) as connection, connection.cursor() as cursor:
        cursor.execute(QUERY)
        print(json.dumps({"connection": None, **dict(zip(FIELDS, cursor.fetchone()))}))
except psycopg2.Error as error:
    # The first line says why; a password is never part of it.
    print(json.dumps({"connection": (str(error).strip().splitlines() or [type(error).__name__])[0]}))
