import { Injectable } from '@nestjs/common'
import { readFileSync } from 'node:fs'
import { type Grant, holdsInTeam, Ownership, Teams } from '../access/index.js'
import { type ContainerEntry, Engine, Inventory } from '../engine/index.js'
import { ImageReferenceStore } from '../store/image-references.store.js'
import { checkHost, engineDown, insecureRegistries, mirrors } from './check.js'
import type { CheckResponse, ContainerCounts, InfoResponse, VersionResponse } from './dto/system.dto.js'

/** Version of this gateway. */
export const BERTH_VERSION = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
  .version

/** The host and its engine, as somebody may see them who shares it with others. */
@Injectable()
export class SystemService {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly teams: Teams,
    private readonly references: ImageReferenceStore,
  ) {}

  /** @throws AppError ENGINE_UNAVAILABLE */
  async version(_grant: Grant<'SystemVersion'>): Promise<VersionResponse> {
    const found = await this.engine.system.version()
    return {
      berth: BERTH_VERSION,
      engine: found.Version,
      apiVersion: this.engine.state.version ?? found.ApiVersion,
      kernel: found.KernelVersion ?? '',
      os: found.Os,
      architecture: found.Arch,
    }
  }

  /** @throws AppError ENGINE_UNAVAILABLE */
  async info(grant: Grant<'SystemInfo'>): Promise<InfoResponse> {
    const info = await this.engine.system.info()
    const visible = (await this.teams.allVisible(grant.principal)).map((team) => team.id)
    const teamIds = (permission: 'containers.read' | 'images.read') => visible.filter((id) => holdsInTeam(grant.principal, id, permission))
    const images = await this.references.inTeams({ teamIds: teamIds('images.read') })
    return {
      name: info.Name,
      engine: info.ServerVersion,
      operatingSystem: info.OperatingSystem,
      kernel: info.KernelVersion ?? '',
      architecture: info.Architecture,
      cpus: info.NCPU,
      memory: info.MemTotal,
      storageDriver: info.Driver,
      loggingDriver: info.LoggingDriver,
      cgroupDriver: info.CgroupDriver,
      cgroupVersion: info.CgroupVersion ?? '1',
      securityOptions: [...(info.SecurityOptions ?? [])],
      registryMirrors: mirrors(info),
      insecureRegistries: insecureRegistries(info),
      containers: await this.counts(teamIds('containers.read')),
      images: images.length,
    }
  }

  /** Never fails: an engine that is down is what it reports. */
  async check(_grant: Grant<'SystemCheck'>): Promise<CheckResponse> {
    const items = await Promise.all([this.engine.system.info(), this.engine.system.version()])
      .then(([info, version]) => checkHost({ info, version, now: new Date() }))
      .catch(() => [engineDown(this.engine.state)])
    return { ready: items.every((item) => item.state !== 'missing'), items }
  }

  private async counts(teamIds: readonly string[]): Promise<ContainerCounts> {
    const rows = await this.ownership.owned('container', teamIds)
    const inventory: Inventory = this.engine.inventory
    const states = rows
      .map((row) => inventory.containers.get(row.engine_id ?? ''))
      .filter((entry): entry is ContainerEntry => entry !== undefined)
    const count = (...wanted: ContainerEntry['state'][]) => states.filter((entry) => wanted.includes(entry.state)).length
    const running = count('running', 'restarting')
    const paused = count('paused')
    return { total: states.length, running, paused, stopped: states.length - running - paused }
  }
}
