import type { NewArticle } from '../../src/articles/schema.ts'
import type { DuplicateReason } from '../../src/duplicates/relate.ts'
import { addDays } from '../../src/time/seoul.ts'
import { Draw } from './draw.ts'
import { type Half, MINISTRIES, makeWriter } from './wording.ts'

/** Pairs of articles, each with the reason for which they are duplicates, or none for look-alikes. */

export interface LabelledPair {
  what: string
  reason: DuplicateReason | null
  articles: [NewArticle, NewArticle]
}

type Ministry = (typeof MINISTRIES)[number]
interface Given {
  title: string
  paragraphs: readonly string[]
  ministry: Ministry | null
  day: string
  time?: string
  source?: string
  author?: string
}

/** A maker of pairs of one kind; drawn again for each. */
type Maker = (at: ReturnType<typeof makeTools>) => [NewArticle, NewArticle]

function makeTools(seed: number, half: Half) {
  const draw = new Draw(seed)
  const writer = makeWriter(draw, half)
  let serial = 0
  const day = () => addDays('2020-01-01', draw.between(0, 2000))
  const time = () => `${String(draw.between(6, 18)).padStart(2, '0')}:${draw.of(['00', '30', '47'])}:00`
  const article = ({
    title,
    paragraphs,
    ministry,
    day,
    time: at = time(),
    source = 'korea.kr',
    author,
  }: Given): NewArticle => ({
    status: 'published',
    kind: 'press-release',
    title,
    bodyText: paragraphs.map(text => text.replaceAll('{m}', ministry?.name ?? '한국생산성본부')).join('\n\n'),
    ministry: ministry && { code: ministry.code, name: ministry.name },
    publishedAt: `${day}T${at}+09:00`,
    source: { name: source, externalId: `${half}-${seed}-${++serial}` },
    ...(author !== undefined && { author }),
  })

  /** The same title in another spelling. */
  const respelt = (title: string) => {
    const steps: ((text: string) => string)[] = [
      text => text.replace(/[‘’“”]/g, mark => ({ '‘': "'", '’': "'", '“': '"', '”': '"' })[mark] ?? mark),
      text => text.replaceAll('·', 'ㆍ').replaceAll('… ', '... '),
      text => text.replace(/ /, '  '),
      text => text.replace(/(?<=[가-힣]) (?=[가-힣])/, ''),
      text => `${draw.of(['[보도자료]', '(보도참고)', '[보도자료]'])} ${text}`,
    ]
    return draw.some(steps, draw.between(0, 2)).reduce((text, step) => step(text), title)
  }
  /** The same text in another spelling: quotes, dots, spaces. */
  const respaced = (text: string) =>
    text
      .replace(/[“”]/g, mark => (draw.chance(0.5) ? mark : '"'))
      .replace(/(?<=[가-힣]) (?=[가-힣])/g, space => (draw.chance(0.04) ? '' : space))
      .replace(/(\d),(\d{3})/g, (all, a, b) => (draw.chance(0.5) ? `${a}${b}` : all))
  /** A slip of the pen: a syllable left out, doubled or moved. */
  const mistyped = (text: string, slips: number) => {
    let typed = text
    for (let i = 0; i < slips; i++) {
      const at = draw.between(1, Math.max(1, typed.length - 2))
      if (!/[가-힣]/.test(typed[at] ?? '')) continue
      const now = draw.of(['', `${typed[at]}${typed[at]}`])
      typed = typed.slice(0, at) + now + typed.slice(at + 1)
    }
    return typed
  }
  /** One of its figures corrected. */
  const refigured = (text: string) => {
    const figures = [...text.matchAll(/\d+/g)]
    if (figures.length < 6) return text
    const { index, 0: figure } = draw.of(figures)
    return text.slice(0, index) + String(Number(figure) + 1) + text.slice(index + figure.length)
  }
  const two = () => draw.some(MINISTRIES, 2) as [Ministry, Ministry]
  return {
    draw,
    writer,
    day,
    article,
    respelt,
    respaced,
    mistyped,
    refigured,
    two,
    ministry: () => draw.of(MINISTRIES),
  }
}

const DUPLICATES: [DuplicateReason, string, Maker][] = [
  [
    'midnight-relisting',
    'the same again at midnight',
    ({ article, writer, day, respelt, respaced, ministry }) => {
      const about = writer.subject()
      const given = {
        title: writer.title(about),
        paragraphs: writer.release(about),
        ministry: ministry(),
        day: day(),
      }
      return [
        article(given),
        article({
          ...given,
          title: respelt(given.title),
          paragraphs: given.paragraphs.map(respaced),
          day: addDays(given.day, 1),
          time: '00:00:00',
        }),
      ]
    },
  ],
  [
    'midnight-relisting',
    'a row of a board a day later',
    ({ article, writer, day, respelt, draw }) => {
      const given = {
        ...{ title: writer.title(writer.subject()), paragraphs: [], ministry: null, day: day() },
        ...{ time: '00:00:00', source: 'board', author: draw.of(['관리자', '한국생산성본부']) },
      }
      return [article(given), article({ ...given, title: respelt(given.title), day: addDays(given.day, 1) })]
    },
  ],
  [
    'midnight-relisting',
    'only “see attached”, again at midnight',
    ({ article, writer, day, ministry }) => {
      const given = {
        title: writer.title(writer.subject()),
        paragraphs: ['자세한 내용은 붙임 파일을 참조하시기 바랍니다.'],
        ministry: ministry(),
        day: day(),
      }
      return [article(given), article({ ...given, day: addDays(given.day, 1), time: '00:00:00' })]
    },
  ],
  [
    'reissue',
    'corrected: slips, a figure, contacts',
    ({ article, writer, day, respelt, mistyped, refigured, draw, ministry }) => {
      const about = writer.subject()
      const given = {
        ...{ title: writer.title(about), paragraphs: writer.release(about, draw.between(3, 7)) },
        ...{ ministry: ministry(), day: day() },
      }
      const slips = mistyped(given.paragraphs.join('\n\n'), draw.between(1, 8))
      const text = draw.chance(0.3) ? refigured(refigured(slips)) : refigured(slips)
      return [
        article(given),
        article({
          ...given,
          title: `${draw.of(['[정정] ', '(수정) ', '【재배포】', '', ''])}${respelt(given.title)}${draw.of(['', '', '(수정)', ' (2차 수정)'])}`,
          paragraphs: [...text.split('\n\n'), writer.contact()],
          day: addDays(given.day, draw.of([0, 0, 1, 2, 3, 7, 14])),
          time: '19:30:00',
        }),
      ]
    },
  ],
  [
    'reissue',
    'with paragraphs added or left out',
    ({ article, writer, day, respaced, draw, ministry }) => {
      const about = writer.subject()
      const paragraphs = writer.release(about, draw.between(4, 6))
      const given = { title: writer.title(about), paragraphs, ministry: ministry(), day: day() }
      const more = draw.chance(0.5)
        ? [...paragraphs, ...writer.release(about, draw.between(1, 3))]
        : paragraphs.filter((_, i) => i !== 1)
      return [
        article(given),
        article({
          ...given,
          paragraphs: more.map(respaced),
          day: addDays(given.day, draw.of([0, 1, 2, 5, 10, 20])),
          time: '20:00:00',
        }),
      ]
    },
  ],
  [
    'reissue',
    'with a paragraph written anew',
    ({ article, writer, day, respaced, draw, ministry }) => {
      const about = writer.subject()
      const paragraphs = writer.release(about, draw.between(5, 8))
      const given = { title: writer.title(about), paragraphs, ministry: ministry(), day: day() }
      const anew = draw.between(0, paragraphs.length - 1)
      return [
        article(given),
        article({
          ...given,
          title: `${given.title}${draw.of(['', ' [수정]'])}`,
          paragraphs: paragraphs.map((text, i) => (i === anew ? writer.paragraph(about, 1) : respaced(text))),
          day: addDays(given.day, draw.of([0, 1, 4, 12])),
          time: '20:00:00',
        }),
      ]
    },
  ],
  [
    'reissue',
    'with a slip in the title put right',
    ({ article, writer, day, mistyped, draw, ministry }) => {
      const about = writer.subject()
      const given = {
        title: writer.title(about),
        paragraphs: writer.release(about, 5),
        ministry: ministry(),
        day: day(),
      }
      return [
        article({ ...given, title: mistyped(given.title, 1) }),
        article({ ...given, day: addDays(given.day, draw.of([0, 1, 3])), time: '20:00:00' }),
      ]
    },
  ],
  [
    'joint-release',
    'the same text, each under its own name',
    ({ article, writer, day, respelt, respaced, draw, two }) => {
      const about = writer.subject()
      const [one, other] = two()
      const paragraphs = writer.release(about, draw.between(3, 6))
      const given = { title: writer.title(about), paragraphs, ministry: one, day: day() }
      return [
        article({ ...given, paragraphs: [...paragraphs, writer.contact()] }),
        article({
          ...given,
          title: draw.chance(0.7) ? respelt(given.title) : `${one.short}-${other.short}, ${given.title}`,
          paragraphs: [...paragraphs.map(respaced), writer.contact()],
          ministry: other,
          day: addDays(given.day, draw.of([0, 0, 0, 1])),
        }),
      ]
    },
  ],
  [
    'joint-release',
    'each with paragraphs of its own',
    ({ article, writer, day, respelt, draw, two }) => {
      const about = writer.subject()
      const [one, other] = two()
      const paragraphs = writer.release(about, draw.between(4, 6))
      const given = { title: writer.title(about), paragraphs, ministry: one, day: day() }
      return [
        article({ ...given, paragraphs: [...paragraphs, writer.paragraph(about, 1)] }),
        article({
          ...given,
          title: respelt(given.title),
          paragraphs: draw.shuffle([...paragraphs, writer.paragraph(about, draw.between(1, 3))]),
          ministry: other,
          day: addDays(given.day, draw.of([0, 0, 1])),
        }),
      ]
    },
  ],
  [
    'joint-release',
    'one of them only with an attachment',
    ({ article, writer, day, two }) => {
      const about = writer.subject()
      const [one, other] = two()
      const given = {
        title: writer.title(about),
        paragraphs: writer.release(about),
        ministry: one,
        day: day(),
      }
      return [article(given), article({ ...given, paragraphs: ['※ 붙임 참조'], ministry: other })]
    },
  ],
  [
    'same-body',
    'the same text under another title',
    ({ article, writer, day, respaced, mistyped, draw, ministry }) => {
      const about = writer.subject()
      const paragraphs = writer.release(about, draw.between(3, 6))
      const issuer = ministry()
      const first = day()
      const far = draw.chance(0.4)
      const again = paragraphs.map(respaced)
      return [
        article({ title: `${about.topic} ${about.thing} 첫발`, paragraphs, ministry: issuer, day: first }),
        article({
          title: writer.title(about),
          paragraphs: far ? again : mistyped(again.join('\n\n'), draw.between(1, 3)).split('\n\n'),
          ministry: issuer,
          day: addDays(first, far ? draw.between(40, 300) : draw.between(0, 25)),
          time: '21:00:00',
        }),
      ]
    },
  ],
  [
    'same-body',
    'carried by another body days later',
    ({ article, writer, day, respaced, draw, ministry, two }) => {
      const about = writer.subject()
      const paragraphs = writer.release(about, draw.between(4, 6)).map(text => text.replaceAll('{m}', '정부'))
      const [one, other] = two()
      const given = {
        title: writer.title(about),
        paragraphs,
        ministry: draw.chance(0.5) ? one : ministry(),
        day: day(),
      }
      return [
        article(given),
        article({
          ...given,
          title: `${about.topic} 소식: ${writer.place()} ${about.thing}`,
          paragraphs: [...paragraphs.map(respaced), writer.contact()],
          ministry: given.ministry === other ? one : other,
          day: addDays(given.day, draw.between(3, 25)),
        }),
      ]
    },
  ],
]

const LOOK_ALIKES: [string, Maker][] = [
  [
    'personnel lists under the same title',
    ({ article, writer, day, draw, ministry }) => {
      const list = () => [
        '{m}는 다음과 같이 과장급 인사를 발령하였다.',
        draw
          .some(['운영지원과장', '정책총괄과장', '예산담당관', '감사담당관', '법무담당관', '홍보담당관'], 4)
          .map(post => `▲ ${post} ${writer.name()}`)
          .join('\n'),
      ]
      const given = {
        title: draw.of(['인사', '[인사] 과장급 전보', '과장급 인사 발령']),
        ministry: ministry(),
        day: day(),
      }
      return [
        article({ ...given, paragraphs: list() }),
        article({ ...given, paragraphs: list(), day: addDays(given.day, draw.of([0, 1, 7])) }),
      ]
    },
  ],
  [
    'weekly prices in the same words',
    ({ article, writer, day, draw, ministry }) => {
      const given = { title: '주간 가격 동향', ministry: ministry(), day: day() }
      return [
        article({ ...given, paragraphs: writer.prices() }),
        article({ ...given, paragraphs: writer.prices(), day: addDays(given.day, draw.of([1, 7, 7, 14])) }),
      ]
    },
  ],
  [
    'daily prices, some of which have not moved',
    ({ article, writer, day, draw, ministry }) => {
      const given = { title: '시장 가격 조사 결과 발표', ministry: ministry(), day: day() }
      const [first, ...rest] = writer.prices()
      const moved = [...draw.some(rest, 2), ...writer.prices().slice(0, 3)]
      return [
        article({ ...given, paragraphs: [first as string, ...rest] }),
        article({ ...given, paragraphs: moved, day: addDays(given.day, 1) }),
      ]
    },
  ],
  [
    'every month in the same words',
    ({ article, writer, day, draw, ministry }) => {
      const about = writer.subject()
      const text = [
        ...writer.release(about, 2),
        `이번 행사는 {d} {t}시부터 {t}시까지 열리며 선착순 {k}명을 받는다.`,
      ].map(line =>
        line
          .replace(/\d+월 \d+일/g, '{d}')
          .replace(/\d[\d,]*/g, figure => (draw.chance(0.3) ? figure : '{k}')),
      )
      const filled = () =>
        text.map(line =>
          line.replace(/\{[dkt]\}/g, slot =>
            slot === '{d}' ? writer.date() : slot === '{t}' ? String(draw.between(9, 18)) : writer.number(),
          ),
        )
      const given = { title: `이달의 ${about.topic} ${about.thing} 열어`, ministry: ministry(), day: day() }
      return [
        article({ ...given, paragraphs: filled() }),
        article({ ...given, paragraphs: filled(), day: addDays(given.day, draw.between(26, 31)) }),
      ]
    },
  ],
  [
    'at once in two places, each with its own date',
    ({ article, writer, day, draw, ministry }) => {
      const about = writer.subject()
      const text = writer.release(about, draw.between(3, 4))
      const [one, other] = draw.some(['강화', '속초', '통영', '남원', '안동', '보령'], 2) as [string, string]
      const given = { ministry: ministry(), day: day() }
      const of = (place: string) => ({
        title: `${place} ${about.topic} ${about.thing} 연다`,
        paragraphs: [
          `{m} ${place}지청은 ${writer.date()} ${place} 시민회관에서 ${about.thing}를 연다.`,
          ...text,
          `${place} 시민은 누구나 ${writer.date()}까지 ${place}지청에 신청할 수 있다.`,
        ],
      })
      return [article({ ...given, ...of(one) }), article({ ...given, ...of(other) })]
    },
  ],
  [
    'weekly prices, with the same boilerplate',
    ({ article, writer, day, draw, ministry }) => {
      const given = { title: '전국 평균 가격 조사 결과', ministry: ministry(), day: day() }
      const prices = () => [...writer.prices(), ...writer.boiler()]
      return [
        article({ ...given, paragraphs: prices() }),
        article({ ...given, paragraphs: prices(), day: addDays(given.day, draw.of([1, 7, 7])) }),
      ]
    },
  ],
  [
    'only “see attached” under a title that recurs',
    ({ article, day, draw, ministry }) => {
      const given = {
        title: draw.of(['인사', '주간 보도계획', '장관 동정', '일일 상황 보고', '이번 주 주요 일정 안내']),
        paragraphs: ['붙임 참조'],
        ministry: ministry(),
        day: day(),
      }
      return [article(given), article({ ...given, day: addDays(given.day, draw.of([1, 1, 7])) })]
    },
  ],
  [
    'only “see attached” under other titles',
    ({ article, writer, day, ministry }) => {
      const given = {
        paragraphs: ['자세한 내용은 첨부파일을 참고하시기 바랍니다.', '붙임: 보도자료 1부. 끝.'],
        ministry: ministry(),
        day: day(),
      }
      return [
        article({ ...given, title: writer.title(writer.subject()) }),
        article({ ...given, title: `${writer.place()} ${writer.title(writer.subject())}` }),
      ]
    },
  ],
  [
    'the same event in another year',
    ({ article, writer, day, ministry, draw }) => {
      const about = writer.subject()
      const given = { title: writer.title(about), ministry: ministry(), day: day() }
      const [first, ...rest] = writer.release(about, 4)
      return [
        article({ ...given, paragraphs: [first as string, ...rest] }),
        article({
          ...given,
          paragraphs: [first as string, ...writer.release(about, 3)],
          day: addDays(given.day, draw.between(360, 370)),
        }),
      ]
    },
  ],
  [
    'a release that follows up, with the same background',
    ({ article, writer, day, ministry, draw }) => {
      const about = writer.subject()
      const background = writer.release(about, draw.between(1, 2))
      const given = { ministry: ministry(), day: day() }
      const title = writer.title(about)
      return [
        article({ ...given, title, paragraphs: [...writer.release(about, 4), ...background] }),
        article({
          ...given,
          title: draw.chance(0.5) ? title : `${about.topic} ${about.thing} 후속 조치 나서`,
          paragraphs: [...writer.release(about, 4), ...background],
          day: addDays(given.day, draw.between(1, 14)),
        }),
      ]
    },
  ],
  [
    'the next place of a series',
    ({ article, writer, day, ministry }) => {
      const about = writer.subject()
      const issuer = ministry()
      const first = day()
      const text = [
        `{m}는 {d} {p}에서 ${writer.series(about.topic)}를 연다.`,
        writer.paragraph(about, 1).replace(/\d+/g, '{k}'),
        `{p} 지역의 참가 신청은 {d}까지이며 정원은 {k}명, 장소는 {p} 시민회관 {k}호이다.`,
        `이번 {p} 행사에서는 지역 기업 {k}곳의 사례를 함께 나눈다.`,
      ]
      const of = (place: string) =>
        text.map(line =>
          line
            .replaceAll('{p}', place)
            .replace(/\{[dk]\}/g, slot => (slot === '{d}' ? writer.date() : writer.number())),
        )
      return ['강화', '속초'].map((place, i) =>
        article({
          title: `${place}, ${writer.series(about.topic)} 열려`,
          paragraphs: of(place),
          ministry: issuer,
          day: addDays(first, 3 * i),
        }),
      ) as [NewArticle, NewArticle]
    },
  ],
  [
    'the next number of a series',
    ({ article, writer, day, ministry, draw }) => {
      const about = writer.subject()
      const issuer = ministry()
      const first = day()
      const nth = draw.between(2, 40)
      const text = writer.release(about, 3)
      const renumbered = () => text.map(line => line.replace(/\d[\d,]*/g, () => writer.number()))
      return [0, 1].map(i =>
        article({
          title: `제${nth + i}차 ${about.topic} ${about.thing} 개최`,
          paragraphs: renumbered(),
          ministry: issuer,
          day: addDays(first, 14 * i),
        }),
      ) as [NewArticle, NewArticle]
    },
  ],
  [
    'the same title of two ministries, each with its own news',
    ({ article, writer, day, two }) => {
      const about = writer.subject()
      const [one, other] = two()
      const given = { title: `${about.topic} ${about.thing} 추진`, day: day() }
      const shared = writer.paragraph(about, 1)
      return [
        article({ ...given, paragraphs: [...writer.release(about), shared], ministry: one }),
        article({ ...given, paragraphs: [...writer.release(about), shared], ministry: other }),
      ]
    },
  ],
  [
    'activities of a minister',
    ({ article, writer, day, ministry, draw }) => {
      const given = {
        title: draw.of(['장관 동정', '[동정] 차관 현장 방문', '장관 주요 일정']),
        ministry: ministry(),
        day: day(),
      }
      const visit = () => [
        `장관은 ${writer.date()} ${writer.place()}을 찾아 ${writer.paragraph(writer.subject(), 1)}`,
      ]
      return [
        article({ ...given, paragraphs: visit() }),
        article({ ...given, paragraphs: visit(), day: addDays(given.day, draw.of([0, 1, 2])) }),
      ]
    },
  ],
  [
    'other news above the same long boilerplate',
    ({ article, writer, day, ministry }) => {
      const given = { ministry: ministry(), day: day() }
      const one = () => {
        const about = writer.subject()
        return { title: writer.title(about), paragraphs: [writer.paragraph(about, 2), ...writer.boiler()] }
      }
      return [article({ ...given, ...one() }), article({ ...given, ...one() })]
    },
  ],
]

/** So many pairs of each reason, and of look-alikes, evenly of all their kinds. */
export function labelledPairs(half: Half, seed: number, each: number): LabelledPair[] {
  const tools = makeTools(seed, half)
  const repeat = (reason: DuplicateReason | null, kinds: { what: string; make: Maker }[]) =>
    Array.from({ length: each }, (_, i) => {
      const { what, make } = kinds[i % kinds.length] as (typeof kinds)[number]
      return { what, reason, articles: make(tools) }
    })
  const reasons = [...new Set(DUPLICATES.map(([reason]) => reason))]
  return [
    ...reasons.flatMap(reason =>
      repeat(
        reason,
        DUPLICATES.filter(([of]) => of === reason).map(([, what, make]) => ({ what, make })),
      ),
    ),
    ...repeat(
      null,
      LOOK_ALIKES.map(([what, make]) => ({ what, make })),
    ),
  ]
}
