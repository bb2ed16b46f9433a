#!/usr/bin/env node
import 'reflect-metadata'
import { USAGE, verifyArguments } from './cli/arguments.js'
import { report, verifyAudit } from './cli/audit-verify.js'
import { CliError } from './cli/cli-error.js'
import { ConfigError } from './config/config.js'

/** The command for operators, beside the gateway: 0 good, 1 bad, 2 could not be done. */
async function main(): Promise<number> {
  const args = verifyArguments(process.argv.slice(2))
  if (args === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  const found = await verifyAudit(args, process.env)
  process.stdout.write(args.json ? `${JSON.stringify(found, null, 2)}\n` : report(found))
  return found.intact ? 0 : 1
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const known = error instanceof CliError || error instanceof ConfigError
    process.stderr.write(`${known ? error.message.trimEnd() : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 2
  },
)
