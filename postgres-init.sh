#!/bin/bash
# Runs once, on an empty volume: the shop's role, not a superuser, its database, and a role that may see what runs.
set -euo pipefail

# psql reads the password itself: it stands in no process list and in no statement log.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat /secrets/postgres/database_password`
CREATE ROLE shop LOGIN PASSWORD :'password';
CREATE DATABASE shop OWNER shop TEMPLATE template0 ENCODING UTF8 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
REVOKE ALL ON DATABASE shop FROM PUBLIC;
-- The Collector's receiver reads the statements of all databases from this one.
CREATE EXTENSION pg_stat_statements;
\set password `cat /secrets/postgres/monitor_password`
CREATE ROLE monitor LOGIN PASSWORD :'password' IN ROLE pg_monitor CONNECTION LIMIT 10;
GRANT CONNECT ON DATABASE shop TO monitor;
\connect shop
CREATE EXTENSION pg_stat_statements;
SQL
