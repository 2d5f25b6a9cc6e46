-- Articles by the address of their page at the source, as readers paste it.

-- What makes two addresses the same page: without scheme, fragment, tracking parameters and the slash at the end of the
-- path, and with the host in lower case. Only for comparing: `?` stands as `&`, so that any parameter can go.
CREATE FUNCTION source_url_key(url text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(
  regexp_replace(
    lower(substring(url FROM '^(?:[A-Za-z]+://)?([^/?#]*)'))
      || translate(substring(url FROM '^(?:[A-Za-z]+://)?[^/?#]*([^#]*)'), '?', '&'),
    '&(?:utm_[a-z_]+|gclid|dclid|fbclid|msclkid|yclid|igshid|mc_cid|mc_eid|_ga|_gl|napm)(?:=[^&]*)?(?=&|$)', '', 'gi'),
  '^([^&]*?)/+(&.*)?$', '\1\2');

-- GET /v1/articles/by-url: the address whose key has this hash, first recorded first. Articles of korea.kr, which most are,
-- are found by their newsId.
CREATE INDEX articles_source_url ON articles (hashtextextended(source_url_key(source_url), 0), id)
  WHERE source_url IS NOT NULL AND source <> 'korea.kr';
