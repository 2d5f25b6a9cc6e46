export const POLICY_WORDS = `
메타버스
소+상공인
이에스지
청년+도약+계좌
새+출발+기금
`
