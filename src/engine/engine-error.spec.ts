import { describe, expect, it } from 'vitest'
import { connectionError, engineError, transferError, type Doing } from './engine-error.js'

const ID = 'c'.repeat(64)
const START: Doing = { verb: 'start', id: ID }
const COPY: Doing = { verb: 'copy', path: '/a' }
const CREATE: Doing = { verb: 'create', name: 'red--web', image: 'x:1' }

/** The engine's words from 20.10 to 28, as they were seen or stand in its source. */
const ROWS: [number, string, Doing | undefined, string, string?][] = [
  [404, `No such container: ${ID}`, undefined, 'NOT_FOUND'],
  [404, 'No such image: x:1', CREATE, 'IMAGE_NOT_PRESENT'],
  [404, 'get nothing: no such volume', undefined, 'NOT_FOUND'],
  [404, `network ${ID} not found`, undefined, 'NOT_FOUND'],
  [
    409,
    `Conflict. The container name "/red--web" is already in use by container "${ID}". You have to remove (or rename) that container to be able to reuse that name.`,
    CREATE,
    'NAME_IN_USE',
  ],
  [409, 'network with name red--web already exists', CREATE, 'NAME_IN_USE'],
  [
    409,
    `You cannot remove a running container ${ID}. Stop the container before attempting removal or force remove`,
    undefined,
    'CONTAINER_RUNNING',
  ],
  [
    409,
    'cannot remove container "/x": container is running: stop the container before removing or force remove',
    undefined,
    'CONTAINER_RUNNING',
  ],
  [
    409,
    `You cannot remove a paused container ${ID}. Unpause and then stop the container before attempting removal or force remove`,
    undefined,
    'CONTAINER_PAUSED',
  ],
  [409, `Container ${ID} is paused, unpause the container before exec`, undefined, 'CONTAINER_PAUSED'],
  [409, `cannot start a paused container, try unpause instead`, START, 'CONTAINER_PAUSED'],
  [409, `Container ${ID} is not running`, undefined, 'CONTAINER_NOT_RUNNING'],
  [500, `Cannot kill container: ${ID}: Container ${ID} is not running`, undefined, 'CONTAINER_NOT_RUNNING'],
  [409, `container ${ID} is not running`, undefined, 'CONTAINER_NOT_RUNNING'],
  [500, `Container ${ID} is not paused`, undefined, 'CONFLICT', 'the container is not paused'],
  [
    500,
    `Cannot unpause container ${ID}: OCI runtime resume failed: container not paused: unknown`,
    undefined,
    'CONFLICT',
    'the container is not paused',
  ],
  [500, `Cannot unpause container ${ID}: cannot resume a stopped container: unknown`, undefined, 'CONTAINER_NOT_RUNNING'],
  [500, `Cannot pause container ${ID}: cannot pause a stopped container: unknown`, undefined, 'CONTAINER_NOT_RUNNING'],
  [409, `Container ${ID} is restarting, wait until the container is running`, undefined, 'CONFLICT', 'the container is restarting'],
  [409, `removal of container ${ID} is already in progress`, undefined, 'CONFLICT', 'the container is being removed'],
  [
    409,
    `conflict: unable to remove repository reference "x:1" (must force) - container ${ID} is using its referenced image ${ID}`,
    undefined,
    'IMAGE_IN_USE',
  ],
  [409, 'conflict: unable to delete abc (cannot be forced) - image is being used by running container abc', undefined, 'IMAGE_IN_USE'],
  [
    409,
    'conflict: unable to delete abc (must be forced) - image is referenced in multiple repositories',
    undefined,
    'CONFLICT',
    'the image has several references',
  ],
  [409, 'remove v: volume is in use - [abc]', undefined, 'CONFLICT', 'the volume is in use'],
  [
    403,
    'error while removing network: network n id abc has active endpoints',
    undefined,
    'CONFLICT',
    'the network has connected containers',
  ],
  [
    500,
    'driver failed programming external connectivity on endpoint x (abc): Bind for 0.0.0.0:8080 failed: port is already allocated',
    START,
    'PORT_IN_USE',
  ],
  [
    500,
    'driver failed programming external connectivity on endpoint x (abc): Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use',
    START,
    'PORT_IN_USE',
  ],
  [500, 'failed to bind host port 0.0.0.0:8080/tcp: address already in use', START, 'PORT_IN_USE'],
  [
    400,
    'failed to create shim: OCI runtime create failed: runc create failed: unable to start container process: exec: "x": executable file not found in $PATH: unknown',
    START,
    'START_FAILED',
    'command not found',
  ],
  [
    400,
    'OCI runtime create failed: exec: "/no/where": stat /no/where: no such file or directory: unknown',
    START,
    'START_FAILED',
    'command not found',
  ],
  [
    400,
    'OCI runtime create failed: exec: "/etc/passwd": permission denied: unknown',
    START,
    'START_FAILED',
    'the command may not be executed',
  ],
  [404, `No such container: ${'d'.repeat(64)}`, START, 'START_FAILED', 'the container that it joins does not exist'],
  [404, `No such container: ${ID}`, START, 'NOT_FOUND'],
  [500, 'something nobody knows: /var/lib/docker/secret', START, 'START_FAILED', 'the engine could not start it'],
  [400, 'invalid something', CREATE, 'INVALID_REQUEST'],
  [500, 'Minimum memory limit allowed is 6MB', CREATE, 'INVALID_REQUEST', 'the memory limit is below the minimum'],
  [409, 'something nobody knows', undefined, 'CONFLICT'],
  [500, 'something nobody knows', undefined, 'ENGINE_ERROR'],
  [
    500,
    `Cannot update container ${ID}: runc did not terminate successfully: exit status 1: unable to set memory limit to 8388608 (current usage: 60878848, peak usage: 61333504)\n: unknown`,
    undefined,
    'CONFLICT',
    'the container uses more memory than that now',
  ],
  [404, '', COPY, 'FILE_NOT_FOUND'],
  [500, '', COPY, 'FILE_NOT_FOUND'],
  [404, `Could not find the file /a in container ${ID}`, COPY, 'FILE_NOT_FOUND'],
  [500, 'lstat /var/lib/docker/x/merged/etc/passwd/x: not a directory', COPY, 'CONFLICT', 'the path is not a folder'],
  [500, 'lstat /var/lib/docker/x/merged/aaa: file name too long', COPY, 'CONFLICT', 'the path is too long'],
  [
    500,
    'evalSymlinksInScope: too many links in /var/lib/docker/x/merged/tmp/loop',
    COPY,
    'CONFLICT',
    'the path leads over too many links or folders',
  ],
  [
    500,
    'Error processing tar file(exit status 1): unlinkat /etc/hostname: device or resource busy',
    COPY,
    'CONFLICT',
    'something is mounted there',
  ],
  [500, 'something nobody knows', COPY, 'ENGINE_ERROR'],
  [503, 'this node is not a swarm manager', undefined, 'ENGINE_ERROR'],
  [
    404,
    'manifest for x:1 not found: manifest unknown: manifest unknown',
    { verb: 'pull' },
    'PULL_FAILED',
    'the registry has no such image or refuses the credentials',
  ],
  [
    500,
    'Get "https://10.0.0.7/v2/": dial tcp 10.0.0.7:443: connect: connection refused',
    { verb: 'pull' },
    'PULL_FAILED',
    'the registry could not be used',
  ],
]

describe("the engine's errors", () => {
  it.each(ROWS)('%i %s', (status, text, doing, code, reason) => {
    const error = engineError(status, text, doing)
    expect(error).toMatchObject({ code, ...(reason && { details: { reason } }) })
    // a foreign id, a host path or an inner address is for the log only
    expect(error.message).not.toMatch(/[cd]{64}|\/var\/lib|10\.0\.0\.7|abc/)
    expect(String(error.cause)).toContain(text)
  })

  it('name what the caller asked for', () => {
    expect(engineError(409, 'The container name "/red--web" is already in use by', CREATE).details).toMatchObject({ name: 'red--web' })
    expect(engineError(500, 'Bind for 0.0.0.0:8080 failed: port is already allocated', START).details).toMatchObject({ port: 8080 })
  })

  it('of transfers are coarse', () => {
    const texts = [
      'connection refused',
      'no such host',
      'i/o timeout',
      'x509: certificate signed by unknown authority',
      'http: server gave HTTP response to HTTPS client',
    ]
    expect(new Set(texts.map((text) => transferError(text).message)).size).toBe(1)
  })

  it('of connections', () => {
    const coded = (code: string) => Object.assign(new Error(code), { code })
    expect(connectionError(coded('ECONNREFUSED'), false)).toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
    expect(connectionError(coded('ENOENT'), false)).toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
    expect(connectionError(coded('ECONNRESET'), true)).toMatchObject({ code: 'STOPPING' })
    expect(connectionError(coded('HPE_INVALID_CONSTANT'), false)).toMatchObject({ code: 'ENGINE_PROTOCOL' })
    const own = new TypeError('a fault of ours')
    expect(connectionError(own, false)).toBe(own)
  })
})
