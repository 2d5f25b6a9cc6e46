-- Totals of whole years: a list without days, or of many years, adds up a dozen times fewer.

ALTER TABLE article_totals DROP CONSTRAINT article_totals_grain;
ALTER TABLE article_totals ADD CONSTRAINT article_totals_grain CHECK (grain IN ('day', 'month', 'year'));

-- Whoever adds up the notes waits until there are both.
LOCK TABLE article_totals IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO article_totals (state, kind, issuer_id, grain, period, n)
SELECT state, kind, issuer_id, 'year', date_trunc('year', period::timestamp)::date, sum(n)
FROM article_totals WHERE grain = 'month' GROUP BY 1, 2, 3, 5;
