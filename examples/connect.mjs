import { createClient, connectStreams } from '../clients/typescript/src/index.js'

/** Address and token come from BERTH_URL and BERTH_TOKEN: a personal token from POST /api/v1/me/tokens, or that of a login. */
const url = process.env.BERTH_URL ?? 'http://127.0.0.1:7070'
const token = process.env.BERTH_TOKEN

if (!token) {
  console.error('set BERTH_TOKEN (and BERTH_URL, where it is not http://127.0.0.1:7070)')
  process.exit(2)
}

export const client = createClient({ url, token })
export const streams = connectStreams({ url, token })

/** The arguments, or how to call it. */
export function args(usage, least) {
  const given = process.argv.slice(2)
  if (given.length >= least) return given
  console.error(`usage: npm run example -- ${usage}`)
  process.exit(2)
}

/** Says what went wrong as the gateway says it, with what to do about it. */
export function failed(error) {
  console.error(error.hint ? `${error.message}\n${error.hint}` : error)
  process.exit(1)
}

/** A line as text: one that is not UTF-8 comes as its bytes. */
export function textOf({ text }) {
  return typeof text === 'string' ? text : Buffer.from(text).toString()
}
