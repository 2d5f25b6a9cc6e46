import type { Draw } from './draw.ts'

/** Press releases that nobody ever sent out: two halves of wording, one to choose bounds by, one held out. */

export type Half = 'chosen-by' | 'held-out'

export const MINISTRIES = [
  { code: 'A00015', name: '산업통상부', short: '산업부' },
  { code: 'A00019', name: '기후에너지환경부', short: '기후부' },
  { code: 'A00001', name: '고용노동부', short: '노동부' },
  { code: 'A00032', name: '중소벤처기업부', short: '중기부' },
  { code: 'A00031', name: '행정안전부', short: '행안부' },
  { code: 'A00033', name: '과학기술정보통신부', short: '과기정통부' },
  { code: 'C00003', name: '금융위원회', short: '금융위' },
  { code: 'B00010', name: '산림청', short: '산림청' },
] as const

const words = (text: string) => text.trim().split(/\s*,\s*/)

const SHARED = {
  place: words(
    '서울, 부산, 대구, 인천, 광주, 대전, 울산, 세종, 수원, 청주, 전주, 창원, 포항, 여수, 강릉, 제주, 군산, 춘천, 구미, 천안',
  ),
  family: words('김, 이, 박, 최, 정, 강, 조, 윤, 장, 임, 한, 오, 서, 신, 권, 황'),
  given: words(
    '민준, 서연, 도윤, 하은, 지호, 수아, 현우, 지민, 태윤, 유나, 성훈, 미경, 상철, 은정, 재호, 혜진',
  ),
}

const WORDING = {
  'chosen-by': {
    topic: words(
      '순환경제, 폐배터리 재활용, 수소 충전소, 해상풍력 단지, 에너지 효율, 공급망 안정, 중소기업 수출, 청년 일터, 산업 안전, 친환경 포장, 탄소 배출권, 스마트 공장, 지역 상생, 미세먼지 저감, 전기차 충전, 재생 원료, 녹색 금융, 물 절약 설비, 자원 회수, 목재 이용',
    ),
    thing: words(
      '설명회, 협의회, 현장 간담회, 업무 협약, 시범 사업, 공모전, 종합 대책, 기술 교류회, 지원 사업, 합동 점검, 토론회, 성과 발표회',
    ),
    who: words(
      '중소기업 대표, 지방자치단체 담당자, 대학 연구진, 시민 단체, 협력 업체 관계자, 공공기관 실무자, 청년 창업가, 현장 노동자, 설비 제조사, 투자 기관',
    ),
    sentence: [
      '{m}는 {date} {place}에서 {topic} {thing}를 열고 {who} {n}명과 앞으로의 과제를 논의했다.',
      '이번 {thing}는 {topic} 분야의 어려움을 듣고 제도를 고치기 위해 마련됐으며, {who}들이 참석했다.',
      '{m}는 올해 {topic}에 {n}억 원을 들여 {n}곳의 설비를 바꾸고, 내년에는 대상을 {n}곳으로 늘릴 계획이다.',
      '참석자들은 {topic} 관련 절차가 복잡하다고 입을 모았고, {m}는 서류를 {n}종에서 {n}종으로 줄이겠다고 답했다.',
      '{place} 지역의 {who}는 “{topic}을 시작한 뒤 비용이 {n}% 줄었다”며 지원을 이어 달라고 요청했다.',
      '지난해 {topic} {thing}에는 모두 {n}개 팀이 나서 그 가운데 {n}개 팀이 장관상을 받았다.',
      '{m}는 {thing} 결과를 바탕으로 {topic} 이행 계획을 다듬어 {date}까지 내놓기로 했다.',
      '{topic}은 부품과 원료를 오래 쓰게 해 기업의 부담을 덜고 지역의 일감을 늘리는 효과가 있다.',
      '신청은 {date}부터 누리집에서 받으며, 서면 평가와 현장 평가를 거쳐 {n}개 기업을 고른다.',
      '{name} 실장은 “{who}의 목소리를 제도에 담아 {topic}이 자리 잡도록 힘쓰겠다”라고 말했다.',
      '아울러 {place}과 {place}에 {topic} 상담 창구를 두어 {who}가 쉽게 묻고 답을 얻도록 했다.',
      '{m}는 {who}의 부담을 덜기 위해 {topic} 인증 수수료를 {n}% 낮추고 처리 기간을 {n}일로 줄인다.',
      '이 밖에도 {topic} 우수 사례를 모은 책자를 펴내 전국 {n}개 기관에 나누어 줄 예정이다.',
      '행사장에는 {topic} 제품 {n}점이 전시되어 {who}의 눈길을 끌었다.',
    ],
    price: '전국 평균 판매 가격은 리터당 {n}원으로 지난주보다 {n}원 {way}.',
    prices: [
      '{place} 지역은 {n}원으로 가장 높았고 {place} 지역은 {n}원으로 가장 낮았다.',
      '상표별로는 알뜰주유소가 {n}원, 그 밖의 주유소가 평균 {n}원이었다.',
      '국제 유가는 주요국의 재고가 {n}만 배럴 바뀐 영향으로 배럴당 {n}달러를 기록했다.',
      '경유는 {n}원, 등유는 {n}원으로 조사됐으며 조사 대상은 {n}개 주유소이다.',
    ],
    series: '{topic} 지역 순회 설명회',
    boiler: [
      '정부는 앞으로도 국민의 생활과 밀접한 분야를 꾸준히 살피고 현장의 의견을 폭넓게 들어 정책에 반영할 계획이다.',
      '더 자세한 사항은 누리집의 정책 자료실에서 확인할 수 있으며, 궁금한 점은 대표 번호로 물어보면 된다.',
    ],
  },
  'held-out': {
    topic: words(
      '어선 안전, 농촌 돌봄, 반려식물 재배, 전통시장 화재 예방, 디지털 배움터, 우주 부품, 희귀 질환 진료, 바다숲 조성, 공공 주택, 빈집 정비, 로봇 산업, 학교 급식, 저작권 보호, 도서관 협력, 산불 대응, 철도 안전, 항만 자동화, 인공지능 교육, 가축 방역, 문화 바우처',
    ),
    thing: words(
      '연수, 경진대회, 특별 점검, 실무 회의, 공개 행사, 박람회, 제도 개편, 합동 훈련, 수요 조사, 보급 사업, 학술 대회, 체험 주간',
    ),
    who: words(
      '어업인, 상인회 회원, 학부모, 귀농인, 소방 대원, 간호사, 예술인, 대학생 봉사단, 운전원, 마을 이장',
    ),
    sentence: [
      '{date} {place}에서 열린 {topic} {thing}에 {who} 등 {n}여 명이 모였다고 {m}가 밝혔다.',
      '{m}에 따르면 {topic} 이용자는 한 해 사이 {n}천 명에서 {n}천 명으로 늘었다.',
      '올해 하반기부터는 {who}도 {topic} 지원을 받을 수 있고, 한 사람에 {n}만 원까지 쓸 수 있다.',
      '{topic} {thing}의 핵심은 첫째 예방, 둘째 신속한 대응, 셋째 {who}의 참여이다.',
      '{name} 국장은 현장을 둘러본 뒤 “{topic}만큼은 작은 빈틈도 두지 않겠다”라고 강조했다.',
      '{m}는 {place}를 비롯한 {n}개 시·군을 {topic} 선도 지역으로 뽑아 {n}년 동안 돕는다.',
      '심사는 서류, 발표, 현지 확인의 차례로 하며 결과는 {date}에 알린다.',
      '{who} {name} 씨는 “{thing} 덕분에 일이 한결 쉬워졌다”며 웃었다.',
      '이를 위하여 {m}는 {topic} 장비 {n}대를 새로 들이고 담당 인력 {n}명을 더 뽑는다.',
      '{topic} 관련 법령은 {date}에 시행되며, 어긴 곳에는 {n}만 원 이하의 과태료를 물린다.',
      '지난 {n}년간 {topic} 사고는 모두 {n}건으로 그중 절반가량이 봄철에 몰렸다.',
      '{place} 주민을 위한 {topic} 체험 마당도 {date}까지 이어진다.',
      '{m}는 {thing}를 해마다 열고, {who}가 낸 의견 {n}건에 대한 답을 공개한다.',
      '전문가들은 {topic}이 지역을 살리는 열쇠라며 {who}와의 협력을 주문했다.',
    ],
    price: '이번 주 도매시장의 배추 값은 포기당 {n}원으로 한 주 사이 {n}원 {way}.',
    prices: [
      '{place} 시장에서는 {n}원에 거래됐고 {place} 시장에서는 {n}원에 거래됐다.',
      '무는 개당 {n}원, 양파는 한 망에 {n}원으로 나타났다.',
      '하루 반입량은 평균 {n}톤이며 저장 물량은 {n}톤으로 집계됐다.',
      '사과는 열 개에 {n}원, 배는 {n}원으로 전달보다 {n}% 안팎의 차이를 보였다.',
    ],
    series: '{topic} 찾아가는 연수',
    boiler: [
      '담당 부서는 이번 조치가 차질 없이 이루어지도록 관계 기관과 긴밀히 협의하면서 이행 상황을 살펴 나갈 방침이다.',
      '관련 서식과 안내문은 기관 누리집의 알림 마당에 올라 있으며 우편이나 방문으로도 신청을 받는다.',
    ],
  },
}

/** A writer of releases in one half's wording. */
export function makeWriter(draw: Draw, half: Half) {
  const wording = WORDING[half]
  const name = () => draw.of(SHARED.family) + draw.of(SHARED.given)
  const date = () => `${draw.between(1, 12)}월 ${draw.between(1, 28)}일`
  const number = () => draw.of([draw.between(2, 99), draw.between(100, 1999)]).toLocaleString('en')

  /** `m` stays in place: it is what joint releases differ by. */
  const fill = (template: string, topic: string, thing: string) =>
    template.replace(/\{(\w+)\}/g, (slot, key) => {
      if (key === 'topic') return topic
      if (key === 'thing') return thing
      if (key === 'date') return date()
      if (key === 'n') return number()
      if (key === 'name') return name()
      if (key === 'place') return draw.of(SHARED.place)
      if (key === 'who') return draw.of(wording.who)
      if (key === 'way') return draw.of(['올랐다', '내렸다'])
      return slot
    })

  const subject = () => ({ topic: draw.of(wording.topic), thing: draw.of(wording.thing) })
  const paragraph = ({ topic, thing }: ReturnType<typeof subject>, sentences: number) =>
    draw
      .some(wording.sentence, sentences)
      .map(sentence => fill(sentence, topic, thing))
      .join(' ')

  return {
    subject,
    name,
    number,
    date,
    place: () => draw.of(SHARED.place),
    paragraph,
    /** Paragraphs of a release about one subject. */
    release: (about = subject(), paragraphs = draw.between(3, 6)) =>
      Array.from({ length: paragraphs }, () => paragraph(about, draw.between(1, 3))),
    title: ({ topic, thing }: ReturnType<typeof subject>) =>
      draw.of([
        `${topic} ${thing}로 ‘현장’의 답을 찾는다`,
        `${draw.of(SHARED.place)}에서 ${topic} ${thing} 열려`,
        `${topic}, ${draw.of(wording.who)}와 함께 키운다… ${thing} 개최`,
        `올해 ${topic} ${thing} ${number()}곳 선정`,
        `“${topic}” ${thing} 본격 추진·확산`,
      ]),
    prices: () =>
      [wording.price, ...wording.prices, ...draw.some(wording.prices, 2)].map(line => fill(line, '', '')),
    series: (topic: string) => wording.series.replace('{topic}', topic),
    boiler: () => wording.boiler,
    contact: () =>
      draw.of([
        `문의: 담당과장 ${name()}(044-${draw.between(200, 299)}-${draw.between(1000, 9999)})`,
        `담당 부서 총괄과 책임자 과장 ${name()} (044-${draw.between(200, 299)}-${draw.between(1000, 9999)})`,
        `붙임: 행사 개요 1부. 끝.`,
      ]),
  }
}
