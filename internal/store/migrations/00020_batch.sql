-- +goose Up
-- Batch jobs: see package webservice/batch. Times are UTC nanoseconds since 1970,
-- 0 until they come. place is the order of starts, 0 before.
CREATE TABLE batch_job (
    id            TEXT   NOT NULL PRIMARY KEY,
    endpoint      TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    place         BIGINT NOT NULL,
    request       TEXT   NOT NULL,
    details       TEXT   NOT NULL,
    row_count     BIGINT NOT NULL,
    byte_count    BIGINT NOT NULL,
    size          BIGINT NOT NULL,
    checkpoint    TEXT   NOT NULL,
    interruptions BIGINT NOT NULL,
    created       BIGINT NOT NULL,
    started       BIGINT NOT NULL,
    begun         BIGINT NOT NULL,
    ended         BIGINT NOT NULL
);
CREATE INDEX batch_job_waiting ON batch_job (endpoint, place) WHERE state = 'Queued';
CREATE INDEX batch_job_created ON batch_job (created);
CREATE INDEX batch_job_ended ON batch_job (ended);

-- How many jobs of an endpoint have a place to run, and how many were ever started.
-- Starts and ends update the row, so that on every engine they wait for one another.
CREATE TABLE batch_endpoint (
    endpoint TEXT   NOT NULL PRIMARY KEY,
    running  BIGINT NOT NULL,
    started  BIGINT NOT NULL
);
