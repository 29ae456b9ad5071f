-- +goose Up
-- Sums of calls by interval and dimensions: see package usage. start is UTC
-- nanoseconds since 1970, durations are nanoseconds.
CREATE TABLE usage_rollup (
    start          BIGINT NOT NULL,
    listener       TEXT   NOT NULL,
    api            TEXT   NOT NULL,
    operation      TEXT   NOT NULL,
    product        TEXT   NOT NULL,
    subscription   TEXT   NOT NULL,
    caller         TEXT   NOT NULL,
    success        BIGINT NOT NULL,
    blocked        BIGINT NOT NULL,
    failed         BIGINT NOT NULL,
    other          BIGINT NOT NULL,
    bandwidth      BIGINT NOT NULL,
    cache_hits     BIGINT NOT NULL,
    cache_misses   BIGINT NOT NULL,
    time_count     BIGINT NOT NULL,
    time_sum       BIGINT NOT NULL,
    time_min       BIGINT NOT NULL,
    time_max       BIGINT NOT NULL,
    backend_count  BIGINT NOT NULL,
    backend_sum    BIGINT NOT NULL,
    backend_min    BIGINT NOT NULL,
    backend_max    BIGINT NOT NULL,
    PRIMARY KEY (start, listener, api, operation, product, subscription, caller)
);
-- One row: the place in the segments up to which calls are in usage_rollup.
CREATE TABLE usage_mark (
    id      INTEGER NOT NULL PRIMARY KEY,
    segment BIGINT  NOT NULL,
    place   BIGINT  NOT NULL
);
