-- New terms are collected and merged into the index many at a time (src/search/store-merge.ts): each row by itself writes to
-- some three hundred places of it. The upkeep merges every second, so writers hardly ever do: up to so many KiB, the terms
-- of some 1,300 articles, which searches read from their beginning to their end until then.
ALTER INDEX article_search_terms SET (fastupdate = on, gin_pending_list_limit = 16384);
