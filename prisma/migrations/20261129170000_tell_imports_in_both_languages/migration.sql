-- What was noted before in English alone is told in English in either language.
UPDATE import_jobs
SET failure = jsonb_set(failure, '{detail}', jsonb_build_object('en', failure -> 'detail', 'ko', failure -> 'detail'))
WHERE jsonb_typeof(failure -> 'detail') = 'string';

UPDATE import_rejects
SET errors = (
  SELECT jsonb_agg(jsonb_set(error, '{detail}', jsonb_build_object('en', error -> 'detail', 'ko', error -> 'detail')) ORDER BY n)
  FROM jsonb_array_elements(errors) WITH ORDINALITY AS e (error, n))
WHERE jsonb_typeof(errors -> 0 -> 'detail') = 'string';
