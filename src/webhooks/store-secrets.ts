import type { Database } from '../db/client.ts'
import { type Master, toMaster } from './sign.ts'

/**
 * What secrets are derived from: `WEBHOOK_SECRET` where it is set, and a value that was made with the database. The first is
 * used for new secrets; the second goes on for those that were made before it was set.
 */
export async function listMasters({ prisma }: Database, configured: string): Promise<[Master, ...Master[]]> {
  const { value } = await prisma.secret.findUniqueOrThrow({ where: { name: 'webhooks' } })
  const own = toMaster(Buffer.from(value))
  return configured === '' ? [own] : [toMaster(Buffer.from(configured)), own]
}
