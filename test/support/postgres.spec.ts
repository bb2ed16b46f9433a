import { expect, it } from 'vitest'
import { Postgres } from './postgres.js'

it('runs a real server, as another user than root, and gives each test a database of its own', async () => {
  await using postgres = await Postgres.start()
  await postgres.database('one')
  const [row] = await postgres.query<{ name: string; version: string }>('one', 'select current_database() as name, version()')
  expect(row).toMatchObject({ name: 'one', version: expect.stringMatching(/^PostgreSQL \d+/) })
})
