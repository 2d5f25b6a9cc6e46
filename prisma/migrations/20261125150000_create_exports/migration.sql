-- Exports, by whose id a reader learns afterwards whether he has the whole (src/exports/store.ts).

CREATE TABLE exports (
  id         uuid PRIMARY KEY,
  state      text NOT NULL DEFAULT 'running',
  format     text NOT NULL,
  -- As it was asked for.
  query      text NOT NULL,
  articles   integer NOT NULL DEFAULT 0,
  bytes      bigint NOT NULL DEFAULT 0,
  -- Of the content before any Content-Encoding; not before the end.
  sha256     bytea,
  failure    text,
  started_at timestamptz(3) NOT NULL DEFAULT now(),
  -- When the process that runs it last told that it lives.
  beat_at    timestamptz(3) NOT NULL DEFAULT now(),
  ended_at   timestamptz(3),
  CONSTRAINT exports_state CHECK (state IN ('running', 'succeeded', 'failed')),
  CONSTRAINT exports_format CHECK (format IN ('ndjson', 'csv')),
  CONSTRAINT exports_ended CHECK ((ended_at IS NULL) = (state = 'running')),
  CONSTRAINT exports_digest CHECK ((sha256 IS NOT NULL) = (state = 'succeeded')),
  CONSTRAINT exports_failure CHECK ((failure IS NOT NULL) = (state = 'failed'))
);
-- The sweep of those that began long ago.
CREATE INDEX exports_started ON exports (started_at);
