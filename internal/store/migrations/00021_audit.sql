-- +goose Up
-- The log of changes: see package audit. id is UTC nanoseconds since 1970, made
-- to grow; size is the length of the texts, in bytes.
CREATE TABLE audit (
    id         BIGINT NOT NULL PRIMARY KEY,
    actor      TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    path       TEXT   NOT NULL,
    before     TEXT   NOT NULL,
    after      TEXT   NOT NULL,
    size       BIGINT NOT NULL
);
