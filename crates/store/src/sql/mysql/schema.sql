-- The tables of Cattlegrid's store, version 1. A server makes them itself when it first connects; whoever would rather not
-- let it creates them with this file, and then grants: SELECT on cattlegrid_schema; SELECT, INSERT, UPDATE and DELETE on
-- the two others.

CREATE TABLE IF NOT EXISTS cattlegrid_schema (version INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;

-- expires_at: microseconds since the Unix epoch, UTC; from then on the id is free again.
-- claimed_by: a number of the claim's own, by which it sees whether the row is its doing.
CREATE TABLE IF NOT EXISTS cattlegrid_spent (
    id BINARY(16) NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL,
    claimed_by BIGINT UNSIGNED NOT NULL,
    KEY cattlegrid_spent_by_expiry (expires_at)
) ENGINE = InnoDB;

-- whole_at: microseconds since the Unix epoch, UTC; from then on all of the key's quota is there again.
CREATE TABLE IF NOT EXISTS cattlegrid_rates (
    rate_key BINARY(16) NOT NULL PRIMARY KEY,
    whole_at BIGINT NOT NULL,
    KEY cattlegrid_rates_by_end (whole_at)
) ENGINE = InnoDB;

INSERT IGNORE INTO cattlegrid_schema (version) VALUES (1);
