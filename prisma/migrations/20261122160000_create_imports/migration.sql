-- How far files were imported, so that one that was stopped goes on where it was (src/imports/store-progress.ts).

CREATE TABLE import_progress (
  -- SHA-256 of the file, and how it was read.
  digest     bytea NOT NULL,
  options    text NOT NULL,
  -- Every record that begins on this line or before is written, or was rejected.
  line       integer NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (digest, options)
);
