import type { Analyser } from './analyse.ts'
import { givenRange, normalise } from './normalise.ts'
import type { Token } from './tokens.ts'

/** What stands in for the dictionary where it cannot be read: written words without the commonest particles. */

const WORD = /[\p{L}\p{N}]+/gu
const PARTICLE =
  /(?:에서는|으로는|에게는|까지는|부터는|이라고|에서도|으로도|에서의|으로의|까지의|부터의|에서|으로|에게|까지|부터|보다|처럼|이나|이며|라고|와의|과의|로의|은|는|이|가|을|를|의|에|로|와|과|도|만)$/
const LONGEST_TERM = 80

/** A word without the particle that it may end in: 기업에서의. What would leave nothing stays. */
export const withoutParticle = (word: string): string => word.replace(PARTICLE, '') || word
/** Most words of two syllables that seem to have one have none: 회의, 도로. */
const SHORT = /^.$/su

export const byRules: Analyser = {
  analyse(given) {
    const normalised = normalise(given)
    const tokens: Token[] = []
    let position = 0
    for (const { 0: written, index } of normalised.text.matchAll(WORD)) {
      const without = withoutParticle(written)
      const term = SHORT.test(without) ? written : without
      position++
      if (term.length > LONGEST_TERM) continue
      const range = givenRange(normalised, index, index + term.length)
      // Rows that the dictionary made have long words as stems, short ones as morphemes.
      tokens.push({ term, kind: 'stem', ...range, position }, { term, kind: 'morpheme', ...range, position })
    }
    return tokens
  },
}
