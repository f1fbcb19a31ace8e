-- Roles and databases of a vault, made by the server's administrator: psql --file roles.sql
-- owner: owns databases and tables, to make and to upgrade them; lets nobody in but while that is done.
-- service and keys_service: read and write rows, each of one database. watch: reads the main one. backup: reads both.
-- Other names: --set main=... and so on.
\set ON_ERROR_STOP on
\if :{?main} \else \set main wayseal \endif
\if :{?keys} \else \set keys wayseal_keys \endif
\if :{?owner} \else \set owner wayseal_owner \endif
\if :{?service} \else \set service wayseal \endif
\if :{?keys_service} \else \set keys_service wayseal_keys \endif
\if :{?watch} \else \set watch wayseal_watch \endif
\if :{?backup} \else \set backup wayseal_backup \endif

CREATE ROLE :"owner" NOLOGIN;
CREATE ROLE :"service" LOGIN;
CREATE ROLE :"keys_service" LOGIN;
CREATE ROLE :"watch" LOGIN;
CREATE ROLE :"backup" LOGIN;
-- Upgrades change the one table that the service owns, too (owner.sql).
GRANT :"keys_service" TO :"owner";

CREATE DATABASE :"main" OWNER :"owner" ENCODING 'UTF8' TEMPLATE template0;
CREATE DATABASE :"keys" OWNER :"owner" ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE :"main", :"keys" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"main" TO :"service", :"watch", :"backup";
GRANT CONNECT ON DATABASE :"keys" TO :"keys_service", :"backup";

\connect :"main"
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"service", :"watch", :"backup";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT ON TABLES TO :"watch", :"backup";

\connect :"keys"
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"keys_service", :"backup";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"keys_service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT ON TABLES TO :"backup";
