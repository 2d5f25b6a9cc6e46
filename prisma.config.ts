import { defineConfig } from 'prisma/config'

// `generate`, `validate` and `format` never start the native schema engine, but the CLI downloads it unless
// it is told of a binary: any executable will do. Migrations run through the WebAssembly engine (src/db/migrate.ts).
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath
process.env.CHECKPOINT_DISABLE ??= '1'
process.env.PRISMA_HIDE_UPDATE_MESSAGE ??= '1'

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost:5432/gongbo' },
})
