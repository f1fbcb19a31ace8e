-- Roles of a vault, made by the server's administrator: psql --file roles.sql
-- owner: owns databases and tables, to make and to upgrade them; lets nobody in but while that is done.
-- service and keys_service: read and write rows, each of one database. watch: reads the main one. backup: reads both.
-- Other names: --set owner=... and so on.
\set ON_ERROR_STOP on
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
