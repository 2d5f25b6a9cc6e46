-- Until when many search rows are expected: so long their terms are collected and merged into the index many at a time
-- (src/search/store-load.ts). One row, of its own, since loads say so with each batch and must not wait for the sums.
CREATE TABLE search_load (
  id    boolean PRIMARY KEY DEFAULT true,
  until timestamptz(3),
  CONSTRAINT search_load_single CHECK (id)
);
INSERT INTO search_load DEFAULT VALUES;
