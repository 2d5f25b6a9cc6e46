-- Terms as they are, not compressed: a tsvector does not get smaller by it, and of the deltas, which are read once within a
-- second, half was saved for more time than all the rest of the insert takes. 20261128210000 meant so for article_search, but
-- a change of the column's type, its last statement, takes the storage back to that of the type. What is here already may stay.

ALTER TABLE article_search ALTER COLUMN terms SET STORAGE EXTERNAL;
ALTER TABLE search_deltas ALTER COLUMN added SET STORAGE EXTERNAL, ALTER COLUMN removed SET STORAGE EXTERNAL;
