-- +goose Up
-- Sums of calls by summary, span and dimensions: see package usage, Summary.
-- start is UTC nanoseconds since 1970, span and durations are nanoseconds.
CREATE TABLE usage_summary (
    number         INTEGER NOT NULL,
    span           BIGINT NOT NULL,
    start          BIGINT NOT NULL,
    listener       TEXT   NOT NULL,
    api            TEXT   NOT NULL,
    operation      TEXT   NOT NULL,
    product        TEXT   NOT NULL,
    subscription   TEXT   NOT NULL,
    caller         TEXT   NOT NULL,
    country        TEXT   NOT NULL,
    region         TEXT   NOT NULL,
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
    PRIMARY KEY (number, span, start, listener, api, operation, product, subscription, caller, country, region)
);
-- What was kept before knows no places. Which dimensions a summary has, 1 and 0:
CREATE TABLE usage_summary_kind (number INTEGER, span BIGINT, api INTEGER, operation INTEGER, product INTEGER, subscription INTEGER, caller INTEGER);
INSERT INTO usage_summary_kind VALUES
    (1, 86400000000000, 0, 0, 0, 0, 0),
    (1, 3600000000000, 0, 0, 0, 0, 0),
    (1, 300000000000, 0, 0, 0, 0, 0),
    (2, 86400000000000, 0, 0, 1, 0, 0),
    (2, 3600000000000, 0, 0, 1, 0, 0),
    (3, 86400000000000, 0, 0, 0, 0, 1),
    (3, 3600000000000, 0, 0, 0, 0, 1),
    (4, 86400000000000, 0, 0, 0, 0, 0),
    (4, 3600000000000, 0, 0, 0, 0, 0),
    (5, 86400000000000, 1, 0, 0, 0, 0),
    (5, 3600000000000, 1, 0, 0, 0, 0),
    (6, 86400000000000, 1, 1, 0, 0, 0),
    (6, 3600000000000, 1, 1, 0, 0, 0),
    (7, 86400000000000, 0, 0, 1, 1, 1),
    (7, 3600000000000, 0, 0, 1, 1, 1),
    (0, 86400000000000, 1, 1, 1, 1, 1),
    (0, 300000000000, 1, 1, 1, 1, 1);
INSERT INTO usage_summary (number, span, start, listener, api, operation, product, subscription, caller, country, region,
    success, blocked, failed, other, bandwidth, cache_hits, cache_misses, time_count, time_sum, time_min, time_max, backend_count, backend_sum, backend_min, backend_max)
SELECT s.number, s.span, r.start / s.span * s.span, r.listener,
    CASE WHEN s.api = 1 THEN r.api ELSE '' END,
    CASE WHEN s.operation = 1 THEN r.operation ELSE '' END,
    CASE WHEN s.product = 1 THEN r.product ELSE '' END,
    CASE WHEN s.subscription = 1 THEN r.subscription ELSE '' END,
    CASE WHEN s.caller = 1 THEN r.caller ELSE '' END, CASE WHEN s.number IN (0, 4) THEN 'unknown' ELSE '' END, '',
    CAST(SUM(success) AS BIGINT),
    CAST(SUM(blocked) AS BIGINT),
    CAST(SUM(failed) AS BIGINT),
    CAST(SUM(other) AS BIGINT),
    CAST(SUM(bandwidth) AS BIGINT),
    CAST(SUM(cache_hits) AS BIGINT),
    CAST(SUM(cache_misses) AS BIGINT),
    CAST(SUM(time_count) AS BIGINT),
    CAST(SUM(time_sum) AS BIGINT),
    COALESCE(MIN(CASE WHEN time_count > 0 THEN time_min END), 0),
    MAX(time_max),
    CAST(SUM(backend_count) AS BIGINT),
    CAST(SUM(backend_sum) AS BIGINT),
    COALESCE(MIN(CASE WHEN backend_count > 0 THEN backend_min END), 0),
    MAX(backend_max)
FROM usage_rollup r CROSS JOIN usage_summary_kind s
GROUP BY s.number, s.span, r.start / s.span * s.span, r.listener,
    CASE WHEN s.api = 1 THEN r.api ELSE '' END,
    CASE WHEN s.operation = 1 THEN r.operation ELSE '' END,
    CASE WHEN s.product = 1 THEN r.product ELSE '' END,
    CASE WHEN s.subscription = 1 THEN r.subscription ELSE '' END,
    CASE WHEN s.caller = 1 THEN r.caller ELSE '' END;
DROP TABLE usage_summary_kind;
DROP TABLE usage_rollup;
