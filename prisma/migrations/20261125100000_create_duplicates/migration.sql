-- Which articles say the same: what possible duplicates are looked up by, the pairs that are, and the groups of them.
-- Deleted articles have no rows here. Writers of these tables take one advisory lock (src/duplicates/store.ts), so that
-- two of them at once do not miss each other. Nothing here but a print refers to `articles`: a check of such a
-- reference would wait for whoever changes the identity of that article, and he waits for the lock.

CREATE TABLE article_prints (
  article_id integer PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
  -- Which rules made the keys; 0 is none yet.
  rules      integer NOT NULL DEFAULT 0,
  -- Hashes that duplicates share: of a span of days, with the title, the body, or bands of its shingles (src/duplicates/keys.ts).
  keys       bigint[] NOT NULL DEFAULT '{}'
);
-- Each write of an article looks for those that share one of its keys.
CREATE INDEX article_prints_keys ON article_prints USING gin (keys) WITH (fastupdate = off);
-- What other rules made and the upkeep makes anew.
CREATE INDEX article_prints_rules ON article_prints (rules);
-- Articles that are here already are due.
INSERT INTO article_prints (article_id) SELECT id FROM articles WHERE deleted_at IS NULL;

CREATE TABLE duplicate_pairs (
  first_id   integer NOT NULL REFERENCES article_prints (article_id) ON DELETE CASCADE,
  second_id  integer NOT NULL REFERENCES article_prints (article_id) ON DELETE CASCADE,
  reason     text NOT NULL,
  -- Of the two bodies; null where one of them says nothing.
  similarity real,
  PRIMARY KEY (first_id, second_id),
  CONSTRAINT duplicate_pairs_order CHECK (first_id < second_id),
  CONSTRAINT duplicate_pairs_reason CHECK (reason IN ('midnight-relisting', 'reissue', 'joint-release', 'same-body'))
);
-- The pairs of an article, as the second one.
CREATE INDEX duplicate_pairs_second ON duplicate_pairs (second_id);

-- Articles that have a duplicate: a few in a hundred, so lists that leave duplicates out look into a small table.
CREATE TABLE duplicate_members (
  article_id integer PRIMARY KEY REFERENCES article_prints (article_id) ON DELETE CASCADE,
  -- The least id in the group: whoever is a duplicate of another, over any number of steps.
  group_id   integer NOT NULL,
  -- As the article has it.
  listed_at  timestamptz(3) NOT NULL,
  public     boolean NOT NULL
);
-- The others of a group, the earliest first: GET /v1/articles/{id}/duplicates, `duplicates=collapse`.
CREATE INDEX duplicate_members_group ON duplicate_members (group_id, listed_at, article_id);
