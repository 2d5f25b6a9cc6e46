import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { titleKind } from '../../src/articles/title-kind.ts'

test.each([
  ['[보도자료] 순환 자원 교환소 문 열어', 'press-release'],
  ['[보도 자료] 순환 자원 교환소 문 열어', 'press-release'],
  ['[보도자료 1.20.] 순환 자원 교환소 문 열어', 'press-release'],
  ['[고용노동부 보도자료] 안전 일터 주간', 'press-release'],
  ['[보도참고] 수소 충전소 점검 결과', 'reference'],
  ['(보도참고자료) 수소 충전소 점검 결과', 'reference'],
  ['[참고] 수소 충전소 점검 결과', 'reference'],
  ['(설명자료) 전기요금 기사에 대해 알립니다', 'explanation'],
  ['[보도설명] 전기요금 기사에 대해 알립니다', 'explanation'],
  ['(해명자료)전기요금 기사에 대해 알립니다', 'explanation'],
  ['[사실은 이렇습니다] 보조금은 줄지 않습니다', 'fact-check'],
  ['(동정) 장관, 시장 상인과 간담회', 'activity'],
  ['[1차관 동정] 공장 방문', 'activity'],
  ['(인사) 과장급 전보', 'personnel'],
  ['[인사발령] 과장급 전보', 'personnel'],
  ['[카드뉴스] 분리배출 요령', 'visual'],
  ['【보도참고】 수소 충전소', 'reference'],
  ['［보도참고］ 수소 충전소', 'reference'],
  ['<보도참고> 수소 충전소', 'reference'],
  ['[서울·세종] [보도참고] 두 번째 머리말이 말한다', 'reference'],
  ['  [보도참고] 빈칸으로 시작하는 제목', 'reference'],
  ['[보도참고]'.normalize('NFD'), 'reference'],
])('“%s” is %s', (title, kind) => expect(titleKind(title)).toBe(kind))

test.each([
  '순환 자원 교환소 문 열어',
  '외교부 인사',
  '(새해 인사) 국민께 드리는 글',
  '수소 충전소 점검 [보도참고]',
  '[세종] 안전 일터 주간',
  '[보도참고 열리지 않은 괄호',
  '[] 빈 괄호',
  '',
])('“%s” tells nothing', title => expect(titleKind(title)).toBeNull())

test('any text is looked at without an error, in little time', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), title => void titleKind(title)))
  const started = performance.now()
  titleKind('[가] '.repeat(20_000))
  titleKind('['.repeat(100_000))
  expect(performance.now() - started).toBeLessThan(1_000)
})
