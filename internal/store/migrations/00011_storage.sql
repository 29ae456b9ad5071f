-- +goose Up
-- The storage account: see package blob/account. Names are bytes, so that every
-- engine orders them alike. Times are UTC nanoseconds since 1970.
-- A removed container keeps its row, and its blobs theirs, until the sweeper was there.
CREATE TABLE storage_container (
    id       TEXT   NOT NULL PRIMARY KEY,
    name     BYTEA  NOT NULL,
    etag     TEXT   NOT NULL,
    modified BIGINT NOT NULL,
    metadata TEXT   NOT NULL,
    removed  BIGINT NOT NULL
);
CREATE UNIQUE INDEX storage_container_name ON storage_container (name) WHERE removed = 0;

CREATE TABLE storage_blob (
    container  TEXT   NOT NULL,
    name       BYTEA  NOT NULL,
    etag       TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    modified   BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    properties TEXT   NOT NULL,
    PRIMARY KEY (container, name)
);

-- A committed block has its place in the blob from 0 on, one that waits has -1.
CREATE TABLE storage_block (
    container TEXT   NOT NULL,
    name      BYTEA  NOT NULL,
    position  BIGINT NOT NULL,
    id        TEXT   NOT NULL,
    start     BIGINT NOT NULL,
    size      BIGINT NOT NULL,
    content   TEXT   NOT NULL,
    put       BIGINT NOT NULL,
    PRIMARY KEY (container, name, position, id)
);
CREATE INDEX storage_block_content ON storage_block (content);
CREATE INDEX storage_block_waiting ON storage_block (container, name, put) WHERE position = -1;
