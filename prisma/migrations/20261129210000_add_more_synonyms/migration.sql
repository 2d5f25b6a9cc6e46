-- Short names that are as usual as those that are there. What an editor has changed stays as it is.
UPDATE search_synonyms s SET terms = s.terms || more.term, keys = s.keys || more.term, version = s.version + 1, modified_at = now()
FROM (VALUES
  (ARRAY['산업부', '산업통상부', '산업통상자원부'], '산자부'),
  (ARRAY['과기정통부', '과학기술정보통신부'], '과기부'),
  (ARRAY['농식품부', '농림축산식품부'], '농림부'),
  (ARRAY['개인정보위', '개인정보보호위원회'], '개보위')
) AS more (terms, term)
WHERE s.terms = more.terms AND NOT EXISTS (SELECT FROM search_synonyms o WHERE o.keys @> ARRAY[more.term]);

-- Bodies, taxes and words that people call otherwise than articles do, and the characters of headlines.
INSERT INTO search_synonyms (terms, keys)
SELECT terms, (SELECT array_agg(lower(replace(term, '·', '')) ORDER BY i) FROM unnest(terms) WITH ORDINALITY AS t (term, i))
FROM (VALUES
  (ARRAY['탄중위', '탄녹위', '탄소중립녹색성장위원회']),
  (ARRAY['금감원', '금융감독원']),
  (ARRAY['한수원', '한국수력원자력']),
  (ARRAY['종부세', '종합부동산세']),
  (ARRAY['가상화폐', '암호화폐']),
  (ARRAY['저출생', '저출산']),
  (ARRAY['조류독감', '조류인플루엔자']),
  (ARRAY['삼일절', '3·1절']),
  (ARRAY['K팝', '케이팝', 'K-pop']),
  (ARRAY['미국', '美']),
  (ARRAY['한국', '韓'])
) AS groups (terms)
WHERE NOT EXISTS (
  SELECT FROM search_synonyms s, unnest(groups.terms) AS term WHERE s.keys @> ARRAY[lower(replace(term, '·', ''))]
);
