import { plainToInstance, Transform } from 'class-transformer'
import {
  ArrayContains,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateIf,
  validateSync,
} from 'class-validator'
import { readFileSync } from 'node:fs'

const list = Transform(({ value }) =>
  typeof value === 'string'
    ? value
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean)
    : value,
)
const number = Transform(({ value }) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value))

/** 32 bytes: 43 characters of base64 (or base64url) and perhaps padding, or 64 of hex. */
const SECRETS_KEY = /^(?:[A-Za-z0-9+/_-]{43}=?|[0-9a-fA-F]{64})$/

/** A host with or without its port, or addresses of a range. */
const REGISTRY_HOST =
  /^(?:(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?|[0-9A-Fa-f:]+|(?:\d{1,3}\.){3}\d{1,3}\/(?:[12]?\d|3[0-2])|[0-9A-Fa-f]*:[0-9A-Fa-f:]+\/(?:\d{1,2}|1[01]\d|12[0-8]))$/

/** With a provider, what it needs must be there. */
const withProvider = (config: { BERTH_OIDC_ISSUER: string | undefined }): boolean => config.BERTH_OIDC_ISSUER !== undefined

/**
 * Every setting, read once from the environment. The property names are the variables' names, so what is documented
 * (docs/configuration.md, held to this class by a test), validated and used is one thing.
 */
export class Config {
  /** Port of REST, sockets, health and metrics; 0 takes a free one. */
  @number
  @IsInt()
  @Min(0)
  @Max(65535)
  BERTH_PORT = 7070

  /** Address to listen on. Put a TLS proxy in front before you open it to a network. */
  @IsString()
  @MinLength(1)
  BERTH_HOST = '127.0.0.1'

  /** Folder of the embedded database and of everything else that must survive a restart. */
  @IsString()
  @MinLength(1)
  BERTH_DATA_DIR = './data'

  /** PostgreSQL address (`postgres://…`); without it the embedded database in BERTH_DATA_DIR is used. Secret. */
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, { message: 'must start with postgres://' })
  BERTH_DATABASE_URL?: string

  /** The Docker Engine: `unix:///path` or `tcp://host:port`. Falls back to DOCKER_HOST, then to the usual socket. */
  @Matches(/^(unix:\/\/\/|tcp:\/\/)./, { message: 'must be unix:///path or tcp://host:port' })
  BERTH_DOCKER_HOST = 'unix:///var/run/docker.sock'

  /** Name of the administrator that BERTH_ADMIN_PASSWORD makes at the first start. */
  @Matches(/^[a-z0-9][a-z0-9._-]{0,62}$/)
  BERTH_ADMIN_USERNAME = 'admin'

  /** Sets up the administrator at the first start, instead of the setup token. At least 12 characters. Secret. */
  @IsOptional()
  @IsString()
  @MinLength(12)
  BERTH_ADMIN_PASSWORD?: string

  /** Seconds that an access token is valid. */
  @number
  @IsInt()
  @Min(30)
  @Max(86_400)
  BERTH_ACCESS_TOKEN_TTL = 900

  /** Seconds that a session lives without being refreshed. */
  @number
  @IsInt()
  @Min(60)
  @Max(31_536_000)
  BERTH_REFRESH_TOKEN_TTL = 1_209_600

  /** Origins (`https://console.example.org`) that browsers may call from, comma-separated. None by default. */
  @list
  @IsArray()
  @Matches(/^https?:\/\/[^/\s]+$/, { each: true, message: 'each must be scheme://host[:port]' })
  BERTH_ALLOWED_ORIGINS: string[] = []

  /** Addresses or CIDR ranges of reverse proxies whose X-Forwarded-For is believed, comma-separated. None by default. */
  @list
  @IsArray()
  @IsString({ each: true })
  BERTH_TRUSTED_PROXIES: string[] = []

  /** Issuer of the OpenID provider that people log in at; https, or http on this host. None by default. */
  @IsOptional()
  @Matches(/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$))\S+$/, { message: 'must be https://…, or http on this host' })
  BERTH_OIDC_ISSUER: string | undefined = undefined

  /** What the provider calls this gateway. */
  @ValidateIf(withProvider)
  @IsString()
  @MinLength(1)
  BERTH_OIDC_CLIENT_ID: string | undefined = undefined

  /** What this gateway proves itself with to the provider; a public client has none. Secret. */
  @IsOptional()
  @IsString()
  @MinLength(1)
  BERTH_OIDC_CLIENT_SECRET?: string

  /** Where the provider sends the browser back to: `https://berth.example.org/api/v1/auth/oidc/callback`. */
  @ValidateIf(withProvider)
  @Matches(/^https?:\/\/[^\s?#]+$/, { message: 'must be an address without query' })
  BERTH_OIDC_REDIRECT_URL: string | undefined = undefined

  /** What is asked of the provider, comma-separated. */
  @list
  @IsArray()
  @ArrayContains(['openid'], { message: 'must have openid' })
  BERTH_OIDC_SCOPES: string[] = ['openid', 'profile', 'email']

  /** Claim that new users are named after. */
  @IsString()
  @MinLength(1)
  BERTH_OIDC_USERNAME_CLAIM = 'preferred_username'

  /** Claim with a user's groups. */
  @IsString()
  @MinLength(1)
  BERTH_OIDC_GROUPS_CLAIM = 'groups'

  /** `group=team:role` and `group=role` (of the host), comma-separated: what a login gives, and takes away. None by default. */
  @list
  @IsArray()
  @Matches(/^.+=([a-z0-9-]+:)?[a-z][a-z0-9-]*$/, { each: true, message: 'each must be group=team:role or group=role' })
  BERTH_OIDC_GROUP_ROLES: string[] = []

  /** Requests of one principal a minute, over all its sessions and tokens; 0: no limit. */
  @number
  @IsInt()
  @Min(0)
  @Max(1_000_000_000)
  BERTH_RATE_LIMIT_PRINCIPAL = 30_000

  /** Requests of one address a minute, before anybody is known; 0: no limit. */
  @number
  @IsInt()
  @Min(0)
  @Max(1_000_000_000)
  BERTH_RATE_LIMIT_ADDRESS = 60_000

  /** Host address that published ports bind to where the request names none. */
  @Matches(/^[0-9a-fA-F.:]+$/)
  BERTH_PUBLISH_ADDRESS = '0.0.0.0'

  /** Range that the teams' networks are cut from, a /24 each; what the host routes elsewhere is left out. */
  @Matches(/^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.|(?=\/))){4}\/([89]|1\d|2[0-4])$/, { message: 'must be an IPv4 range of /8 to /24' })
  BERTH_NETWORK_POOL = '10.201.0.0/16'

  /** Most events that are kept, the newest. */
  @number
  @IsInt()
  @Min(1_000)
  @Max(10_000_000)
  BERTH_EVENTS_KEEP = 50_000

  /** Days that events are kept. */
  @number
  @IsInt()
  @Min(1)
  @Max(3_650)
  BERTH_EVENTS_DAYS = 14

  /** Where webhooks may go although the address is not public, comma-separated: host, host:port, address or CIDR range. */
  @list
  @IsArray()
  @Matches(REGISTRY_HOST, { each: true, message: 'each must be host, host:port, address or CIDR range' })
  BERTH_WEBHOOK_ALLOW: string[] = []

  /** Image references on the engine that every team may use, comma-separated: put into the read-only library at start. */
  @list
  @IsArray()
  @IsString({ each: true })
  BERTH_LIBRARY_IMAGES: string[] = []

  /** The most bytes that one archive or build context may have, without compression. */
  @number
  @IsInt()
  @Min(1_048_576)
  BERTH_ARCHIVE_BYTES = 17_179_869_184

  /** Seconds that a registry may say nothing during a pull or push before it is given up. */
  @number
  @IsInt()
  @Min(1)
  @Max(3600)
  BERTH_REGISTRY_TIMEOUT = 120

  /**
   * Key that registry passwords, second factors and kept answers are encrypted with: 32 bytes as base64 or hex
   * (`openssl rand -base64 32`). Several, comma-separated: the first encrypts, the others still decrypt. Without it
   * BERTH_DATA_DIR/secrets.key is made. Secret.
   */
  @list
  @IsArray()
  @Matches(SECRETS_KEY, { each: true, message: 'each must be 32 bytes as base64 or hex (openssl rand -base64 32)' })
  BERTH_SECRETS_KEY: string[] = []

  /**
   * Registries that the gateway may reach although their address is its own, the engine's, link-local or in a network of a
   * team, comma-separated: host, host:port, address or CIDR range. The default is the private registry beside the engine.
   */
  @list
  @IsArray()
  @Matches(REGISTRY_HOST, { each: true, message: 'each must be host, host:port, address or CIDR range' })
  BERTH_REGISTRY_ALLOW: string[] = ['127.0.0.1:5000', 'localhost:5000']

  /** Where the gateway reaches registries that it knows under another address than the engine: `127.0.0.1:5000=registry:5000`. */
  @list
  @IsArray()
  @Matches(/^[^=\s]+=[^=\s/]+:\d{1,5}$/, { each: true, message: 'each must be host[:port]=host:port' })
  BERTH_REGISTRY_ROUTES: string[] = []

  /** PEM file of certificate authorities that the gateway trusts for registries, beside the usual ones. */
  @IsOptional()
  @IsString()
  @MinLength(1)
  BERTH_REGISTRY_CA_FILE?: string

  /** Redis address (`redis://…`) for changes of rights between several gateway processes. Secret. */
  @IsOptional()
  @Matches(/^rediss?:\/\//, { message: 'must start with redis://' })
  BERTH_REDIS_URL?: string

  /** Days that audit records are kept; 0 keeps them for ever. */
  @number
  @IsInt()
  @Min(0)
  @Max(36_500)
  BERTH_AUDIT_RETENTION_DAYS = 0

  /** Seconds that a terminal session goes on when nobody is there who may type; then its command is ended. */
  @number
  @IsInt()
  @Min(0)
  @Max(86_400)
  BERTH_TERMINAL_GRACE = 60

  /** Days that recordings of terminals are kept; 0 keeps them for ever. */
  @number
  @IsInt()
  @Min(0)
  @Max(36_500)
  BERTH_RECORDING_RETENTION_DAYS = 90

  /** Least level that is logged. */
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
  BERTH_LOG_LEVEL = 'info'

  /** Seconds that a stopping gateway waits for requests and streams to end. */
  @number
  @IsInt()
  @Min(0)
  @Max(60)
  BERTH_DRAIN_SECONDS = 10
}

/** Settings that may also come as a file, `<NAME>_FILE`, whose last line feed is dropped. */
export const SECRET_SETTINGS = [
  'BERTH_DATABASE_URL',
  'BERTH_ADMIN_PASSWORD',
  'BERTH_SECRETS_KEY',
  'BERTH_OIDC_CLIENT_SECRET',
  'BERTH_REDIS_URL',
] as const

/** Read by scripts beside the gateway, so not unknown here. */
const NOT_OURS = /^BERTH_(TEST|BENCH)_/

/** Thrown at start with every setting that is wrong, one a line. */
export class ConfigError extends Error {}

/**
 * Reads and validates the settings.
 * @throws ConfigError naming every unknown or wrong setting, so that a typo never silently means a default.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = []
  const values: Record<string, string> = {}
  const known = new Set(Object.keys(new Config()))
  for (const name of SECRET_SETTINGS) known.add(name)
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('BERTH_') || NOT_OURS.test(name) || value === undefined) continue
    if (known.has(name)) values[name] = value
    else if (isSecretFile(name)) values[name.slice(0, -'_FILE'.length)] = readSecret(name, value, problems)
    else problems.push(`${name}: no such setting`)
  }
  for (const name of SECRET_SETTINGS)
    if (env[name] !== undefined && env[`${name}_FILE`] !== undefined) problems.push(`${name}: given twice, also as ${name}_FILE`)
  values['BERTH_DOCKER_HOST'] ??= env['DOCKER_HOST'] || new Config().BERTH_DOCKER_HOST
  const config = plainToInstance(Config, values, { exposeDefaultValues: true })
  for (const error of validateSync(config, { forbidUnknownValues: true }))
    problems.push(`${error.property}: ${Object.values(error.constraints ?? {}).join(', ')}`)
  if (problems.length > 0) throw new ConfigError(`the configuration is not valid:\n  ${problems.join('\n  ')}\nsee docs/configuration.md`)
  return config
}

function isSecretFile(name: string): boolean {
  return SECRET_SETTINGS.some((secret) => name === `${secret}_FILE`)
}

function readSecret(name: string, path: string, problems: string[]): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch {
    problems.push(`${name}: the file can not be read`)
    return ''
  }
}
