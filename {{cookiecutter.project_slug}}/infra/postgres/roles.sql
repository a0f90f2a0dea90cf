-- The database and its two roles. Run it as a superuser, as often as you like:
--
--     APP_PASSWORD=... MIGRATOR_PASSWORD=... psql --set name=shop --file roles.sql postgres
--
-- NAME_migrator owns the database and changes its schema; only `manage.py migrate` signs in as it.
-- NAME_app reads and writes rows, which is all that web and worker processes may do.

\set ON_ERROR_STOP on
\if :{?name}
\else
    DO $$ BEGIN RAISE 'Name the database: --set name=...'; END $$;
\endif
\set migrator :name _migrator
\set app :name _app
\set migrator_password `printenv MIGRATOR_PASSWORD`
\set app_password `printenv APP_PASSWORD`
SELECT :'migrator_password' = '' OR :'app_password' = '' AS incomplete \gset
\if :incomplete
    DO $$ BEGIN RAISE 'Set MIGRATOR_PASSWORD and APP_PASSWORD.'; END $$;
\endif

-- Passwords belong neither into the log nor into the statistics.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET pg_stat_statements.track_utility = off;

SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(ARRAY[:'migrator', :'app']) AS role
WHERE role NOT IN (SELECT rolname FROM pg_roles)
\gexec

ALTER ROLE :"migrator" PASSWORD :'migrator_password';
ALTER ROLE :"app" PASSWORD :'app_password';

-- Timeouts are the role's, because what a session sets for itself is lost behind a pooler.
ALTER ROLE :"app" SET statement_timeout = '30s';
ALTER ROLE :"app" SET lock_timeout = '5s';
ALTER ROLE :"app" SET idle_in_transaction_session_timeout = '60s';
-- A migration that waits for a lock makes everybody behind it wait: it gives up, and is run again.
ALTER ROLE :"migrator" SET lock_timeout = '5s';

SELECT format('CREATE DATABASE %I OWNER %I ENCODING UTF8 TEMPLATE template0', :'name', :'migrator')
WHERE :'name' NOT IN (SELECT datname FROM pg_database)
\gexec

REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"app";

\connect :"name"

CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

ALTER SCHEMA public OWNER TO :"migrator";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"migrator" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"migrator" IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO :"app";
