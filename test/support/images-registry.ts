/** A private registry as an image, as the course runs one: Debian's docker-registry with the C library that it is linked to. */
import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tarFolder } from '../../scripts/tar.js'
import { layerOf, pushImage } from './images.js'
import { run } from './private-host.js'
import type { Registry } from './registry.js'

const CONFIG = '/etc/docker/registry/config.yml'
const STORAGE = '/var/lib/registry'

/** Puts it into the registry as `library/registry:2`, which the engine finds by the name that the hub has for it. */
export async function registryImage(registry: Registry): Promise<string> {
  const known = await registry.call('HEAD', '/v2/library/registry/manifests/2')
  if (known.status !== 200) {
    const layers = [layerOf(tarFolder(fill), 'ADD registry.tar / # from the machine')]
    const config = { Entrypoint: ['/bin/registry', 'serve'], Cmd: [CONFIG], ExposedPorts: { '5000/tcp': {} }, Volumes: { [STORAGE]: {} } }
    await pushImage(registry, { repository: 'library/registry', tags: ['2', 'latest'], layers, config })
  }
  return 'registry:2'
}

function fill(dir: string): void {
  const binary = run('which', 'docker-registry').trim()
  const copy = (from: string, to: string) => {
    mkdirSync(dirname(join(dir, to)), { recursive: true })
    copyFileSync(realpathSync(from), join(dir, to))
  }
  copy(binary, 'bin/registry')
  // the loader and what it loads, at the paths that are written into the binary
  for (const [path] of run('ldd', binary).matchAll(/\/\S+(?= \()/g)) copy(path, path)
  for (const folder of ['tmp', STORAGE, dirname(CONFIG)]) mkdirSync(join(dir, folder), { recursive: true })
  const storage = { filesystem: { rootdirectory: STORAGE }, delete: { enabled: true } }
  writeFileSync(
    join(dir, CONFIG),
    JSON.stringify({ version: '0.1', log: { level: 'warn' }, storage, http: { addr: ':5000', secret: 'none' } }),
  )
}
