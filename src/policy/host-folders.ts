import { Injectable } from '@nestjs/common'
import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { canonicalFolder, grantedOf, isWithin, linksOn } from '../admission/index.js'
import { Config } from '../config/config.js'
import { Engine } from '../engine/index.js'
import { HostExportStore } from '../store/host-exports.store.js'
import { TeamStore } from '../store/teams.store.js'

/** A folder that somebody asks to open to teams. */
export interface AskedFolder {
  readonly path: string
  readonly readOnly: boolean
}

/** What came of looking at it: where it really is, or why no team may have it. */
export type Looked = { readonly path: string } | { readonly refused: string }

interface Place {
  readonly path: string
  readonly what: string
}

/** Whoever has one of these has the host. */
const KERNEL: readonly Place[] = ['/proc', '/sys', '/dev'].map((path) => ({ path, what: "the kernel's own" }))
const SOCKETS: readonly Place[] = ['/run', '/var/run/docker.sock'].map((path) => ({ path, what: "the sockets of the host's services" }))

/** Folders of the host that may be opened to teams: never the engine's own, ours, or what a team could turn into a link to these. */
@Injectable()
export class HostFolders {
  constructor(
    private readonly engine: Engine,
    private readonly config: Config,
    private readonly exports: HostExportStore,
    private readonly teams: TeamStore,
  ) {}

  /** Follows every link, then judges where it leads. @throws AppError ENGINE_UNAVAILABLE: without its data root nothing is opened */
  async look({ path: asked, readOnly }: AskedFolder): Promise<Looked> {
    const [path, links] = await Promise.all([canonicalFolder(asked), linksOn(asked)])
    if (path === null || links === null)
      return { refused: 'is no folder that the gateway can see: in a container of its own, mount it there at the same path' }
    for (const place of await this.closed())
      if (isWithin(path, place.path) || isWithin(place.path, path)) return { refused: `is, holds or lies in ${place.what}` }
    const open = await this.open()
    // whoever may write to a folder has put the link there, and an administrator would open to him what he likes
    const writable = open.filter((other) => !other.readOnly)
    if (links.some((link) => writable.some((other) => isWithin(link, other.path))))
      return { refused: 'is led to by a link in a folder that a team may write to' }
    for (const other of open) {
      if (other.path === path) continue
      // A team that may write there can put a link in the place of what lies below.
      if (!other.readOnly && isWithin(path, other.path)) return { refused: 'lies below a folder that a team may write to' }
      if (!readOnly && isWithin(other.path, path))
        return { refused: 'holds a folder that is open to a team, who could then be led elsewhere' }
    }
    return { path }
  }

  private async closed(): Promise<Place[]> {
    const { DockerRootDir } = await this.engine.system.info()
    const socket = /^unix:\/\/(.+)$/.exec(this.config.BERTH_DOCKER_HOST)?.[1]
    const own: Place[] = [
      { path: DockerRootDir, what: "the engine's data" },
      { path: resolve(this.config.BERTH_DATA_DIR), what: "the gateway's data" },
      ...(socket === undefined ? [] : [{ path: socket, what: "the engine's socket" }]),
    ]
    const real = await Promise.all([...own, ...SOCKETS].map(followed))
    return [...KERNEL, ...SOCKETS, ...own, ...real]
  }

  private async open(): Promise<AskedFolder[]> {
    const [exports, teams] = await Promise.all([this.exports.all(), this.teams.all()])
    return [
      ...exports.map((row) => ({ path: row.path, readOnly: row.read_only === 1 })),
      ...teams.flatMap((team) => grantedOf(team).hostPaths.map((path) => ({ path, readOnly: false }))),
    ]
  }
}

async function followed({ path, what }: Place): Promise<Place> {
  return { path: await realpath(path).catch(() => path), what }
}
