-- +goose Up
-- One table keeps every noun: see package record. key is the path in lower case,
-- kind its collections ("apis/operations"), times are UTC nanoseconds since 1970.
CREATE TABLE record (
    key     TEXT   NOT NULL PRIMARY KEY,
    kind    TEXT   NOT NULL,
    path    TEXT   NOT NULL,
    etag    TEXT   NOT NULL,
    body    TEXT   NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX record_kind ON record (kind, key);
