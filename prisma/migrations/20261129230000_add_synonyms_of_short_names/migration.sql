-- Short names that articles use as often as the whole ones.
INSERT INTO search_synonyms (terms, keys)
SELECT terms, (SELECT array_agg(lower(replace(term, '·', '')) ORDER BY i) FROM unnest(terms) WITH ORDINALITY AS t (term, i))
FROM (VALUES
  (ARRAY['예타', '예비타당성조사']),
  (ARRAY['APEC', '에이펙', '아시아태평양경제협력체']),
  (ARRAY['주담대', '주택담보대출']),
  (ARRAY['종소세', '종합소득세']),
  (ARRAY['양도세', '양도소득세']),
  (ARRAY['건보', '건강보험']),
  (ARRAY['토허제', '토지거래허가제']),
  (ARRAY['전기본', '전력수급기본계획']),
  (ARRAY['ASF', '아프리카돼지열병']),
  (ARRAY['DMZ', '비무장지대'])
) AS groups (terms)
WHERE NOT EXISTS (
  SELECT FROM search_synonyms s, unnest(groups.terms) AS term WHERE s.keys @> ARRAY[lower(replace(term, '·', ''))]
);
