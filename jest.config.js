// swc compiles, tsc checks. A few ESM-only packages are required from Fastify's CommonJS, which Jest cannot do before
// Node 24.9: swc turns just those into CommonJS.
const REQUIRED_ESM = 'cookie|content-disposition'
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
  transform: { [`/node_modules/(${REQUIRED_ESM})/.+\\.js$`]: swc('commonjs'), '\\.ts$': swc('es6') },
  transformIgnorePatterns: [`/node_modules/(?!(${REQUIRED_ESM})/)`],
  globalSetup: '<rootDir>/tests/support/setup.js',
  globalTeardown: '<rootDir>/tests/support/teardown.js',
  collectCoverageFrom: ['src/**/*.ts', '!src/generated/**', '!src/**/wasm/**'],
  coverageProvider: 'v8',
  testTimeout: 30_000,
  maxWorkers: 2,
  // Modules of test files that ended stay in memory: workers came to 5 GB, and took longer to exit than Jest waits.
  workerIdleMemoryLimit: '1GB',
}
