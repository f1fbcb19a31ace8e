-- Two empty databases for a vault, and who may do what there, once roles.sql was run: psql --file databases.sql
-- Other names: --set main=... and so on.
\set ON_ERROR_STOP on
\if :{?main} \else \set main wayseal \endif
\if :{?keys} \else \set keys wayseal_keys \endif
\if :{?owner} \else \set owner wayseal_owner \endif
\if :{?service} \else \set service wayseal \endif
\if :{?keys_service} \else \set keys_service wayseal_keys \endif
\if :{?watch} \else \set watch wayseal_watch \endif
\if :{?backup} \else \set backup wayseal_backup \endif

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
