-- Imports over HTTP: a job for each upload (src/imports/queue.ts), and what it rejected.

CREATE TABLE import_jobs (
  id               uuid PRIMARY KEY,
  state            text NOT NULL DEFAULT 'queued',
  format           text NOT NULL,
  options          jsonb NOT NULL,
  actor            text NOT NULL,
  -- The process that has the upload. It tells every second that it lives; who is silent has died.
  node             uuid NOT NULL,
  beat_at          timestamptz(3) NOT NULL DEFAULT now(),
  bytes            bigint NOT NULL,
  bytes_read       bigint NOT NULL DEFAULT 0,
  -- LoadReport of src/imports/load.ts, as it was at the last beat.
  report           jsonb NOT NULL,
  -- Rows of import_rejects, counted in the statement that writes them.
  rejects          integer NOT NULL DEFAULT 0,
  cancel_requested boolean NOT NULL DEFAULT false,
  failure          jsonb,
  recorded_at      timestamptz(3) NOT NULL DEFAULT now(),
  started_at       timestamptz(3),
  ended_at         timestamptz(3),
  CONSTRAINT import_jobs_state CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  CONSTRAINT import_jobs_format CHECK (format IN ('ndjson', 'csv')),
  CONSTRAINT import_jobs_ended CHECK ((ended_at IS NULL) = (state IN ('queued', 'running'))),
  CONSTRAINT import_jobs_failure CHECK ((failure IS NOT NULL) = (state = 'failed'))
);
-- GET /v1/imports, the newest first; the sweep of those that ended long ago.
CREATE INDEX import_jobs_recorded ON import_jobs (recorded_at DESC, id DESC);
-- Jobs whose process has died, looked for whenever jobs are read.
CREATE INDEX import_jobs_unfinished ON import_jobs (beat_at) WHERE ended_at IS NULL;

-- GET /v1/imports/{id}/rejects, in the order of lines.
CREATE TABLE import_rejects (
  job_id uuid NOT NULL REFERENCES import_jobs (id) ON DELETE CASCADE,
  line   integer NOT NULL,
  -- Some records may be rejected at one line.
  seq    integer NOT NULL,
  errors jsonb NOT NULL,
  PRIMARY KEY (job_id, line, seq)
);
