-- +goose Up
-- How much of each quota's period may have been used: see package limit.
-- Times are UTC nanoseconds since 1970; period_end is 0 for a period without end.
CREATE TABLE quota_reservation (
    key          TEXT   NOT NULL PRIMARY KEY,
    period_start BIGINT NOT NULL,
    period       BIGINT NOT NULL,
    period_end   BIGINT NOT NULL,
    up_to        BIGINT NOT NULL
);
CREATE INDEX quota_reservation_end ON quota_reservation (period_end);
