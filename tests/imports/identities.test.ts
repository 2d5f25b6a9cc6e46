import { expect, test } from '@jest/globals'
import { Identities } from '../../src/imports/identities.ts'

test('an identity is known by its first line, whatever comes between, and so is what stood there', () => {
  const seen = new Identities(10_000)
  for (let i = 1; i <= 10_000; i++) expect(seen.meet(`a/${i}`, `text ${i}`, i)).toBeNull()
  for (let i = 1; i <= 10_000; i += 97) {
    expect(seen.meet(`a/${i}`, `text ${i}`, 20_000)).toEqual({ line: i, same: true })
    expect(seen.meet(`a/${i}`, 'other', 20_001)).toEqual({ line: i, same: false })
  }
})

test('there are as many as there may be, and no more', () => {
  const seen = new Identities(2)
  seen.meet('a/1', '', 1)
  seen.meet('a/2', '', 2)
  expect(seen.meet('a/1', '', 3)).toEqual({ line: 1, same: true })
  expect(() => seen.meet('a/3', '', 4)).toThrow('line 4: the file has more than 2 articles: split it')
})
