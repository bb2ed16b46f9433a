/** What quickstart prints when the gateway is ready: commands that work as they are when pasted into a shell. */

export interface Situation {
  readonly address: string
  /** Only at a first start. */
  readonly setupToken: string | undefined
  /** Where the commands keep the access token, as a header for curl. */
  readonly tokenFile: string
  readonly image: string
}

/** The address, and the first three steps or, when the set-up is done, how to log in. */
export function help(situation: Situation, password: string): string {
  const { address, setupToken } = situation
  const steps = setupToken ? [`setup token: ${setupToken}`, '', ...firstSteps(situation, setupToken, password)] : login(situation)
  return ['', RULE, `Berth is ready at ${address} (stop it with ctrl-c)`, ...steps, RULE, ''].join('\n')
}

const RULE = '─'.repeat(72)

function firstSteps(situation: Situation, setupToken: string, password: string): string[] {
  return [
    `1. set up: makes the administrator "admin" with the password ${password} (note it down, or put your own)`,
    '',
    `   ${postForToken(situation, 'setup', { setupToken, username: 'admin', password })}`,
    '',
    ...afterLogin(situation),
  ]
}

function afterLogin({ address, tokenFile, image }: Situation): string[] {
  const auth = `-H @${quote(tokenFile)}`
  const body = JSON.stringify({ name: 'hello', image, command: ['sh', '-c', 'while true; do date; sleep 1; done'] })
  return [
    '2. run a container:',
    '',
    `   curl -sS ${auth} -H 'content-type: application/json' -d ${quote(body)} '${address}/api/v1/containers?start=true'`,
    '',
    '3. follow its logs:',
    '',
    `   curl -sSN ${auth} '${address}/api/v1/containers/hello/logs?follow=true'`,
  ]
}

function login(situation: Situation): string[] {
  const body = { username: 'admin', password: 'YOUR-PASSWORD' }
  return ['', 'log in (with your own name and password):', '', `   ${postForToken(situation, 'auth/login', body)}`]
}

/** Keeps the answer's token as a header line that `curl -H @file` takes, readable by its owner only. */
function postForToken({ address, tokenFile }: Situation, path: string, body: object): string {
  const call = `curl -fsS -H 'content-type: application/json' -d ${quote(JSON.stringify(body))} ${quote(`${address}/api/v1/${path}`)}`
  const keep = String.raw`sed -n 's/.*"accessToken": *"\([^"]*\)".*/Authorization: Bearer \1/p'`
  return `(umask 077; ${call} | ${keep} > ${quote(tokenFile)})`
}

function quote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
