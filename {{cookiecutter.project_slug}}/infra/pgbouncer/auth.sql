-- Lets PgBouncer look up the password of the application's role, and of no other: whoever changes
-- the schema connects to PostgreSQL itself. Run it as a superuser after ../postgres/roles.sql:
--
--     PGBOUNCER_PASSWORD=... psql --set name=shop --file auth.sql postgres

\set ON_ERROR_STOP on
\if :{?name}
\else
    DO $$ BEGIN RAISE 'Name the database: --set name=...'; END $$;
\endif
\set app :name _app
\set pgbouncer_password `printenv PGBOUNCER_PASSWORD`
SELECT :'pgbouncer_password' = '' AS incomplete \gset
\if :incomplete
    DO $$ BEGIN RAISE 'Set PGBOUNCER_PASSWORD.'; END $$;
\endif

-- Passwords belong neither into the log nor into the statistics.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET pg_stat_statements.track_utility = off;

SELECT 'CREATE ROLE pgbouncer LOGIN'
WHERE 'pgbouncer' NOT IN (SELECT rolname FROM pg_roles)
\gexec

ALTER ROLE pgbouncer PASSWORD :'pgbouncer_password';
GRANT CONNECT ON DATABASE :"name" TO pgbouncer;

\connect :"name"

CREATE SCHEMA IF NOT EXISTS pgbouncer;
GRANT USAGE ON SCHEMA pgbouncer TO pgbouncer;

SELECT format(
    $function$
        CREATE OR REPLACE FUNCTION pgbouncer.credentials(name text)
        RETURNS TABLE (username text, password text)
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
            SELECT rolname::text, rolpassword FROM pg_authid WHERE rolname = name AND rolname = %L
        $$
    $function$,
    :'app'
)
\gexec

REVOKE ALL ON FUNCTION pgbouncer.credentials FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgbouncer.credentials TO pgbouncer;
