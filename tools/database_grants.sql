-- What the database role of web, worker and beat may do. The owner runs this with psql after every migrate; running it
-- again changes nothing. DATABASE_ROLE and DATABASE_PASSWORD stand in the environment (psql 14 or newer); without the
-- password only the rights are given, as the drill of a restore does.
--
-- The role owns no table, so it can switch off no trigger. In insert-only tables, which are known by the triggers they
-- carry, it may read and add, nothing else.
\set ON_ERROR_STOP on
\getenv role DATABASE_ROLE
\getenv password DATABASE_PASSWORD

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', :'role')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
\if :{?password}
ALTER ROLE :"role" PASSWORD :'password';
\endif

GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"role";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"role";

SELECT format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %I', tgrelid::regclass, :'role')
FROM pg_trigger WHERE tgname ~ '^insert_only_.*_change$' \gexec
