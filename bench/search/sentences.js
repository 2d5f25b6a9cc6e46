/** Sentences with gaps, and the Korean that gaps need: particles by the final consonant, verbs with their endings. */

const HANGUL = 0xac00
const FINALS = 28
/** How Latin letters and digits end when they are read aloud, where it is not in a vowel: 1 a consonant, 2 ㄹ. (% is 퍼센트.) */
const READ_ALOUD = new Map([...[...'LRlr178'].map(c => [c, 2]), ...[...'MNmn036'].map(c => [c, 1]), ['%', 0]])

/** How a word ends: 0 in a vowel, 1 in a consonant, 2 in ㄹ. Closing marks are passed over. */
export function finalOf(word) {
  for (let i = word.length - 1; i >= 0; i--) {
    const code = word.charCodeAt(i)
    if (code >= HANGUL && code < 0xd7a4) {
      const final = (code - HANGUL) % FINALS
      return final === 0 ? 0 : final === 8 ? 2 : 1
    }
    if (code === 37 || (code >= 48 && code < 58) || code >= 65) return READ_ALOUD.get(word[i]) ?? 0
  }
  return 0
}

/** Particles after a vowel, a consonant and ㄹ. The others never change. */
const PARTICLES = {
  을: ['를', '을', '을'],
  은: ['는', '은', '은'],
  이: ['가', '이', '이'],
  과: ['와', '과', '과'],
  으로: ['로', '으로', '로'],
  이며: ['며', '이며', '이며'],
  이다: ['다', '이다', '이다'],
}

/** Endings, named by the forms of 하다. */
const ENDINGS = [
  '한다',
  '했다',
  '할',
  '하고',
  '하기',
  '하는',
  '해',
  '하도록',
  '하며',
  '한',
  '하겠다',
  '하면서',
  '하려는',
]

/** The forms of a verb whose stem ends in an open ㅣ. */
export function conjugate(stem) {
  const before = stem.slice(0, -1)
  const code = stem.charCodeAt(stem.length - 1)
  const withFinal = final => before + String.fromCharCode(code + final)
  // ㅣ is the vowel 20, ㅕ the vowel 6.
  const past = final => before + String.fromCharCode(code - 14 * FINALS + final)
  return [
    `${withFinal(4)}다`,
    `${past(20)}다`,
    withFinal(8),
    `${stem}고`,
    `${stem}기`,
    `${stem}는`,
    past(0),
    `${stem}도록`,
    `${stem}며`,
    withFinal(4),
    `${stem}겠다`,
    `${stem}면서`,
    `${stem}려는`,
  ]
}
export const conjugateAction = action => ENDINGS.map(ending => action + ending)

/**
 * `{N을} {V:한다}` as what lies between the gaps, and the gaps.
 * @returns {{ literals: string[], gaps: { slot: string, particle: string[] | null, ending: number }[] }}
 */
function compile(template) {
  const literals = []
  const gaps = []
  let from = 0
  for (const match of template.matchAll(/\{([A-Z])(?::([가-힣]+)|([가-힣]+))?\}/g)) {
    literals.push(template.slice(from, match.index))
    from = match.index + match[0].length
    const [, slot, ending, particle] = match
    if (ending && !ENDINGS.includes(ending)) throw new Error(`no ending ${ending} in ${template}`)
    gaps.push({
      slot,
      particle: particle ? (PARTICLES[particle] ?? [particle, particle, particle]) : null,
      ending: ENDINGS.indexOf(ending),
    })
  }
  literals.push(template.slice(from))
  return { literals, gaps }
}

/** Fills the gaps. `fill(slot, ending)` gives a word. */
export function write({ literals, gaps }, fill) {
  let text = literals[0]
  for (let i = 0; i < gaps.length; i++) {
    const { slot, particle, ending } = gaps[i]
    const word = fill(slot, ending)
    text += particle === null ? word + literals[i + 1] : word + particle[finalOf(word)] + literals[i + 1]
  }
  return text
}

/*
 * A any noun · B a body · C a company · D a day · F a focus of the article · G a general noun · J a job · K a noun of
 * action · L Latin · M the ministry · N a noun of the topic · P a place · Q a time · R a person · V a verb · X an amount
 */
const lines = text => text.trim().split('\n').map(compile)

export const LEADS = lines(`
{M은} {D} {P}에서 {B과} {F} {G을} 위한 업무협약을 맺었다고 밝혔다.
{M은} {Q}부터 {F을} {V:한다}고 {D} 밝혔다.
{M} {J} {R은} {D} {F} {G을} {V:하기} 위한 「{F} {K} 방안」을 발표했다.
{M은} {D} {P}에서 {F} 관련 {G을} 열고 {N} {G을} {V:했다}.
{R} {M} {J은} {D} {P}에 있는 {C을} 찾아 {F} {G을} 살피고 {N} 업계의 {G을} 들었다.
{M과} {B은} {D} {F} {K을} 위해 {N} {G을} 함께 {V:하기}로 했다.
{Q} {F} {G이} {X}에 이른 것으로 나타났다. {M은} {D} 이 같은 내용의 {N} {G을} 내놓았다.
{M은} {F} {K}에 {Q} {X을} 들여 {N과} {N} {G을} {V:한다}고 {D} 밝혔다.
{P}에 {F} {G이} 들어선다. {M은} {D} {B과} 함께 {N} {K을} 시작한다고 밝혔다.
「{F} {G}」 일부개정안이 {D} 국무회의를 통과했다고 {M이} 밝혔다.
{M은} {D} {F} {K} 공모에 {C} 등 {X을} 뽑았다고 밝혔다.
최근 {F}에 대한 관심이 높아지면서 {M이} {N} {K}에 나섰다.
`)

/** The commonest first. */
export const SENTENCES = lines(`
이 {K은} {A을} {V:하고} {N을} {V:하려는} 것이다.
{A은} {N} {G으로}, {M은} {Q}까지 {N} {G을} {X} {V:할} {G이다}.
특히 {A과} {N} {G을} 함께 {V:해} {G} {G을} 덜어 준다.
{N} {G}에는 {X이} 쓰이며, {P과} {P} 등에서 먼저 {V:한다}.
{M은} 이제까지 {A}의 {G을} {V:하는} 데 힘써 왔다.
{A을} {V:하는} {C}에는 {N} {K을} 먼저 {V:한다}.
{B은} {N과} {N}에 관한 {G을} {V:하고}, {A} {K} {G을} {Q} {V:한다}.
{Q} {N} {G은} {X으로}, 한 해 전보다 {X} 늘었다.
{N} {G이} {X}에서 {X으로} 바뀐 반면 {A은} {X} 늘었다.
아울러 {A} {G을} {V:하도록} {N} {K} {G을} 새로 만든다.
{A} {K을} 바라는 {G은} {D}까지 {B}에 {K을} 내면 된다.
{R} {J은} “{N} {G}에 빈틈이 없도록 {A을} {V:하겠다}”라고 강조했다.
{C} {J은} “{N} {K} 덕분에 {A} {G을} 크게 덜었다”라고 전했다.
{F}의 {G을} 높이려면 {N}, {N}, {N} 등의 {K이} 있어야 한다.
{M은} {A}에 대한 {G을} {V:하면서} {L을} 쓰는 {N} {G도} {V:한다}.
먼저, {N} {G을} {V:해} {A} {K}의 {G을} 다진다.
둘째, {A과} 관련한 {N} {G을} {V:하고} {G} {G을} 줄인다.
{A은} {Q}부터 {P}, {P}, {P} 등 {X}에서 시행된다.
한편 {P}에서는 {D} {N} {K}회도 열린다.
{N} {K으로} {A} {G이} 나아지고 {X}의 경제 효과가 날 것으로 {M은} 보고 있다.
현행 {N} {G은} {A을} {V:하기} 어렵다는 목소리가 있었다.
{M은} {N} {G을} 바탕으로 {A} {G을} {V:할} 방침이다.
{A}({L}) {K}에는 {C}, {C} 등이 참여한다.
{L} 등 국제 {G}에 맞추어 {N과} {A을} {V:하는} {G도} 서두른다.
{R} {B} {J은} {A}의 {G을} 주제로 {V:하고} {N} {G을} 소개했다.
{N}에서는 {A}, {N}, {N} 등 {X의} {G을} {V:한다}.
{N}의 경우 {Q} {X으로} {A}의 {X을} 차지한다.
이에 따라 {N} {G이} {V:하는} {A도} {Q}부터 달라진다.
{M과} {P} {G은} {N} {G} 실태를 {V:하고} {A} {K} 여부를 {V:했다}.
{B}에 따르면 {N} {K} 이후 {A} {G이} {X} 감소했다.
{C은} {N} {G}에 {A을} 접목해 {L} 인증을 받았다.
{N과} {A의} {G을} 잇는 {K} 체계를 {P에} 세운다.
앞으로 {M은} {A}뿐만 아니라 {N까지} {K} {G을} {V:할} 예정이다.
{N} {G을} 위해 {Q}까지 {X}의 {A을} {V:한다}.
{A} 전문 {G을} {X} {V:하고}, {N} {K} {G을} 새로 연다.
{G은} {N} {K}의 {G이며} {A}의 바탕이 된다.
{N} {G}에서 {A이} 차지하는 비중은 {X}까지 높아졌다.
{A} {G}의 {N} {K} 비율은 {Q} {X}에 그쳤다.
{D} {P}에서 열린 {N} {G}에는 {R} {J}, {R} {J} 등 {X이} 참석했다.
{P에서는} {A을} {V:하고} {P에서는} {N을} {V:한다}.
다만 {A} {G은} {N} {G}에 미치는 {G을} 헤아려 {Q} 이후 {V:한다}.
{N} {K을} 둘러싼 {G을} 풀고자 {A} {G을} {V:하는} 내용도 담겼다.
이 밖에 {A}, {N} {G}, {N} {K도} 함께 {V:한다}.
{A을} 이용한 {N} {G은} {X을} 넘어섰고, 이 가운데 {X이} {P에} 몰렸다.
{F} {K과} 함께 {N} {G} 역시 {V:하기}로 뜻을 모았다.
{R} {M} {J은} “{F은} {N의} 출발점”이라며 “{A을} {V:하고} {N을} {V:하겠다}”라고 말했다.
이를 위해 {B}, {B} 등과 {N} {K}단을 꾸려 {A}의 {G을} {V:하기}로 했다.
셋째, {N}에 {X을} 투입해 {A} {G을} {V:하며}, {P에서} {K} 시범사업을 벌인다.
또한 {N}의 {G}에 따라 {A을} 세 단계로 나누어 {V:한다}.
참석자들은 {N} {G과} {A} {K} {G을} 나누고 앞으로의 {G을} {V:했다}.
{A을} {V:한} {G}에는 {X} 이하의 벌금을 물린다.
{A} {G을} 위해 {N} {K}위원회를 두고 {G을} {V:하도록} 했다.
{M은} {N} {K}, {A} {K}, {N} {K}의 3대 전략을 제시했다.
해당 {N} {K은} {F}에 관한 {G을} {V:하는} 첫 사례이다.
{N} 종사자의 {A} {G을} 돕고 {G을} {X} 낮춘다.
`)

export const CLOSINGS = lines(`
{R} {M} {J은} “앞으로도 {F을} {V:하고} {G을} {V:하기} 위해 최선을 다하겠다”라고 말했다.
{R} {J은} “이번 {K을} 계기로 {F} {G이} 한 걸음 나아가기를 바란다”라고 밝혔다.
자세한 {G은} {M} 누리집에서 볼 수 있다.
{M은} {Q}까지 {F} {K을} 마무리할 예정이다.
{F} {K}에 관한 문의는 {M} {N} 담당자에게 하면 된다.
`)

export const TITLES = lines(`
{M}, {F} {K} 나선다… {N} {G} {K}
{F} {K} 본격화… {N} {G} 기대
{F}·{N} {K} 위해 {G} 힘 모은다
{P에} {F} 들어선다… {N} {K} 속도
{F} {G} {K}, {Q} {X} 투입
{R} {J}, {F} 현장 찾아 {N} {G} 점검
{M}–{B}, {F} {K} 업무협약
{Q} {F} {K} {G} 공모
{F} {K} 위한 {N} {G} 발표
{N} {G}, {F으로} {K} 나선다
{F} {G} 개정안 국무회의 의결
{L} 시대 {F}, {N} {K} 박차
{F} 한눈에… {N} {G} {K}
{P}서 {F} {G} 개최
{F} {X} 돌파, {N} {G} {K}
`)

export const SUBTITLES = lines(`
{N} {K} 및 {A} {G} {K}
{Q} {X} 규모… {A} {K} 기대
{P}, {P} 등 {X} 대상 {N} {K}
{R} {J} “{A} {K}에 최선”
{M}, {B과} {N} {G} {K}
`)
