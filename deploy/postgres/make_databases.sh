#!/bin/sh
# Makes two databases of two accounts when PostgreSQL's volume is new: neither account may enter the other's, so that
# a worker, which has the reports' account, cannot reach Airflow's data.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set reports_password="$REPORTS_PASSWORD" --set airflow_password="$AIRFLOW_PASSWORD" <<'SQL'
-- Migrations make the roles under which jobs work.
CREATE ROLE reports LOGIN CREATEROLE PASSWORD :'reports_password';
CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE DATABASE reports OWNER reports;
CREATE DATABASE airflow OWNER airflow;
REVOKE CONNECT ON DATABASE reports FROM PUBLIC;
REVOKE CONNECT ON DATABASE airflow FROM PUBLIC;
SQL
