import { isReservedLabel } from '../../admission/index.js'
import { AppError } from '../../common/errors.js'

const MOST = 128
const KEY = { buildArgs: /^[A-Za-z_]\w{0,254}$/, labels: /^[^\s"'\\$`=]{1,255}$/ } as const

/** A parameter that is a JSON object of texts. @throws AppError INVALID_REQUEST */
export function textsOf(json: string | undefined, parameter: keyof typeof KEY): ReadonlyMap<string, string> {
  const entries = json === undefined ? [] : parsed(json, parameter)
  if (entries.length > MOST) throw wrong(parameter, `must have at most ${MOST} entries`)
  for (const [key, value] of entries) {
    if (typeof value !== 'string' || value.includes('\0')) throw wrong(parameter, `${key.slice(0, 60)} must be a text`)
    if (!KEY[parameter].test(key)) throw wrong(parameter, `${key.slice(0, 60)} can not be a name here`)
    if (parameter === 'labels' && isReservedLabel(key)) throw wrong(parameter, `${key.slice(0, 60)} is reserved`)
  }
  return new Map(entries as [string, string][])
}

function parsed(json: string, parameter: string): [string, unknown][] {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value)
  } catch {
    // answered below
  }
  throw wrong(parameter, 'must be a json object of texts')
}

function wrong(parameter: string, detail: string): AppError {
  return new AppError('INVALID_REQUEST', { reason: `${parameter} is wrong`, errors: [{ pointer: `/query/${parameter}`, detail }] })
}
