import { Injectable } from '@nestjs/common'
import { assertNewName, type Grant, type OwnedTarget } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { TeamNetworks } from '../common/team-network.js'
import { Engine } from '../engine/index.js'
import { ContainerRemoval } from './container-removal.js'
import { ContainerRenaming } from './container-renaming.js'
import { ContainerStarts } from './container-starts.js'
import { ContainerViews } from './container-views.js'
import type { KillQuery, RemoveQuery, RenameBody, StopQuery, TopQuery } from './dto/container.query.js'
import type { ContainerProcesses, ContainerSummary, RenamedContainer } from './dto/container.response.js'
import { assertFresh } from './creation/freshness.js'

type Target = OwnedTarget<'container'>

/** What is done to a container that exists; every write answers its new state. */
@Injectable()
export class ContainerLifecycle {
  constructor(
    private readonly engine: Engine,
    private readonly removal: ContainerRemoval,
    private readonly views: ContainerViews,
    private readonly renaming: ContainerRenaming,
    private readonly networks: TeamNetworks,
    private readonly starts: ContainerStarts,
  ) {}

  /** Running already is no error. @throws AppError CONFLICT of a folder of the host, START_FAILED, PORT_IN_USE, CONTAINER_PAUSED */
  start(grant: Grant<'ContainerStart'>): Promise<ContainerSummary> {
    return this.change(grant.target, async () => {
      await this.restoreNetwork(grant.target)
      await this.starts.start(grant.target)
    })
  }

  /** Stopped already is no error. */
  stop(grant: Grant<'ContainerStop'>, { timeout }: StopQuery): Promise<ContainerSummary> {
    return this.change(grant.target, (id) => this.engine.containers.stop(id, { ...(timeout !== undefined && { timeout }) }))
  }

  /** @throws AppError START_FAILED, PORT_IN_USE, CONTAINER_PAUSED */
  restart(grant: Grant<'ContainerRestart'>, { timeout }: StopQuery): Promise<ContainerSummary> {
    return this.change(grant.target, async () => {
      await this.restoreNetwork(grant.target)
      await this.starts.restart(grant.target, { ...(timeout !== undefined && { timeout }) })
    })
  }

  /** @throws AppError CONTAINER_NOT_RUNNING */
  kill(grant: Grant<'ContainerKill'>, { signal = 'SIGKILL' }: KillQuery): Promise<ContainerSummary> {
    return this.change(grant.target, (id) => this.engine.containers.kill(id, { signal }))
  }

  /** Its processes are frozen, all at once. @throws AppError CONTAINER_NOT_RUNNING, CONTAINER_PAUSED */
  pause(grant: Grant<'ContainerPause'>): Promise<ContainerSummary> {
    return this.change(grant.target, (id) => this.engine.containers.pause(id))
  }

  /** @throws AppError CONFLICT where it is not paused */
  unpause(grant: Grant<'ContainerUnpause'>): Promise<ContainerSummary> {
    return this.change(grant.target, (id) => this.engine.containers.unpause(id))
  }

  /** @throws AppError NAME_IN_USE, INVALID_REQUEST */
  async rename(grant: Grant<'ContainerRename'>, { name }: RenameBody): Promise<RenamedContainer> {
    const { target } = grant
    assertNewName(name)
    const { team, uid } = target
    let connectionsReset = false
    const view = await this.change(target, async () => {
      if (!team || uid === null) throw new AppError('NOT_FOUND')
      connectionsReset = await this.renaming.rename(uid, team, name)
    })
    return Object.assign(view, { connectionsReset })
  }

  /** @throws AppError CONTAINER_RUNNING without force */
  async remove(grant: Grant<'ContainerDelete'>, query: RemoveQuery): Promise<void> {
    await assertFresh(this.engine)
    await this.removal.remove(grant.target, query)
  }

  /** Columns of its own choice only for those who may operate it. @throws AppError CONTAINER_NOT_RUNNING, PERMISSION_DENIED */
  async top(grant: Grant<'ContainerTop'>, { args }: TopQuery): Promise<ContainerProcesses> {
    if (args !== undefined && !grant.holds('containers.operate', grant.target.team))
      throw new AppError('PERMISSION_DENIED', { permission: 'containers.operate' })
    const { Titles, Processes } = await this.engine.containers.top(grant.target.engineId, args)
    return { titles: [...Titles], processes: Processes.map((row) => [...row]) }
  }

  private async restoreNetwork({ team, engineId, name }: Target): Promise<void> {
    if (team) await this.networks.restore({ team, engineId }, name)
  }

  private async change(target: Target, work: (id: string) => Promise<unknown>): Promise<ContainerSummary> {
    const { inventory } = this.engine
    await assertFresh(this.engine)
    const last = inventory.containers.get(target.engineId)
    await work(target.engineId)
    return this.views.fresh(target, last)
  }
}
