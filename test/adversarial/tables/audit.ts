import { type Attack, inTurn, rest, type Table } from '../support/attack.js'

const list = (query: string): Attack['send'] => rest('GET', `/audit?${query}`)

/** The log can't be forged, filled, read by others or left out. */
export const AUDIT: Table = {
  title: 'audit',
  rows: [
    {
      name: 'a record that is forged by a line feed in a name',
      send: rest('GET', '/containers/x%0a%7B%22phase%22%3A%22outcome%22%7D'),
      answers: 'invalid_reference',
      leaves: 'denied',
    },
    {
      name: 'a record that is forged by terminal sequences',
      send: rest('GET', '/containers/%1b%5b2J%1b%5b31m'),
      answers: 'invalid_reference',
      leaves: 'denied',
    },
    {
      name: 'a secret of his own in the place of a reference: he may say it, but it is cut',
      send: rest('GET', `/volumes/${'x'.repeat(1_000)}`),
      answers: 'invalid_reference',
      leaves: 'denied',
      proof: async (f) => {
        const [last] = (await f.recordsSince((await f.lastRecord()) - 1)).slice(-1)
        if ((last?.target?.length ?? 0) > 256) throw new Error('the record is as long as he likes')
      },
    },
    {
      name: 'a team of a thousand characters, for the log',
      send: rest('GET', `/containers?team=${'t'.repeat(1_000)}`),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'a record with NUL in the place of a reference, which the database can not take',
      send: rest('GET', '/containers/a%00b'),
      answers: 'invalid_reference',
    },
    { name: 'a record with NUL in the place of a team', as: 'root', send: rest('GET', '/containers?team=a%00b'), answers: 'not_found' },
    { name: 'a record removed', as: 'root', send: rest('DELETE', '/audit'), answers: 'route_not_found' },
    { name: 'a record changed', as: 'root', send: rest('PATCH', '/audit/1', { body: { result: 'ok' } }), answers: 'route_not_found' },
    {
      name: 'a record written',
      as: 'root',
      send: rest('POST', '/audit', { body: { phase: 'outcome', result: 'ok' } }),
      answers: 'route_not_found',
    },
    { name: 'the log read by a developer', send: list('limit=1'), answers: 'permission_denied' },
    {
      name: 'the log read by who asks for his own records',
      send: rest('GET', (f) => `/audit?principal=${f.actor('ann').username}`),
      answers: 'permission_denied',
    },
    {
      name: 'a filter that is SQL',
      as: 'root',
      send: list(`principal=${encodeURIComponent("' or 1=1 --")}`),
      answers: 200,
      leaves: 'none',
      proof: (_, { body }) => {
        if ((body as { items: unknown[] }).items.length > 0) throw new Error('it was read as SQL')
      },
    },
    {
      name: 'a filter with NUL, which the database can not take',
      as: 'root',
      send: list('principal=a%00b'),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'a cursor that is no number',
      as: 'root',
      send: list(`cursor=${Buffer.from('1 or 1').toString('base64url')}`),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'a page of a million', as: 'root', send: list('limit=1000000'), answers: 'invalid_request', leaves: 'none' },
    {
      name: 'who did it, when the administrator did it in a team: it says so',
      as: 'root',
      send: rest('POST', '/containers/none/stop'),
      answers: 'not_found',
    },
    {
      name: 'a denial of an operation that reads: it is on record too',
      send: rest('GET', (f) => `/containers/${f.box.id}`),
      answers: 'not_found',
      leaves: 'denied',
    },
    {
      name: 'a password in a wrong place is in no record',
      send: inTurn(rest('POST', '/me/password', { body: { current: 'hunter2-hunter2', new: 'hunter3-hunter3-hunter3' } })),
      answers: 'invalid_credentials',
      leaves: 'tried',
      proof: async (f) => {
        if (JSON.stringify(await f.recordsSince(0)).includes('hunter') || f.log.includes('hunter')) throw new Error('it is')
      },
    },
  ],
}
