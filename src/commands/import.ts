import { readFile } from 'node:fs/promises'
import { parseBoardPage } from '../imports/board-page.ts'
import { importBoardPage } from '../imports/store.ts'
import { decodeSaved } from '../text/encoding.ts'
import { print, runCommand, UsageError } from './command.ts'

/** `npm run import -- <file>…`: reads saved pages of the ESG board. Each is imported whole or not at all. */
await runCommand(async db => {
  const files = process.argv.slice(2)
  if (files.length === 0) throw new UsageError('usage: import <saved page>…')
  for (const file of files) {
    const bytes = await readFile(file).catch(error => {
      throw new UsageError(`${file}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`)
    })
    const report = await importFile(file, bytes)
    const { created, updated, unchanged, deleted, recounted } = report
    const notes = [
      ...(deleted > 0 ? [`${deleted} left alone, deleted here`] : []),
      ...(recounted > 0 ? [`${recounted} with new counts`] : []),
    ]
    print(
      `${file}: ${created + updated} changes (${created} created, ${updated} updated), ${unchanged} unchanged${notes.map(note => `, ${note}`).join('')}`,
    )
  }

  async function importFile(file: string, bytes: Buffer) {
    try {
      return await importBoardPage(db, parseBoardPage(decodeSaved(bytes)), new Date())
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}; nothing was imported from it`, { cause: error })
    }
  }
})
