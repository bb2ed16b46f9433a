/** Writes audit records until it is killed and prints the number of each one that the database has acknowledged. */
import { openDatabase } from '../../../src/store/database.js'

const [dataDir = ''] = process.argv.slice(2)
const db = await openDatabase({ dataDir })

for (let i = 0; ; i++) {
  await db
    .insertInto('audit')
    .values({
      at: new Date().toISOString(),
      process_id: 'p',
      chain_seq: i,
      previous: '',
      hash: '',
      phase: 'intent',
      request_id: String(i),
      operation: 'X',
      principal_id: null,
      principal_name: 'ann',
      credential: 'none',
      team: null,
      target_kind: 'team',
      target: 'x'.repeat(2_000),
      as_admin: 0,
      result: 'ok',
      address: '127.0.0.1',
    })
    .execute()
  process.stdout.write(`${i}\n`)
}
