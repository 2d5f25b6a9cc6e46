import type { Morpheme } from './morphemes.ts'

/** What a searcher means by a word, and what only holds a sentence together. */

const NOMINAL = new Set('NNG NNP NNB NNBC NP NR SN SL SH XR XSN UNKNOWN'.split(' '))
/** Determiners, prefixes, adverbs and pronouns: content only where they are written as one word with a noun. */
const MODIFIER = new Set('MM XPN MAG MAJ IC NP'.split(' '))
const SYMBOL = new Set('SF SE SC SP SSO SSC SY'.split(' '))

/** Dependent nouns and suffixes of grammar rather than of meaning: 것, 수, 등, plural 들, honorific 님. */
const GRAMMATICAL = new Set(
  '것 거 게 수 등 등등 바 뿐 때문 데 채 만큼 대로 듯 리 따름 터 적 들 님 씨 쯤'.split(' '),
)
/** Verbs that every article uses and none is about. */
const LIGHT_VERBS = new Set('하 되 있 위하 대하 관하 의하 인하 통하 따르 비롯하 보이 않'.split(' '))

/** What stands between names of equal rank: 한·미, 한-아세안. */
const LINKS = new Set(['·', '-', '–'])

export const isSymbol = ({ tag }: Morpheme): boolean => SYMBOL.has(tag)

const isJoined = (left: Morpheme, right: Morpheme | undefined): right is Morpheme => right?.start === left.end

/** Whether a morpheme is worth finding; `next` is what follows it. */
export function isContent(morpheme: Morpheme, next: Morpheme | undefined): boolean {
  const { form, tag } = morpheme
  // At the end of a text the dictionary takes the particle 의 for a noun.
  if (form === '의') return false
  if (tag === 'VV' || tag === 'VA') return !LIGHT_VERBS.has(form)
  if (tag === 'NNB' || tag === 'XSN') return !GRAMMATICAL.has(form)
  if (!MODIFIER.has(tag)) return NOMINAL.has(tag)
  if (tag === 'NP' && form.length > 1) return true
  return isJoined(morpheme, next) && (NOMINAL.has(next.tag) || MODIFIER.has(next.tag) || LINKS.has(next.form))
}

/** Whether a stem can end with a morpheme that is content: verbs lose their endings, so they are no written word. */
export const endsStem = ({ tag }: Morpheme): boolean => tag !== 'VV' && tag !== 'VA'

/** Whether words on both sides do not belong together: ends of sentences and commas, not the dot of 대·중소기업. */
export const separates = ({ form }: Morpheme): boolean => /[.,;:!?…。]/.test(form)
