import { type Attack, ask, open, rest, type Table } from '../support/attack.js'

const exec = (params: object): Attack['send'] =>
  open((f) => ({ kind: 'container.exec', params: { container: f.web.id, command: ['true'], ...params } }))
const logs = (query: string) => rest('GET', `/containers/web/logs?${query}`)

/** Commands in containers, logs and processes: what is passed on to the engine, and what comes back. */
export const EXEC: Table = {
  title: 'exec and reads',
  rows: [
    { name: 'an exec with privileges', send: exec({ privileged: true }), answers: 'invalid_request', leaves: 'none' },
    { name: "an exec in the engine's words", send: exec({ Privileged: true, Cmd: ['sh'] }), answers: 'invalid_request', leaves: 'none' },
    {
      name: 'an exec with a working directory in /proc/self/fd (CVE-2024-21626)',
      send: exec({ workingDir: '/proc/self/fd/8' }),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'an exec with a working directory by a detour',
      send: exec({ workingDir: '/tmp/../dev' }),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'an exec as a user with an option in his name', send: exec({ user: 'root; id' }), answers: 'invalid_request', leaves: 'none' },
    { name: 'an exec with NUL in an argument', send: exec({ command: ['sh', 'a\u0000b'] }), answers: 'invalid_request', leaves: 'none' },
    { name: 'an exec with no command', send: exec({ command: [] }), answers: 'invalid_request', leaves: 'none' },
    {
      name: 'an exec with a command of 200 KB',
      send: exec({ command: ['x'.repeat(200_000)] }),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'an exec with a command that is an object',
      send: exec({ command: { 0: 'sh', length: 1 } }),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'an exec whose container is a list', send: exec({ container: ['web'] }), answers: 'invalid_request', leaves: 'none' },
    { name: 'an exec whose container is a path', send: exec({ container: '../exec' }), answers: 'invalid_reference' },
    {
      name: 'a foreign exec by its id, taken for a container',
      send: open((f) => ({ kind: 'container.exec', params: { container: f.exec, command: ['sh'] } })),
      answers: 'not_found',
    },
    {
      name: 'a foreign exec by its id, as a session of his own',
      send: open((f) => ({ kind: 'container.exec', params: { session: f.exec, cursor: 0 } })),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: "a foreign exec by its id over the engine's own route",
      send: rest('POST', (f) => `/exec/${f.exec}/start`, { body: { Detach: false } }),
      answers: 'route_not_found',
    },
    {
      name: "a foreign exec's state over the engine's own route",
      send: rest('GET', (f) => `/exec/${f.exec}/json`),
      answers: 'route_not_found',
    },
    {
      name: 'an operation that is only reached inside another, opened by itself',
      send: open((f) => ({ kind: 'ExecStart', params: { id: f.exec } })),
      answers: 'stream_kind_unknown',
      leaves: 'none',
    },
    {
      name: 'logs of one of his own and one of another team in one stream',
      send: open((f) => ({ kind: 'container.logs', params: { containers: [f.web.id, f.box.id] } })),
      answers: 'not_found',
    },
    {
      name: 'logs of a thousand containers in one stream',
      send: open(() => ({ kind: 'container.logs', params: { containers: Array.from({ length: 1_000 }, (_, i) => `c${i}`) } })),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'logs by a cursor of a foreign container',
      send: open((f) => ({
        kind: 'container.logs',
        params: { containers: [f.web.id], cursor: { containerId: f.box.id, stdout: ['0', 0], stderr: ['0', 0] } },
      })),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'logs since a time that is none', send: logs('since=yesterday'), answers: 'invalid_request', leaves: 'opened' },
    {
      name: 'logs with a tail of more than there is memory',
      send: logs('tail=99999999999999999999'),
      answers: 'invalid_request',
      leaves: 'opened',
    },
    { name: "logs with the engine's own parameters", send: logs('stdout=1&details=1'), answers: 'invalid_request', leaves: 'opened' },
    {
      name: 'processes with their environment (ps eww)',
      send: rest('GET', '/containers/web/top?ps_args=eww'),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'processes with options of his own',
      send: rest('GET', '/containers/web/top?args=-eo%20pid%2Cenviron'),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'a container by a prefix of three digits',
      send: rest('GET', (f) => `/containers/${f.web.id.slice(0, 3)}`),
      answers: 'not_found',
    },
    {
      name: 'a container by its id in capital letters',
      send: rest('GET', (f) => `/containers/${f.web.id.toUpperCase()}`),
      answers: 'invalid_reference',
    },
    {
      name: 'an inspection by a viewer: no values of the environment',
      as: 'vic',
      send: rest('GET', '/containers/web'),
      answers: 200,
      leaves: 'none',
    },
    { name: 'a list of 10^9', send: rest('GET', '/containers?limit=1000000000'), answers: 'invalid_request', leaves: 'none' },
    {
      name: 'a list sorted by a column of SQL',
      send: rest('GET', '/containers?sort=team_id%3B--'),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'a list behind a cursor of his own making: it is a place in his own list',
      send: rest('GET', `/containers?cursor=${Buffer.from('["x"]').toString('base64url')}`),
      answers: 200,
      leaves: 'none',
    },
    {
      name: 'an input for a stream of another connection',
      send: ask(() => ['stream:input', { streamId: '00000000-0000-4000-8000-000000000000', data: 'id\n' }]),
      answers: 'stream_not_found',
      leaves: 'none',
    },
  ],
}
