#!/bin/sh
# The product's own role, which row policies hold for, and its database, which sorts by code. docs/settings.md says why.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$SHOUWEN_DATABASE_PASSWORD" -U postgres <<'SQL'
CREATE ROLE shouwen LOGIN PASSWORD :'password';
CREATE DATABASE shouwen OWNER shouwen TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
SQL
