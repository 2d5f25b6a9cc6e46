-- What feeds tell besides articles.

-- Deleted entries of a feed: the latest changes by which an article ceased to be public. They are few among all changes.
CREATE INDEX changes_removals ON changes (seq) WHERE was_public AND NOT is_public;

-- Names this installation in the identities of feeds and their entries, which stay the same wherever it is reached: 32
-- random bytes.
INSERT INTO secrets (name, value)
  VALUES ('feeds', sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
