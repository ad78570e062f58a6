-- The tables of Cattlegrid's store, version 1. A server makes them itself when it first connects; whoever would rather not
-- let it creates them with this file, and then grants: SELECT on cattlegrid_schema; SELECT, INSERT, UPDATE and DELETE on
-- the two others.

CREATE TABLE cattlegrid_schema (version integer PRIMARY KEY);

-- expires_at: microseconds since the Unix epoch, UTC; from then on the id is free again.
CREATE TABLE cattlegrid_spent (id bytea PRIMARY KEY, expires_at bigint NOT NULL);
CREATE INDEX cattlegrid_spent_by_expiry ON cattlegrid_spent (expires_at);

-- whole_at: microseconds since the Unix epoch, UTC; from then on all of the key's quota is there again.
-- Unlogged: a crash empties it, which gives everybody their quota back.
CREATE UNLOGGED TABLE cattlegrid_rates (key bytea PRIMARY KEY, whole_at bigint NOT NULL);
CREATE INDEX cattlegrid_rates_by_end ON cattlegrid_rates (whole_at);

INSERT INTO cattlegrid_schema (version) VALUES (1);
