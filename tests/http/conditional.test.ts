import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { assertMatch, isFresh, parseEtags, requireIfMatch, versionEtag } from '../../src/http/conditional.ts'

const tags = fc
  .tuple(fc.constantFrom('', 'W/'), fc.stringMatching(/^[!#-~]{0,12}$/))
  .map(([weak, text]) => `${weak}"${text}"`)

describe('entity tags', () => {
  test('a list of tags reads back as its tags', () => {
    fc.assert(
      fc.property(fc.array(tags, { minLength: 1 }), fc.constantFrom(',', ', ', ' ,\t'), (list, comma) => {
        expect(parseEtags(list.join(comma))).toEqual(list)
      }),
    )
  })

  test.each(['abc', '"a" "b"', '"a', 'w/"a"', ''])('%j is no list of tags and matches nothing', text => {
    expect(parseEtags(text)).toEqual([])
    expect(isFresh(text, '"a"')).toBe(false)
  })
})

describe('If-None-Match compares weakly', () => {
  test.each([
    ['"a"', '"a"', true],
    ['W/"a"', '"a"', true],
    ['"a"', 'W/"a"', true],
    ['"x", W/"a" , "y"', '"a"', true],
    ['*', '"a"', true],
    ['"b"', '"a"', false],
    ['"a,b"', '"a,b"', true],
  ])('%s against %s', (header, etag, fresh) => expect(isFresh(header, etag)).toBe(fresh))
})

describe('If-Match compares strongly, by version', () => {
  const etag = versionEtag(7, 'digest')

  test.each([etag, '*', '"7.another"', `"1.x", ${etag}`])('%s lets a write to version 7 pass', header => {
    expect(() => assertMatch(header, 7, 'The article')).not.toThrow()
  })

  test.each([`W/${etag}`, '"6.digest"', '"77.digest"', '"7"x', '7', '".7"'])('%s does not', header => {
    expect(() => assertMatch(header, 7, 'The article')).toThrow(expect.objectContaining({ statusCode: 412 }))
  })

  test('without it a write is refused with 428', () => {
    expect(() => requireIfMatch(undefined)).toThrow(expect.objectContaining({ statusCode: 428 }))
  })
})
