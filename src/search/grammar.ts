import { badParameter, Problem } from '../http/problem.ts'

/**
 * The grammar of keyword queries, from the text of `q` to a tree; what a word means is for the analyser.
 * Words are ANDed, and OR joins its neighbours: `a b OR c` is a AND (b OR c).
 */

export interface Term {
  type: 'term'
  /** A word as written, without its star; a phrase without its quotes, its words one space apart. */
  text: string
  /** UTF-16 index in `q` of the word, or of the phrase’s opening quote. */
  at: number
  phrase: boolean
  prefix: boolean
  title: boolean
}
/** `and` and `or` have two children or more, and none of their own type. */
export type QueryNode =
  | Term
  | { type: 'not'; of: QueryNode }
  | { type: 'and'; of: QueryNode[] }
  | { type: 'or'; of: QueryNode[] }

type Sign = 'open' | 'close' | 'or' | 'and'
type Token = { at: number; excluded: boolean } & ({ kind: 'term'; term: Term } | { kind: Sign })

/** In characters, as Unicode counts them. */
export const MAX_LENGTH = 200
const MIN_PREFIX = 2
export const MAX_TERMS = 16

const SPACE = '\\s\\u200b'
const QUOTE = '"“”＂'
const MINUS = '-－'
const SCOPE = '(?<scope>(?:title|제목):)?'
/** Whatever follows a repetition may be missing, so no match fails late and none backtracks. */
const TOKEN = new RegExp(
  `[)|]|(?=[^${SPACE}])(?<minus>[${MINUS}]*)${SCOPE}` +
    `(?:(?<open>\\()|[${QUOTE}](?<phrase>[^${QUOTE}]*)(?<end>[${QUOTE}]?)|(?<word>[^${SPACE}${QUOTE}()|]+))?`,
  'giu',
)
const startsWithMinus = (text: string): boolean => MINUS.includes(text.slice(0, 1) || ' ')
const SPACES = new RegExp(`[${SPACE}]+`, 'u')
const SIGNS = new Map<string, Sign>(Object.entries({ ')': 'close', '|': 'or', OR: 'or', AND: 'and' }))

/** Each reads on with “at column 5”. */
const FAULTS = {
  quote: ['has a quote without its pair', '따옴표의 짝이 없습니다'],
  phrase: ['has an empty phrase', '따옴표 안이 비어 있습니다'],
  unopened: ['has a ) without its (', '여는 괄호가 없습니다'],
  unclosed: ['has a ( without its )', '닫는 괄호가 없습니다'],
  nested: ['has brackets more than three deep', '괄호는 세 겹까지만 쓸 수 있습니다'],
  brackets: ['has empty brackets', '괄호 안이 비어 있습니다'],
  operator: ['needs a word on both sides of the OR, AND or |', 'OR, AND, | 앞뒤에 단어를 쓰십시오'],
  minuses: ['needs one -, not several,', '제외할 때 -는 하나만 쓰십시오'],
  glued: ['needs a space before the -', '- 앞을 띄어 쓰십시오'],
  scope: ['needs a word or phrase right after the title:', '제목: 바로 뒤에 단어나 "구"를 붙여 쓰십시오'],
  scopeMinus: ['needs -title: instead of the title:-', '제목에서 제외하려면 -제목:단어로 쓰십시오'],
  star: ['has a * before the end of a word', '*는 단어 끝에 한 번만 쓸 수 있습니다'],
  prefix: [`needs ${MIN_PREFIX} characters or more before the *`, `* 앞에 ${MIN_PREFIX}자 이상 쓰십시오`],
  alternative: ['has an exclusion next to OR', 'OR 앞뒤에는 제외(-)를 쓸 수 없습니다'],
  exclusions: ['needs a word to find besides the exclusion', '제외할 말만으로는 찾을 수 없습니다'],
  terms: [
    `must end after ${MAX_TERMS} words and phrases, but goes on`,
    `단어와 구는 모두 ${MAX_TERMS}개까지 쓸 수 있습니다`,
  ],
} as const

const lengthOf = (text: string) => [...text].length

function fault(name: keyof typeof FAULTS, q: string, at: number): Problem {
  const [en, ko] = FAULTS[name]
  const column = lengthOf(q.slice(0, at)) + 1
  return badParameter('q', `${en} at column ${column}`, `${column}번째 글자: ${ko}`)
}

function phraseOf(q: string, at: number, inside: string, closed: boolean): Pick<Term, 'text' | 'phrase'> {
  if (!closed) throw fault('quote', q, at)
  const text = inside.split(SPACES).filter(Boolean).join(' ')
  if (text === '') throw fault('phrase', q, at)
  return { text, phrase: true }
}

function wordOf(q: string, at: number, word: string): Pick<Term, 'text' | 'prefix'> {
  const star = word.indexOf('*')
  if (star < 0) return { text: word, prefix: false }
  if (star < word.length - 1) throw fault('star', q, at + star)
  const text = word.slice(0, star)
  if (lengthOf(text) < MIN_PREFIX) throw fault('prefix', q, at + star)
  return { text, prefix: true }
}

/** After a bracket or quote a - needs a space: in `한국(韓國)-미국`, copied from a headline, it excludes nothing. */
function checkMinus(q: string, at: number, minus: string): void {
  if (minus.length > 1) throw fault('minuses', q, at)
  if (minus !== '' && `)${QUOTE}`.includes(q[at - 1] ?? ' ')) throw fault('glued', q, at)
}

function termOf(q: string, at: number, { scope = '', phrase, end, word }: Record<string, string>): Term {
  if (scope && word && startsWithMinus(word)) throw fault('scopeMinus', q, at)
  const from = at + scope.length
  const plain = { type: 'term', at: from, phrase: false, prefix: false, title: scope !== '' } as const
  if (phrase !== undefined) return { ...plain, ...phraseOf(q, from, phrase, end !== '') }
  if (word !== undefined) return { ...plain, ...wordOf(q, from, word) }
  throw fault('scope', q, at)
}

function tokenOf(q: string, { 0: source, index: at, groups = {} }: RegExpExecArray): Token {
  const { minus = '', scope, open } = groups
  const kind = SIGNS.get(source)
  if (kind) return { kind, at, excluded: false }
  if (source === minus) return { kind: 'term', at, excluded: false, term: termOf(q, at, { word: source }) }
  checkMinus(q, at, minus)
  const excluded = minus !== ''
  if (open && !scope) return { kind: 'open', at, excluded }
  return { kind: 'term', at, excluded, term: termOf(q, at + minus.length, groups) }
}

/** Where words are listed without a space: 탄소,수소 and AI/반도체 and 소재·부품, but no 2,000, no address and no 한·미. */
const LISTED =
  /(?<=\p{L})[,，、](?=\p{L})|(?<=[가-힣])[/／](?=\p{L})|(?<=\p{L})[/／](?=[가-힣])|(?<=[가-힣]{2})[·ㆍ‧・･](?=[가-힣]{2})/gu

const PART = new RegExp(`^${SCOPE}(?<word>.+)?`, 'isu')

/** Words that are listed without a space as if they stood in brackets, with spaces. */
function listed(q: string, token: Token): Token[] {
  if (token.kind !== 'term' || token.term.phrase) return [token]
  const { at, excluded, term } = token
  const source = `${term.text}${term.prefix ? '*' : ''}`
  const signs = [...source.matchAll(LISTED)].map(({ index }) => index)
  if (signs.length === 0) return [token]
  const words = [...signs, source.length].map((end, i): Token => {
    const start = i === 0 ? 0 : (signs[i - 1] ?? 0) + 1
    const part = source.slice(start, end)
    if (SIGNS.has(part)) throw fault('operator', q, term.at + start)
    const read = termOf(q, term.at + start, PART.exec(part)?.groups ?? {})
    return { kind: 'term', at: read.at, excluded: false, term: { ...read, title: term.title || read.title } }
  })
  return [{ kind: 'open', at, excluded }, ...words, { kind: 'close', at, excluded: false }]
}

/** Brackets within brackets, as titles have them: 점검(7.3.(목) 14:00). */
const DEEPEST = 3

function checkBrackets(q: string, tokens: Token[]): void {
  const open: Token[] = []
  for (const [i, token] of tokens.entries()) {
    if (token.kind === 'open') {
      if (open.length === DEEPEST) throw fault('nested', q, token.at)
      open.push(token)
    }
    if (token.kind === 'close') {
      const opened = open.pop()
      if (!opened) throw fault('unopened', q, token.at)
      if (opened === tokens[i - 1]) throw fault('brackets', q, opened.at)
    }
  }
  const [unclosed] = open
  if (unclosed) throw fault('unclosed', q, unclosed.at)
}

function checkOperators(q: string, tokens: Token[]): void {
  const isOneOf = (token: Token | undefined, ...kinds: string[]) => kinds.includes(token?.kind ?? 'none')
  for (const [i, token] of tokens.entries()) {
    const between = isOneOf(tokens[i - 1], 'term', 'close') && isOneOf(tokens[i + 1], 'term', 'open')
    if (isOneOf(token, 'or', 'and') && !between) throw fault('operator', q, token.at)
  }
}

function joined(type: 'and' | 'or', nodes: QueryNode[]): QueryNode {
  const [first, ...more] = nodes
  if (first && more.length === 0) return first
  return { type, of: nodes.flatMap(node => (node.type === type ? node.of : [node])) }
}

/** Builds the tree of tokens whose brackets and operators are in order. */
class Builder {
  readonly #q: string
  readonly #tokens: Token[]
  #next = 0

  constructor(q: string, tokens: Token[]) {
    this.#q = q
    this.#tokens = tokens
  }

  /** Everything up to a closing bracket or the end. */
  all(): QueryNode {
    const at = this.#tokens[this.#next]?.at ?? 0
    const nodes: QueryNode[] = []
    while (this.#next < this.#tokens.length && !this.#take('close')) nodes.push(this.#either())
    if (nodes.every(({ type }) => type === 'not')) throw fault('exclusions', this.#q, at)
    return joined('and', nodes)
  }

  #either(): QueryNode {
    const starts: (Token | undefined)[] = []
    const nodes: QueryNode[] = []
    do {
      starts.push(this.#tokens[this.#next])
      nodes.push(this.#one())
    } while (this.#take('or'))
    const excluded = starts.find(token => token?.excluded)
    if (excluded && nodes.length > 1) throw fault('alternative', this.#q, excluded.at)
    return joined('or', nodes)
  }

  #one(): QueryNode {
    const token = this.#tokens[this.#next++]
    const node = token?.kind === 'term' ? token.term : this.all()
    return token?.excluded ? { type: 'not', of: node } : node
  }

  #take(kind: Sign): boolean {
    const taken = this.#tokens[this.#next]?.kind === kind
    if (taken) this.#next++
    return taken
  }
}

/** @throws Problem 400 that names `q` and the column, in characters from 1. */
export function parseQuery(q: string): QueryNode {
  if (lengthOf(q) > MAX_LENGTH)
    throw badParameter('q', `must have at most ${MAX_LENGTH} characters`, `${MAX_LENGTH}자 이하여야 합니다`)
  const tokens = [...q.matchAll(TOKEN)].map(match => tokenOf(q, match))
  if (tokens.length === 0) throw badParameter('q', 'is empty', '비어 있습니다')
  checkBrackets(q, tokens)
  checkOperators(q, tokens)
  const all = tokens.flatMap(token => listed(q, token))
  const excess = all.filter(({ kind }) => kind === 'term')[MAX_TERMS]
  if (excess) throw fault('terms', q, excess.at)
  return new Builder(
    q,
    all.filter(({ kind }) => kind !== 'and'),
  ).all()
}

/** The same; null where it is refused. */
export function tryQuery(q: string): QueryNode | null {
  try {
    return parseQuery(q)
  } catch (error) {
    if (error instanceof Problem) return null
    throw error
  }
}

/** What a result is to contain, at least in part: the terms outside exclusions, in order. */
export function termsOf(node: QueryNode): Term[] {
  if (node.type === 'term') return [node]
  return node.type === 'not' ? [] : node.of.flatMap(termsOf)
}
