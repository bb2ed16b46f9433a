import { type Attack, inTurn, open, rest, type Table } from '../support/attack.js'
import type { Field } from '../support/field.js'

const image = (f: Field) => `/images/${encodeURIComponent(f.names.image)}`

/** Everything that can be said about a container of another team, by its id: the same answer as for one that is not there. */
const FOREIGN_CONTAINER: readonly [what: string, send: Attack['send']][] = [
  ['inspect', rest('GET', (f) => `/containers/${f.box.id}`)],
  ['start', rest('POST', (f) => `/containers/${f.box.id}/start`)],
  ['stop', rest('POST', (f) => `/containers/${f.box.id}/stop`)],
  ['restart', rest('POST', (f) => `/containers/${f.box.id}/restart`)],
  ['kill', rest('POST', (f) => `/containers/${f.box.id}/kill?signal=SIGKILL`)],
  ['rename', rest('POST', (f) => `/containers/${f.box.id}/rename`, { body: { name: 'mine' } })],
  ['remove by force', rest('DELETE', (f) => `/containers/${f.box.id}?force=true&volumes=true`)],
  ['its logs', rest('GET', (f) => `/containers/${f.box.id}/logs`)],
  ['its processes', rest('GET', (f) => `/containers/${f.box.id}/top`)],
  ['a stream of its logs', open((f) => ({ kind: 'container.logs', params: { containers: [f.box.id] } }))],
]

const ROLE_OF_TEAM = (f: Field) => `/teams/${f.alpha.name}/members/${f.actor('ann').userId}`

/** Who is known gets what his role says, and of others' things not even that they are there. */
export const AUTHORIZATION: Table = {
  title: 'authorization',
  rows: [
    ...FOREIGN_CONTAINER.map(([what, send]): Attack => ({
      name: `a foreign container by its full id: ${what}`,
      send,
      answers: 'not_found',
    })),
    {
      name: 'CVE-2026-24740: a shell in a container outside of his filter, by its id (Dozzle)',
      send: open((f) => ({ kind: 'container.exec', params: { container: f.box.id, command: ['cat', '/data/secret.txt'] } })),
      answers: 'not_found',
    },
    {
      name: 'CVE-2026-72863: a socket of who is known, but was never authorized (Dokploy)',
      as: 'nob',
      send: open((f) => ({ kind: 'container.exec', params: { container: f.web.id, command: ['sh'] } })),
      answers: 'not_found',
    },
    {
      name: "CVE-2026-72864: a terminal whose container id is the attacker's to choose (Dokploy), as a viewer of the team",
      as: 'vic',
      send: open((f) => ({ kind: 'container.exec', params: { container: f.web.id, command: ['sh'] } })),
      answers: 'permission_denied',
    },
    {
      name: 'CVE-2026-48742: an object of another team by an id that somebody told him, with his own team in the query (Coolify)',
      send: rest('GET', (f) => `/containers/${f.box.id}?team=${f.alpha.name}`),
      answers: 'not_found',
    },
    {
      name: 'CVE-2026-44882: a denial that is written but does not stop (Portainer): the role is too low to stop, and nothing stops',
      as: 'vic',
      send: rest('POST', '/containers/web/stop?timeout=0'),
      answers: 'permission_denied',
    },
    {
      name: 'CVE-2026-44884: things with numbers, counted through (Portainer): a job of another team',
      send: rest('GET', (f) => `/jobs/${f.job}`),
      answers: 'not_found',
    },
    {
      // no text about CVE-2026-57169 could be found; beside it in the list stand streams that authenticate and do not authorize
      name: "CVE-2026-57169 (by its class): the progress of somebody else's job over a socket",
      send: open((f) => ({ kind: 'job.progress', params: { job: f.job } })),
      answers: 'not_found',
    },
    { name: 'a foreign container by its name', send: rest('GET', (f) => `/containers/${f.box.name}`), answers: 'not_found' },
    {
      name: 'a foreign container by a prefix of its id',
      send: rest('GET', (f) => `/containers/${f.box.id.slice(0, 12)}`),
      answers: 'not_found',
    },
    {
      name: 'a foreign container by its engine name',
      send: rest('GET', (f) => `/containers/${f.bravo.name}--${f.box.name}`),
      answers: 'not_found',
    },
    {
      name: 'a foreign container in its own team',
      send: rest('GET', (f) => `/containers/${f.box.id}?team=${f.bravo.name}`),
      answers: 'not_found',
    },
    { name: 'a foreign team', send: rest('GET', (f) => `/teams/${f.bravo.name}`), answers: 'not_found' },
    { name: 'a foreign team by its id', send: rest('GET', (f) => `/teams/${f.bravo.id}`), answers: 'not_found' },
    { name: 'the members of a foreign team', send: rest('GET', (f) => `/teams/${f.bravo.name}/members`), answers: 'not_found' },
    { name: 'a list in a foreign team', send: rest('GET', (f) => `/containers?team=${f.bravo.name}&all=true`), answers: 'not_found' },
    {
      name: 'a creation in a foreign team',
      send: rest('POST', '/containers', { body: (f) => ({ team: f.bravo.name, image: 'busybox:1' }) }),
      answers: 'not_found',
    },
    {
      name: 'a creation in a foreign team, named in the query where it has no place',
      send: rest('POST', (f) => `/containers?team=${f.bravo.name}`, { body: { image: 'busybox:1' } }),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'two teams in the query, one his own',
      send: rest('GET', (f) => `/containers?team=${f.alpha.name}&team=${f.bravo.name}`),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'a foreign image by its reference', send: rest('GET', image), answers: 'not_found' },
    { name: 'a foreign image by its content id', send: rest('GET', (f) => `/images/${f.imageId}`), answers: 'not_found' },
    { name: 'the history of a foreign image', send: rest('GET', (f) => `${image(f)}/history`), answers: 'not_found' },
    { name: 'a foreign image, removed', send: rest('DELETE', (f) => `${image(f)}?force=true`), answers: 'not_found' },
    { name: 'a foreign volume', send: rest('GET', (f) => `/volumes/${f.names.volume}`), answers: 'not_found' },
    {
      name: 'a foreign volume by its engine name',
      send: rest('GET', (f) => `/volumes/${f.bravo.name}--${f.names.volume}`),
      answers: 'not_found',
    },
    { name: 'a foreign volume, removed', send: rest('DELETE', (f) => `/volumes/${f.names.volume}`), answers: 'not_found' },
    { name: 'a foreign job, cancelled', send: rest('DELETE', (f) => `/jobs/${f.job}`), answers: 'not_found' },
    {
      name: 'a lower role of his own that he gives himself up from',
      send: rest('PUT', ROLE_OF_TEAM, { body: { role: 'maintainer' } }),
      answers: 'permission_denied',
    },
    {
      name: 'membership of a foreign team',
      as: 'mia',
      send: rest('PUT', (f) => `/teams/${f.bravo.name}/members/${f.actor('mia').userId}`, { body: { role: 'viewer' } }),
      answers: 'not_found',
    },
    {
      name: 'a role of the host given as a role of the team',
      as: 'mia',
      send: rest('PUT', ROLE_OF_TEAM, { body: { role: 'admin' } }),
      answers: 'invalid_request',
    },
    {
      name: 'the role of the host, given to himself',
      send: rest('PATCH', (f) => `/users/${f.actor('ann').userId}`, { body: { hostRole: 'admin' } }),
      answers: 'permission_denied',
    },
    {
      name: 'a role in the body of his own password',
      send: rest('POST', '/me/password', {
        body: { current: 'a long enough password 1', next: 'a long enough password 1', hostRole: 'admin' },
      }),
      answers: 'invalid_request',
    },
    { name: 'a team of his own', send: rest('POST', '/teams', { body: { name: 'evil' } }), answers: 'permission_denied' },
    {
      name: 'a user of his own',
      send: rest('POST', '/users', { body: { username: 'evil', password: 'a long enough password 2' } }),
      answers: 'permission_denied',
    },
    { name: 'the list of users', send: rest('GET', '/users'), answers: 'permission_denied' },
    {
      name: 'a user that is not there: the same answer as for one that is',
      send: rest('GET', '/users/00000000-0000-4000-8000-000000000000'),
      answers: 'permission_denied',
    },
    {
      name: 'a seccomp profile of his own',
      as: 'mia',
      send: rest('PUT', '/seccomp-profiles/mine', { body: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] } }),
      answers: 'permission_denied',
    },
    { name: 'the seccomp profiles of all teams', as: 'mia', send: rest('GET', '/seccomp-profiles'), answers: 'permission_denied' },
    {
      name: 'a seccomp profile, changed by who may only read it',
      as: 'aud',
      send: rest('PUT', '/seccomp-profiles/mine', { body: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] } }),
      answers: 'permission_denied',
    },
    {
      name: 'the profile of his own team, lifted',
      as: 'mia',
      send: rest('PUT', (f) => `/teams/${f.alpha.name}/profile`, {
        body: { profile: 'privileged', expiresAt: new Date(Date.now() + 3_600_000).toISOString() },
      }),
      answers: 'permission_denied',
    },
    { name: 'the audit log', as: 'mia', send: rest('GET', '/audit'), answers: 'permission_denied' },
    { name: 'the metrics', as: 'mia', send: rest('GET', '/metrics', { bare: true }), answers: 'permission_denied' },
    { name: 'what belongs to nobody', as: 'mia', send: rest('GET', '/unowned'), answers: 'permission_denied' },
    {
      name: 'a foreign container, assigned to his own team',
      as: 'mia',
      send: rest('POST', '/ownership/assign', { body: (f) => ({ kind: 'container', id: f.box.id, team: f.alpha.name }) }),
      answers: 'permission_denied',
    },
    {
      name: 'an owned container assigned away, by the administrator who was talked into it',
      as: 'root',
      send: rest('POST', '/ownership/assign', { body: (f) => ({ kind: 'container', id: f.box.id, team: f.alpha.name, name: 'box2' }) }),
      answers: 'conflict',
    },
    {
      name: 'an image of a team, put into the library',
      as: 'mia',
      send: rest('PUT', '/library/evil%3A1', { body: (f) => ({ image: f.imageId }) }),
      answers: 'permission_denied',
    },
    {
      name: 'a personal token that does what it does not list',
      as: 'tok',
      send: rest('POST', '/containers/web/stop'),
      answers: 'permission_denied',
    },
    {
      name: 'a personal token that makes another one, with more',
      as: 'tok',
      send: rest('POST', '/me/tokens', { body: { name: 'more', permissions: ['containers.exec'] } }),
      answers: 'permission_denied',
    },
    {
      name: 'a token with a permission that its owner lacks',
      send: rest('POST', '/me/tokens', { body: { name: 'up', permissions: ['users.manage'] } }),
      answers: 'permission_denied',
      leaves: 'tried',
    },
    {
      name: 'a session of somebody else, ended',
      send: rest('DELETE', (f) => `/me/sessions/${sessionOf(f.actor('bob').accessToken!)}`),
      answers: 'not_found',
      leaves: 'tried',
    },
    {
      name: 'the auditor reads content: a log',
      as: 'aud',
      send: rest('GET', (f) => `/containers/${f.box.id}/logs`),
      answers: 'permission_denied',
    },
    {
      name: 'the auditor reads content: an exec',
      as: 'aud',
      send: open((f) => ({ kind: 'container.exec', params: { container: f.box.id, command: ['env'] } })),
      answers: 'permission_denied',
    },
    {
      name: 'the auditor reads metadata, and no values of the environment',
      as: 'aud',
      send: rest('GET', (f) => `/containers/${f.box.id}?team=${f.bravo.name}`),
      answers: 200,
      leaves: 'none',
    },
    {
      name: 'what-if questions about a foreign container: the answer is the one for a missing one',
      send: inTurn(rest('POST', '/me/can-i', { body: (f) => ({ operation: 'ContainerInspect', target: { ref: f.box.id } }) })),
      answers: 200,
      leaves: 'none',
      proof: (_, { body }) => {
        if ((body as { code?: string }).code !== 'not_found') throw new Error(JSON.stringify(body))
      },
    },
    {
      name: 'what-if questions about an operation that nobody gets',
      send: rest('POST', '/me/can-i', { body: { operation: 'PluginEnable' } }),
      answers: 200,
      leaves: 'none',
      proof: (_, { body }) => {
        if ((body as { allowed?: boolean }).allowed !== false) throw new Error(JSON.stringify(body))
      },
    },
  ],
}

function sessionOf(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sid?: string; jti?: string }
  return claims.sid ?? claims.jti ?? '00000000-0000-4000-8000-000000000000'
}
