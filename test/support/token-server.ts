/** Runs inside a namespace; see token-service.ts. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { SignJWT } from 'jose'

interface Settings {
  readonly port: number
  readonly users: Readonly<Record<string, string>>
  readonly key: string
  readonly certificate: string
  readonly issuer: string
}

const settings = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Settings
const key = createPrivateKey(readFileSync(settings.key))
const x5c = [new X509Certificate(readFileSync(settings.certificate)).raw.toString('base64')]

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { searchParams } = new URL(request.url ?? '/', 'http://tokens')
  const user = userOf(request.headers.authorization)
  if (user === null) return void response.writeHead(401).end('{}')
  const access = searchParams.getAll('scope').flatMap((scope) => allowed(user, scope))
  const token = await new SignJWT({ access })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c })
    .setIssuer(settings.issuer)
    .setSubject(user)
    .setAudience(searchParams.get('service') ?? '')
    .setJti(randomUUID())
    .setIssuedAt()
    .setNotBefore('0s')
    .setExpirationTime('60s')
    .sign(key)
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: 60 }))
}

/** Empty: nobody in particular. Null: somebody with a wrong password. */
function userOf(authorization: string | undefined): string | null {
  if (authorization === undefined) return ''
  const [name = '', password = ''] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString()
    .split(':')
  return settings.users[name] === password ? name : null
}

function allowed(user: string, scope: string): object[] {
  const [type = '', name = '', actions = ''] = scope.split(':')
  const own = type === 'repository' && (name.startsWith(`${user}/`) || name.startsWith('shared/'))
  if (user === '' || !(own || type === 'registry')) return []
  return [{ type, name, actions: actions.split(',') }]
}

createServer((request, response) => void answer(request, response)).listen(settings.port, '127.0.0.1')
