"""Writes to the web UI's database and searches vectors in it, as the web UI does, and takes all of it back. Prints what it has seen as JSON."""

import json
import os

import psycopg2

try:
    with psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=10) as connection:
        with connection.cursor() as cursor:
            cursor.execute("create table open_webui_verify (id int primary key, place vector(3) not null)")
            cursor.execute("insert into open_webui_verify values (1, '[1,0,0]'), (2, '[0,1,0]'), (3, '[0,0,1]')")
            cursor.execute("create index on open_webui_verify using hnsw (place vector_cosine_ops)")
            cursor.execute("select id from open_webui_verify order by place <=> '[0.1,0.9,0]' limit 1")
            nearest = cursor.fetchone()[0]
            cursor.execute(
                "select (select count(*) from pg_stat_activity where datname = current_database()),"
                " current_setting('max_connections')::int, current_setting('server_version'),"
                " (select extversion from pg_extension where extname = 'vector')"
            )
            connections, limit, version, vector = cursor.fetchone()
        connection.rollback()
    print(json.dumps({"nearest": nearest, "connections": connections, "limit": limit, "version": version, "vector": vector}))
except psycopg2.Error as error:
    print(json.dumps({"error": (str(error).strip().splitlines() or [type(error).__name__])[0]}))
