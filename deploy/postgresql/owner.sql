-- Once the tables are there: psql --dbname wayseal_keys --file owner.sql
-- Bytes of erased keys leave the server's files when their table is written anew, which PostgreSQL lets its owner do.
\set ON_ERROR_STOP on
\if :{?keys_service} \else \set keys_service wayseal_keys \endif
ALTER TABLE data_keys OWNER TO :"keys_service";
