-- Roles and database as a deployment wants them, whatever was there before. Before it come the variables of psql: `application` and `operations`
-- are what Postgres needs to recognize their passwords.
\set ON_ERROR_STOP on
-- The log shows no statement that fails.
SET log_min_error_statement = panic;
SET client_min_messages = warning;

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['open_webui', 'operations']) AS name
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE open_webui LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'application';
ALTER ROLE operations LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'operations';
GRANT pg_read_all_data, pg_monitor TO operations;

SELECT 'CREATE DATABASE open_webui OWNER open_webui'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'open_webui') \gexec
REVOKE ALL ON DATABASE open_webui, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE open_webui, postgres TO operations;

\connect open_webui
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
ALTER EXTENSION vector UPDATE;
