// A shell in a container, in this terminal: npm run example -- shell web [command …]
// Ctrl-p ctrl-q leaves it; the same command with BERTH_SESSION comes back to it.
import { nodeTerminal, showTerminal } from '../clients/typescript/src/index.js'
import { args, failed, streams } from './connect.mjs'

const [container, ...command] = args('shell <container> [command …]', 1)
const session = process.env.BERTH_SESSION

try {
  const screen = nodeTerminal(process)
  const exec = await streams.exec(
    session ? { session } : { container, command: command.length > 0 ? command : ['sh'], tty: true, ...screen.size() },
  )
  const { reason, exitCode } = await showTerminal(exec, screen).finally(() => screen.dispose())
  if (reason === 'detached') console.error(`\nleft running: come back with BERTH_SESSION=${exec.session}`)
  process.exitCode = exitCode ?? 0
} catch (error) {
  failed(error)
} finally {
  streams.close()
}
