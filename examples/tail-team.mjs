// Follows the logs of all running containers of a team as one: npm run example -- tail-team blue [level]
import { args, client, failed, streams, textOf } from './connect.mjs'

const [team, level] = args('tail-team <team> [level]', 1)
const COLORS = [31, 32, 33, 34, 35, 36]

try {
  const { items } = await client.call('ContainerList', { query: { team } })
  const names = items.map(({ name }) => name).slice(0, 20)
  const width = Math.max(...names.map(({ length }) => length))
  for await (const record of await streams.logs({ containers: names, team, follow: true, tail: 5, ...(level && { level }) })) {
    if (record.type !== 'log') continue
    const color = COLORS[names.indexOf(record.name) % COLORS.length]
    console.log(`\u001b[${color}m${record.name.padEnd(width)}\u001b[0m ${textOf(record)}`)
  }
} catch (error) {
  failed(error)
} finally {
  streams.close()
}
