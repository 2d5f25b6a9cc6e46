import { type Dictionary, featureOf, POSID, TOKEN_FIELDS } from './dictionary.ts'
import type { Word } from './segment.ts'

/** A part of a word with its part of speech; in units of the normalised text. */
export interface Morpheme {
  /** As in the text, or the dictionary form where the word is inflected: 앞당긴 gives 앞당기. */
  form: string
  /** Sejong tag, as in the dictionary. */
  tag: string
  start: number
  end: number
}

type Part = Pick<Morpheme, 'form' | 'tag'>

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

/**
 * `탄소/NNG/*+중립/NNG/*`. Contractions of the training corpus left some words in the dictionary that stand for nouns
 * which they do not have (를 for 의대를): those nouns go.
 */
function parseExpression(form: string, feature: string): Part[] {
  const jamo = form.normalize('NFD')
  const parts = (feature.split(',')[7] ?? '').split('+').map(part => {
    const [partForm = '', tag = ''] = part.split('/')
    return { form: partForm, tag }
  })
  return parts.filter(part => !part.tag.startsWith('NN') || jamo.includes(part.form.normalize('NFD')))
}

/** Takes words apart as the dictionary says; remembers how. */
export function makeSplitter(dictionary: Dictionary): (text: string, word: Word) => Morpheme[] {
  const remembered = new Map<number, Part[]>()

  const partsOf = (token: number, form: string): Part[] => {
    let parts = remembered.get(token)
    if (parts === undefined) {
      if (remembered.size >= REMEMBERED) remembered.clear()
      parts = parseExpression(form, featureOf(dictionary, token))
      remembered.set(token, parts)
    }
    return parts
  }

  return (text, { start, end, token }) => {
    const form = text.slice(start, end)
    const { tokens, unknown } = dictionary
    if (typeof token === 'object') {
      if ('parts' in token)
        return place(
          token.parts.map(part => ({ form: part, tag: 'NNG' })),
          form,
          start,
          end,
        )
      return [{ form, tag: TAGS[unknown[token.unknown * TOKEN_FIELDS + POSID] ?? 0] ?? 'SY', start, end }]
    }
    const tag = TAGS[tokens[token * TOKEN_FIELDS + POSID] as number]
    return tag ? [{ form, tag, start, end }] : place(partsOf(token, form), form, start, end)
  }
}

/** Parts of a compound stand one after the other; those of an inflected word all stand where the word does. */
function place(parts: Part[], form: string, start: number, end: number): Morpheme[] {
  if (parts.map(part => part.form).join('') !== form) return parts.map(part => ({ ...part, start, end }))
  let at = start
  return parts.map(part => {
    const from = at
    at += part.form.length
    return { ...part, start: from, end: at }
  })
}
