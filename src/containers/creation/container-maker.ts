import { Injectable, Logger } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { type Claim, type OwnedTarget, Ownership, Quota, type TeamRef } from '../../access/index.js'
import {
  admitContainer,
  askedPorts,
  assertAsAdmitted,
  type ContainerParts,
  type ImageFacts,
  type ResolvedLink,
  type ResolvedMount,
} from '../../admission/index.js'
import type { Admitted } from '../../common/admitted.js'
import { AppError, isCertain } from '../../common/errors.js'
import type { ContainerWants } from '../../common/quota.js'
import type { TeamNetwork } from '../../common/team-network.js'
import { type ContainerEntry, type ContainerSpec, Engine, REMOVING, type VolumeEntry } from '../../engine/index.js'
import { ContainerStarts } from '../container-starts.js'
import { HostPorts } from './host-ports.js'
import { assertMounted, VolumesGone } from '../mounted-volumes.js'

/** One container to make. */
export interface Making {
  readonly team: TeamRef
  readonly userId: string
  readonly name: string
  readonly start: boolean
  readonly parts: Omit<ContainerParts, 'network'> & { readonly image: ImageFacts; readonly links: readonly ResolvedLink[] }
  /** Of the team; null with `network: none`. */
  readonly network: TeamNetwork | null
  /** Host ports that turned out to be in use. */
  readonly avoid?: ReadonlySet<number>
}

/** What was made: the target that a view needs, and the last that is known of it. */
export interface Made {
  readonly target: OwnedTarget<'container'>
  readonly entry: ContainerEntry
}

/** A volume of the new container alone, claimed before there is one. */
interface AnonymousClaim {
  readonly claim: Claim
  readonly mount: AnonymousMount
}

type AnonymousMount = Extract<ResolvedMount, { type: 'anonymous' }>

/** For a removal that is under way. */
const LONGEST_END_MS = 10_000

/** Makes one container with its rows: claimed before the engine is asked, and all of it taken back if any step fails. */
@Injectable()
export class ContainerMaker {
  private readonly logger = new Logger('containers')

  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly ports: HostPorts,
    private readonly quota: Quota,
    private readonly starts: ContainerStarts,
  ) {}

  /** @throws AppError NAME_IN_USE, POLICY_DENIED, IMAGE_NOT_PRESENT, ADMISSION_MISMATCH, START_FAILED, PORT_IN_USE, QUOTA_EXCEEDED, VolumesGone, engine errors */
  async make(making: Making): Promise<Made> {
    const { team, userId: creatorId, name } = making
    const claim = await this.ownership.claim({ kind: 'container', team, name, creatorId })
    const anonymous: AnonymousClaim[] = []
    let spec: Admitted<ContainerSpec>
    let id: string
    try {
      for (const mount of making.parts.mounts.list) if (mount.type === 'anonymous') anonymous.push(await this.claimVolume(making, mount))
      const { parts, avoid } = making
      const hostPorts = await this.ports.reserve(claim.uid, { asked: askedPorts(parts), policy: parts.policy, ...(avoid && { avoid }) })
      spec = admit({ ...making, parts: { ...parts, hostPorts } }, claim, anonymous)
      await this.quota.container(claim.uid, team.id, wantsOf(spec))
      id = await this.create(claim, spec, making.parts.request.image)
    } catch (error) {
      if (isCertain(error)) await this.abandon([claim, ...anonymous.map((each) => each.claim)])
      throw error
    }
    const target = { kind: 'container', team, uid: claim.uid, name, engineId: id } as const
    try {
      return await this.settle(making, target, { claim, anonymous, spec })
    } catch (error) {
      await this.undo(id, claim, anonymous)
      if (error instanceof VolumesGone) await this.removeStrays(error.strays)
      throw error
    }
  }

  private async claimVolume({ team, userId: creatorId }: Making, mount: AnonymousMount): Promise<AnonymousClaim> {
    // Not 64 digits as the engine's, which no client could send as the name of anything.
    const claim = await this.ownership.claim({ kind: 'volume', team, name: randomBytes(16).toString('hex'), creatorId })
    return { claim, mount }
  }

  private async create(claim: Claim, spec: Admitted<ContainerSpec>, image: string): Promise<string> {
    try {
      return (await this.engine.containers.create(claim.engineName, spec)).Id
    } catch (error) {
      throw inTeamWords(error, claim.name, image)
    }
  }

  private async settle(
    making: Making,
    target: Made['target'],
    { claim, anonymous, spec }: { claim: Claim; anonymous: readonly AnonymousClaim[]; spec: Admitted<ContainerSpec> },
  ): Promise<Made> {
    const { inventory } = this.engine
    const { inspected, entry: created } = await inventory.inspect(target.engineId).catch(whileMade)
    assertAsAdmitted(spec, inspected)
    await assertMounted({ team: making.team, mounts: making.parts.mounts.list, container: created }, this.engine, this.ownership)
    await this.ownership.settle(claim, target.engineId, created.created)
    for (const { claim: volume, mount } of anonymous) {
      const engineName = created.mounts.find(({ destination }) => destination === mount.target)?.name ?? ''
      const entry = engineName === '' ? undefined : await inventory.refresh('volume', engineName)
      if (!entry) throw new AppError('ENGINE_PROTOCOL', {}, { cause: `no volume was made at ${mount.target}` })
      await this.ownership.settle(volume, engineName, entry.created)
    }
    if (!making.start) return { target, entry: created }
    await this.starts.start(target).catch(whileMade)
    // Gone already, if it is to be removed at its end.
    return { target, entry: (await inventory.refresh('container', target.engineId)) ?? { ...created, state: 'removing' } }
  }

  /** Never throws: the error that led here is the one to tell. What can't be undone now stays owned and visible. */
  private async undo(id: string, claim: Claim, anonymous: readonly AnonymousClaim[]): Promise<void> {
    try {
      await this.engine.containers.remove(id, { force: true, volumes: true }).catch((error: unknown) => this.awaitEnd(id, error))
      await this.engine.inventory.refresh('container', id)
      await this.abandon([claim])
      await this.dropVolumes(anonymous.map((each) => each.claim))
    } catch (error) {
      this.logger.error({ err: error, container: id }, 'a container that failed could not be removed')
    }
  }

  /** Somebody else removes it at this moment, or has done it: until that is done it holds its volumes. */
  private async awaitEnd(id: string, error: unknown): Promise<void> {
    if (!(error instanceof AppError) || error.details['reason'] !== REMOVING) return ignoreMissing(error)
    await this.engine.containers.wait(id, { condition: 'removed', signal: AbortSignal.timeout(LONGEST_END_MS) }).catch(ignoreMissing)
  }

  /** They went with their container, unless somebody else removed that: then they are there still, and must not lose their rows. */
  private async dropVolumes(claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return
    const present = await this.engine.volumes.list()
    for (const claim of claims) {
      const row = { kind: claim.kind, uid: claim.uid, team_id: claim.team.id }
      const name = present.find(({ Labels }) => this.ownership.witness.proves(row, Labels ?? {}))?.Name
      const left = name === undefined ? undefined : await this.dropVolume(name)
      if (left) await this.ownership.settle(claim, left.id, left.created)
      else await this.ownership.abandon(claim)
    }
  }

  /** What is left of it: all of it, where it could not be removed. */
  private async dropVolume(name: string): Promise<VolumeEntry | undefined> {
    await this.engine.volumes.remove(name).catch((err: unknown) => this.logger.warn({ err, volume: name }, 'an anonymous volume stays'))
    return this.engine.inventory.refresh('volume', name)
  }

  /** Never throws: another container that met the same may hold one still, and takes it away after itself. */
  private async removeStrays(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.engine.volumes.remove(name).catch((err: unknown) => this.logger.warn({ err, volume: name }, 'a volume of nobody stays'))
      await this.engine.inventory.refresh('volume', name).catch(ignoreMissing)
    }
  }

  private async abandon(claims: readonly Claim[]): Promise<void> {
    for (const claim of claims) await this.ownership.abandon(claim)
  }
}

/** Each copy is judged as it will be sent: with its own name on the network and its own volumes. */
function admit({ parts, network }: Making, claim: Claim, anonymous: readonly AnonymousClaim[]): Admitted<ContainerSpec> {
  const claimed = new Map<ResolvedMount, Claim>(anonymous.map(({ mount, claim }) => [mount, claim]))
  const list = parts.mounts.list.map((mount) => {
    const volume = claimed.get(mount)
    return volume ? { ...mount, labels: volume.labels } : mount
  })
  const resolved = network && { engineName: network.engineName, aliases: [claim.name], links: parts.links }
  return admitContainer({ ...parts, mounts: { ...parts.mounts, list }, network: resolved }, claim.labels)
}

function whileMade(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
  throw new AppError('CONFLICT', { reason: 'the container was removed while it was made' })
}

/** What it takes of the team's quota: as it was admitted, defaults included. */
function wantsOf({ HostConfig }: Admitted<ContainerSpec>): ContainerWants {
  const { Memory, NanoCpus, PidsLimit, PortBindings } = HostConfig ?? {}
  const ports = Object.values(PortBindings ?? {}).reduce(
    (sum: number, bindings) => sum + (Array.isArray(bindings) ? bindings.length : 0),
    0,
  )
  return { memory: Number(Memory ?? 0), cpus: Number(NanoCpus ?? 0) / 1e9, pids: Number(PidsLimit ?? 0), ports }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
}

/** The engine part speaks of engine names and content ids; a client knows neither. */
function inTeamWords(error: unknown, name: string, image: string): unknown {
  if (!(error instanceof AppError)) return error
  if (error.code === 'NAME_IN_USE')
    return new AppError('NAME_IN_USE', { name, errors: [{ pointer: '/name', detail: 'is in use' }] }, { cause: error })
  if (error.code === 'IMAGE_NOT_PRESENT') return new AppError('IMAGE_NOT_PRESENT', { reference: image }, { cause: error })
  return error
}
