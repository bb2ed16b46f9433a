// Follows the log of one container: npm run example -- tail web [search]
import { args, failed, streams, textOf } from './connect.mjs'

const [container, search] = args('tail <container> [search]', 1)

try {
  // lost connections and restarts of the gateway are bridged: no line is lost, none comes twice
  for await (const record of await streams.logs({ containers: [container], follow: true, tail: 10, ...(search && { search }) })) {
    if (record.type === 'log') console.log(textOf(record))
    if (record.type === 'gap') console.error(`-- lines are missing: ${record.reason} --`)
    if (record.type === 'source') console.error(`-- goes on in ${record.containerId.slice(0, 12)} --`)
  }
} catch (error) {
  failed(error)
} finally {
  streams.close()
}
