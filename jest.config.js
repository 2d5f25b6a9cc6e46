// swc compiles, tsc checks. The `cookie` package that light-my-request needs is ESM only and is required from
// CommonJS, which Jest cannot do before Node 24.9: swc turns that one package into CommonJS.
const swc = type => [
  '@swc/jest',
  { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type }, sourceMaps: 'inline' },
]

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/tests/client/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '/node_modules/cookie/.+\\.js$': swc('commonjs'), '\\.ts$': swc('es6') },
  transformIgnorePatterns: ['/node_modules/(?!cookie/)'],
  globalSetup: '<rootDir>/tests/support/setup.js',
  globalTeardown: '<rootDir>/tests/support/teardown.js',
  collectCoverageFrom: ['src/**/*.ts', '!src/generated/**'],
  coverageProvider: 'v8',
  testTimeout: 30_000,
}
