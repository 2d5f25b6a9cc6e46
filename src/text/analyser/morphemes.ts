import { type Dictionary, featureOf, posidOf } from './dictionary.ts'
import type { UserWord, Word } from './segment.ts'

/** A part of a word with its part of speech; in units of the normalised text. */
export interface Morpheme {
  /** As in the text, or the dictionary form where the word is inflected: 앞당긴 gives 앞당기. */
  form: string
  /** Sejong tag, as in the dictionary. */
  tag: string
  start: number
  end: number
}

/** All are made alike: what has one shape is read several times as fast. */
export const morphemeOf = (form: string, tag: string, start: number, end: number): Morpheme => ({
  form,
  tag,
  start,
  end,
})

/** As a morpheme, but in units of its word. */
type Part = Morpheme

/** Tags of words that have no parts, by posid. Particles (J…) and endings (E…) go the same way, so they go by a letter. */
const TAGS: Record<number, string> = {
  100: 'E',
  110: 'IC',
  120: 'J',
  130: 'MAG',
  131: 'MAJ',
  140: 'MM',
  150: 'NNG',
  151: 'NNP',
  152: 'NNB',
  153: 'NNBC',
  154: 'NP',
  155: 'NR',
  160: 'SF',
  161: 'SH',
  162: 'SL',
  163: 'SN',
  164: 'SP',
  165: 'SSC',
  166: 'SSO',
  167: 'SC',
  168: 'SY',
  169: 'SE',
  170: 'VA',
  171: 'VCN',
  172: 'VCP',
  173: 'VV',
  174: 'VX',
  181: 'XPN',
  182: 'XR',
  183: 'XSA',
  184: 'XSN',
  185: 'XSV',
  999: 'UNKNOWN',
}

/** More words than a corpus of policy articles uses; past it the memory begins anew. */
const REMEMBERED = 50_000

/** Verbs spelled as they are, which the training corpus has for misspellings of others: 줄 of 주, 막 of 박, 듣 of 들. */
const NO_MISTAKES = new Set('줄 막 듣 밟 익 곱 말 안 날 쓸 쏘 쓰 주 자 내 가 파고들 흘러들'.split(' '))

/**
 * `탄소/NNG/*+중립/NNG/*`. Contractions of the training corpus left some words in the dictionary that stand for nouns
 * which they do not have (를 for 의대를): those nouns go, and so do parts without a form.
 */
function parseExpression(word: string, feature: string): Part[] {
  const jamo = word.normalize('NFD')
  const read = (feature.split(',')[7] ?? '').split('+').map(part => {
    const [form = '', tag = ''] = part.split('/')
    return { form, tag }
  })
  const isVerb = read.length === 1 && read[0]?.tag === 'VV'
  const parts = isVerb && NO_MISTAKES.has(word) ? [{ form: word, tag: 'VV' }] : read
  return place(
    parts.filter(
      ({ form, tag }) => form !== '' && (!tag.startsWith('NN') || jamo.includes(form.normalize('NFD'))),
    ),
    word,
  )
}

/** Parts of a compound stand one after the other; those of an inflected word all stand where the word does. */
function place(parts: Pick<Part, 'form' | 'tag'>[], word: string): Part[] {
  if (parts.map(({ form }) => form).join('') !== word)
    return parts.map(({ form, tag }) => morphemeOf(form, tag, 0, word.length))
  let end = 0
  return parts.map(({ form, tag }) => {
    const start = end
    end += form.length
    return morphemeOf(form, tag, start, end)
  })
}

/** What goes with other words and may be a noun by itself. */
const ADVERBIAL = new Set('MAG MAJ IC MM'.split(' '))

/**
 * Takes words apart as the dictionary says and adds their morphemes to a list; remembers how. What is a noun by itself is searched
 * for as one, so 대체 is one in 대체 에너지 too, where the dictionary has an adverb.
 * @param alone the words of a text of its own
 */
export function makeSplitter(dictionary: Dictionary, alone: (text: string) => Word[]) {
  const { tokens, unknown } = dictionary
  const remembered = new Map<number | UserWord, Part[]>()

  const remember = (token: number | UserWord, parts: Part[]): Part[] => {
    if (remembered.size >= REMEMBERED) remembered.clear()
    remembered.set(token, parts)
    return parts
  }
  const partsOf = (token: number | UserWord, word: string): Part[] => {
    const known = remembered.get(token)
    if (known !== undefined) return known
    if (typeof token === 'number') return remember(token, parseExpression(word, featureOf(dictionary, token)))
    return remember(
      token,
      place(
        token.parts.map(form => ({ form, tag: 'NNG' })),
        word,
      ),
    )
  }

  const nouns = new Map<string, boolean>()
  const isNoun = (word: string): boolean => {
    const [only, ...more] = alone(word)
    return (
      more.length === 0 &&
      typeof only?.token === 'number' &&
      /^NN[GP]/.test(TAGS[posidOf(tokens, only.token)] ?? '')
    )
  }
  const isAdverbialNoun = (word: string, tag: string): boolean => {
    if (word.length === 1 || !ADVERBIAL.has(tag)) return false
    const known = nouns.get(word) ?? isNoun(word)
    nouns.set(word, known)
    return known
  }

  return (text: string, { start, end, token }: Word, morphemes: Morpheme[]): void => {
    const word = text.slice(start, end)
    if (typeof token === 'object' && 'unknown' in token) {
      const tag = TAGS[posidOf(unknown, token.unknown)] ?? 'SY'
      morphemes.push(morphemeOf(word, tag, start, end))
      return
    }
    const tag = typeof token === 'number' ? TAGS[posidOf(tokens, token)] : undefined
    if (tag !== undefined)
      morphemes.push(morphemeOf(word, isAdverbialNoun(word, tag) ? 'NNG' : tag, start, end))
    else
      for (const part of partsOf(token, word))
        morphemes.push(morphemeOf(part.form, part.tag, start + part.start, start + part.end))
  }
}
