-- New articles whose search rows, or whose duplicates, are left to the upkeep: it writes their rows once. A row without terms
-- and a print without keys, which it then replaced, cost a create seven entries of indexes. Nothing refers to `articles`: what
-- was deleted for good meanwhile is taken out when its turn comes.

CREATE TABLE articles_unindexed (article_id integer PRIMARY KEY);
CREATE TABLE articles_unprinted (article_id integer PRIMARY KEY);
