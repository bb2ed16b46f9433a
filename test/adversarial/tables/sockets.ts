import { type Attack, ask, open, type Table } from '../support/attack.js'

const logs = (params: object): Attack['send'] => open((f) => ({ kind: 'container.logs', params: { containers: [f.web.id], ...params } }))

/** What comes over the socket is decided message by message; a connection is no right. */
export const SOCKETS: Table = {
  title: 'sockets',
  rows: [
    {
      name: 'a kind that there is not',
      send: open({ kind: 'container.root', params: {} }),
      answers: 'stream_kind_unknown',
      leaves: 'none',
    },
    { name: 'the prototype as a kind', send: open({ kind: '__proto__', params: {} }), answers: 'stream_kind_unknown', leaves: 'none' },
    {
      name: 'a method of the map as a kind',
      send: open({ kind: 'constructor', params: {} }),
      answers: 'stream_kind_unknown',
      leaves: 'none',
    },
    {
      name: 'a kind that is a list',
      send: ask(() => ['stream:open', { kind: ['container.logs'], params: {} }]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'params that are a list',
      send: ask(() => ['stream:open', { kind: 'container.logs', params: [] }]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'no message', send: ask(() => ['stream:open', null]), answers: 'invalid_request', leaves: 'none' },
    {
      name: 'an event that there is not',
      send: ask(() => ['stream:grant', { role: 'admin' }]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'a principal in the message',
      send: ask((f) => ['stream:open', { kind: 'container.logs', params: { containers: [f.box.id] }, principal: { hostRole: 'admin' } }]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'a grant in the params', send: logs({ grant: { asAdmin: true } }), answers: 'invalid_request', leaves: 'none' },
    {
      name: 'a foreign team in the params',
      send: open((f) => ({ kind: 'container.logs', params: { containers: [f.box.name], team: f.bravo.name } })),
      answers: 'not_found',
    },
    { name: 'credit that is endless', send: logs({ credit: 1e300 }), answers: 'invalid_request', leaves: 'none' },
    {
      name: 'credit that is negative',
      send: ask(() => ['stream:credit', { streamId: 'x', bytes: -1 }]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'a search that takes for ever to look for',
      send: logs({ search: `(${'a+'.repeat(40)})+$`.repeat(20) }),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: "a window of another's stream, resized",
      send: ask(() => ['stream:resize', { streamId: '00000000-0000-4000-8000-000000000000', rows: 1, cols: 1 }]),
      answers: 'stream_not_found',
      leaves: 'none',
    },
    {
      name: "another's stream, closed",
      send: ask(() => ['stream:close', { streamId: '00000000-0000-4000-8000-000000000000' }]),
      answers: 'stream_not_found',
      leaves: 'none',
    },
    { name: 'a personal token that may not read logs', as: 'tok', send: logs({}), answers: 'permission_denied' },
    {
      name: 'a log of one that is gone, by who never had it',
      send: open((f) => ({ kind: 'container.logs', params: { containers: [f.box.id.replace(/.$/, '0')] } })),
      answers: 'not_found',
    },
    {
      name: 'long polling from a foreign page',
      send: open({ kind: 'containers.watch', params: {} }, { origin: 'https://evil.example', transport: 'polling' }),
      answers: 'xhr poll error',
      leaves: 'none',
    },
    {
      name: 'an origin that is null, as a sandboxed page has it',
      send: open({ kind: 'containers.watch', params: {} }, { origin: 'null' }),
      answers: 'websocket error',
      leaves: 'none',
    },
    {
      name: "an origin that begins like the gateway's own",
      send: open((f) => ({ kind: 'containers.watch', params: { team: f.alpha.name } }), { origin: 'http://127.0.0.1.evil.example' }),
      answers: 'websocket error',
      leaves: 'none',
    },
  ],
}
