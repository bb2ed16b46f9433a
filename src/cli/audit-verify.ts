import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { toVerification } from '../audit/audit.service.js'
import type { AuditFault, AuditVerification } from '../audit/dto/audit.dto.js'
import { type Verdict, verifyExport, verifyStored } from '../audit/verify.js'
import { AppError } from '../common/errors.js'
import type { Head } from '../common/audit-chain.js'
import { loadConfig } from '../config/config.js'
import { AuditStore } from '../store/audit.store.js'
import { openForReading } from '../store/database.js'
import { ProcessStore } from '../store/processes.store.js'
import type { VerifyArguments } from './arguments.js'
import { CliError } from './cli-error.js'

type Environment = Readonly<Record<string, string | undefined>>

/** @throws CliError for what can't be read */
export async function verifyAudit(args: VerifyArguments, env: Environment): Promise<AuditVerification> {
  const kept = args.heads === undefined ? [] : keptHeads(args.heads)
  return toVerification(args.export === undefined ? await ofDatabase(args, env, kept) : await ofExport(args.export, kept))
}

/** For people. */
export function report({ intact, records, chains, faults }: AuditVerification): string {
  const size = `${records} ${records === 1 ? 'record' : 'records'} in ${chains.length} ${chains.length === 1 ? 'chain' : 'chains'}`
  if (intact) return `the audit log is intact: ${size}\n`
  const [first, ...others] = faults.map(describe)
  return `THE AUDIT LOG IS NOT INTACT\nfirst bad record: ${first}\n${others.map((line) => `also: ${line}\n`).join('')}looked at ${size}\n`
}

function describe({ writer, place, reason, record }: AuditFault): string {
  const what = record ? ` (number ${record.seq}: ${record.at} ${record.operation} ${record.phase} by ${record.principal})` : ''
  return `place ${place} of writer ${writer}${what}: ${reason}`
}

async function ofDatabase({ dataDir }: VerifyArguments, env: Environment, kept: readonly Head[]): Promise<Verdict> {
  const config = loadConfig(dataDir === undefined ? env : {})
  const db = await openForReading({ url: config.BERTH_DATABASE_URL, dataDir: dataDir ?? config.BERTH_DATA_DIR }).catch((error: unknown) => {
    throw new CliError(error instanceof Error ? error.message : String(error), { cause: error })
  })
  try {
    return await verifyStored(new AuditStore(db, new ProcessStore(db)), kept)
  } catch (error) {
    throw new CliError(`the audit log can't be read: ${(error as Error).message}`, { cause: error })
  } finally {
    await db.destroy()
  }
}

async function ofExport(file: string, kept: readonly Head[]): Promise<Verdict> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  // An error of the file ends the lines without a word.
  const failed = new Promise<never>((_, reject) => input.once('error', reject))
  try {
    return await Promise.race([verifyExport(createInterface({ input, crlfDelay: Infinity }), kept), failed])
  } catch (error) {
    throw new CliError(`${file} can't be verified: ${error instanceof AppError ? error.message : (error as Error).message}`, {
      cause: error,
    })
  }
}

function keptHeads(file: string): Head[] {
  try {
    const { chains } = JSON.parse(readFileSync(file, 'utf8')) as AuditVerification
    return chains.map(({ writer, lastPlace: seq, head: hash }) => ({ writer, seq, hash }))
  } catch (error) {
    throw new CliError(`${file} is no answer of a verification: ${(error as Error).message}`, { cause: error })
  }
}
