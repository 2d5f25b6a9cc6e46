/** What pg itself brings values into PostgreSQL's text with; pg-cursor takes it from there too. */
declare module 'pg/lib/utils.js' {
  const utils: { prepareValue(value: unknown): unknown }
  export default utils
}
