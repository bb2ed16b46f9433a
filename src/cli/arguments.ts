import { parseArgs } from 'node:util'
import { CliError } from './cli-error.js'

/** What `berth audit verify` is asked to look at. */
export interface VerifyArguments {
  /** JSON lines of GET /audit?format=ndjson; `-` is standard input. */
  readonly export?: string | undefined
  /** Folder of the embedded database, in place of BERTH_DATA_DIR. */
  readonly dataDir?: string | undefined
  /** A former answer of GET /audit/verify or of this command. */
  readonly heads?: string | undefined
  readonly json: boolean
}

export const USAGE = `usage: berth audit verify [options]

Holds every record of the audit log to its hash chain and names the first bad one. Without a gateway: the database is
opened for reading, as BERTH_DATABASE_URL or BERTH_DATA_DIR say.

  --export FILE     an export (GET /api/v1/audit?format=ndjson) in place of the database; - reads standard input
  --data-dir DIR    folder of an embedded database, in place of the settings; also of a copy
  --heads FILE      what GET /api/v1/audit/verify, or this with --json, answered before: nothing up to there may differ
  --json            the findings as JSON

Ends with 0 when the log is intact, 1 when it is not, 2 when it could not be read.
`

/** @throws CliError */
export function verifyArguments(args: readonly string[]): VerifyArguments | 'help' {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        export: { type: 'string' },
        'data-dir': { type: 'string' },
        heads: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help || positionals.join(' ') === 'help') return 'help'
    if (positionals.join(' ') !== 'audit verify') throw new CliError(`there is no command ${positionals.join(' ') || '""'}\n\n${USAGE}`)
    return { export: values.export, dataDir: values['data-dir'], heads: values.heads, json: values.json }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`${(error as Error).message}\n\n${USAGE}`, { cause: error })
  }
}
