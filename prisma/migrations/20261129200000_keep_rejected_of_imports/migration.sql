-- Of the records up to that line, so that a run that goes on knows that some were rejected.
ALTER TABLE import_progress ADD COLUMN rejected integer NOT NULL DEFAULT 0;
