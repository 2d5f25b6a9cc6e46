-- The change feed and the past states of articles.

-- Whether a change was made to something public, and whether it left something public: what anonymous readers of the
-- feed see, and as what.
ALTER TABLE changes ADD COLUMN was_public boolean, ADD COLUMN is_public boolean;

-- A version's state is what the next change of it superseded, else the present one.
WITH states AS (
  SELECT c.seq, c.article_id, c.version,
    COALESCE((SELECT n.superseded ->> 'status' FROM changes n
      WHERE n.article_id = c.article_id AND n.version > c.version AND n.superseded ? 'status'
      ORDER BY n.version LIMIT 1), a.status) = 'published'
    AND COALESCE((SELECT n.superseded -> 'deletedAt' FROM changes n
      WHERE n.article_id = c.article_id AND n.version > c.version AND n.superseded ? 'deletedAt'
      ORDER BY n.version LIMIT 1), to_jsonb(a.deleted_at), 'null') = 'null' AS is_public
  FROM changes c JOIN articles a ON a.id = c.article_id
), told AS (
  SELECT seq, is_public, lag(is_public, 1, false) OVER (PARTITION BY article_id ORDER BY version) AS was_public
  FROM states
)
UPDATE changes c SET was_public = told.was_public, is_public = told.is_public FROM told WHERE told.seq = c.seq;

ALTER TABLE changes ALTER COLUMN was_public SET NOT NULL, ALTER COLUMN is_public SET NOT NULL;

-- `GET /changes` without a key: what is newer than a cursor, in the order of commits.
CREATE INDEX changes_public ON changes (seq) WHERE was_public OR is_public;

-- How far the log was compacted: one row.
CREATE TABLE change_horizon (
  id                 boolean PRIMARY KEY DEFAULT true,
  -- Everything up to here was looked at.
  scanned_seq        bigint NOT NULL DEFAULT 0,
  -- The last entries that were taken away: of all, and of those that anonymous readers saw. A cursor before is expired.
  removed_seq        bigint NOT NULL DEFAULT 0,
  removed_public_seq bigint NOT NULL DEFAULT 0,
  -- The latest instant of what was taken away: what was before cannot be told any more.
  removed_at         timestamptz(3),
  CONSTRAINT change_horizon_one CHECK (id)
);
INSERT INTO change_horizon DEFAULT VALUES;
