/**
 * The gateway in this process, on the data directory of the run: `Access.decide` and the admission of a container, call by
 * call. Prints one line of JSON. Arguments: how many calls, and an access token.
 */
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { ROOT } from '../scripts/setup.mjs'
import type { ContainerParts, ImageFacts } from '../src/admission/index.js'
import { latencies } from './support/load.js'
import { ordinaryContainer } from './support/world.js'

const WARM_UP = 500

// the build, not the sources: Node runs no decorators
const load = (path: string): Promise<unknown> => import(join(ROOT, 'dist', path))
const { createApp } = (await load('app.js')) as typeof import('../src/app.js')
const { loadConfig } = (await load('config/config.js')) as typeof import('../src/config/config.js')
const { openDatabase } = (await load('store/database.js')) as typeof import('../src/store/database.js')
const { Access, Authenticator } = (await load('access/index.js')) as typeof import('../src/access/index.js')
const { admitContainer, BASELINE_POLICY, judgeContainer } = (await load('admission/index.js')) as typeof import('../src/admission/index.js')
const { parseStrictJson } = (await load('admission/strict-json.js')) as typeof import('../src/admission/strict-json.js')
const { Inventory } = (await load('engine/index.js')) as typeof import('../src/engine/index.js')

const [count = '1000', token = ''] = process.argv.slice(2)
const config = loadConfig(process.env)
const app = await createApp(config, await openDatabase({ url: undefined, dataDir: config.BERTH_DATA_DIR }))
await app.init()

const access = app.get(Access, { strict: false })
const authenticator = app.get(Authenticator, { strict: false })
const principal = await authenticator.authenticate(token)
const request = { principal, requestId: 'bench', address: '127.0.0.1' }
const inventory = app.get(Inventory, { strict: false })
while (inventory.stale) await new Promise((turn) => setTimeout(turn, 20))
const { target } = await access.decide({ ...request, operation: 'ContainerList', pointer: {} })
const team = target.teams[0]!.name
const own = inventory.containers.all().filter(({ engineName }) => engineName.startsWith(`${team}--`))
const ids = own.map(({ id }) => id)
const names = own.map(({ engineName }) => engineName.slice(team.length + 2))

const body = Buffer.from(JSON.stringify(ordinaryContainer('busybox:1')))
const parts: ContainerParts & { readonly image: ImageFacts } = {
  request: ordinaryContainer('busybox:1'),
  policy: BASELINE_POLICY,
  image: {
    contentId: `sha256:${'0'.repeat(64)}`,
    reference: 'docker.io/library/busybox:1',
    labels: {},
    volumes: [],
    exposed: ['80/tcp'],
    workingDir: '',
    user: '',
    healthcheck: null,
  },
  host: { cpus: 64, memory: 2 ** 40, openFiles: 1_048_576, apiVersion: '1.41', publishAddress: '0.0.0.0' },
  mounts: {
    list: [{ type: 'tmpfs', pointer: '/mounts/0', target: '/run', readOnly: false, size: 1_048_576 }],
    volumes: new Set(),
    exports: new Map(),
  },
  network: { engineName: `${team}--default`, aliases: ['web'] },
}

const figures = {
  authorization: await each((index) => access.decide({ ...request, operation: 'ContainerRestart', pointer: { ref: at(names, index) } })),
  'authorization by id': await each((index) =>
    access.decide({ ...request, operation: 'ContainerRestart', pointer: { ref: at(ids, index) } }),
  ),
  'authentication of a token': await each(() => authenticator.authenticate(token)),
  admission: await each(() => {
    judgeContainer({ ...parts, image: null, network: null })
    return admitContainer(parts, { 'berth.uid': 'x', 'berth.witness': 'y' })
  }),
  'strict parsing of its body': await each(() => parseStrictJson(body)),
}
await app.close()
console.log(JSON.stringify(figures))
process.exit(0)

/** Call by call, in turns of the event loop as requests come. */
async function each(work: (index: number) => unknown): Promise<{ p50: number; p99: number }> {
  const times: number[] = []
  for (let index = 0; index < WARM_UP; index++) await work(index)
  for (let index = 0; index < Number(count); index++) {
    const start = performance.now()
    await work(index)
    times.push(performance.now() - start)
    if (index % 100 === 0) await new Promise(setImmediate)
  }
  return latencies(times)
}

/** Not one after the other: whatever is cached by place would look too good. */
function at(values: readonly string[], index: number): string {
  return values[(index * 7_919) % values.length]!
}
