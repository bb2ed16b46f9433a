import { Injectable } from '@nestjs/common'
import { type Grant } from '../access/index.js'
import { LABEL_SECCOMP, securityOptionsView } from '../admission/index.js'
import { Engine, type ContainerInspect } from '../engine/index.js'
import { OwnershipStore } from '../store/ownership.store.js'
import type { OwnershipRow } from '../store/schema.js'
import { UserStore } from '../store/users.store.js'
import { mountViews, summary } from './container-view.js'
import { ContainerViews, ownerOf } from './container-views.js'
import type { InspectContainerQuery } from './dto/container.query.js'
import type { ContainerDetails, ContainerResources, ContainerRestart, ContainerSummary } from './dto/container.response.js'

const NANO = 1_000_000_000

/** Everything about one container, as the engine tells it now. */
@Injectable()
export class ContainerDetailsReader {
  constructor(
    private readonly engine: Engine,
    private readonly views: ContainerViews,
    private readonly ownership: OwnershipStore,
    private readonly users: UserStore,
  ) {}

  /** Environment values only with the permission containers.env. @throws AppError NOT_FOUND */
  async inspect(grant: Grant<'ContainerInspect'>, { size = false }: InspectContainerQuery): Promise<ContainerDetails> {
    const { target } = grant
    const [{ inspected, entry }, row, names, sizes] = await Promise.all([
      this.engine.inventory.inspect(target.engineId),
      target.uid === null ? null : this.ownership.byUid(target.uid),
      this.views.names(target.team),
      size ? this.engine.containers.sizes(target.engineId) : undefined,
    ])
    const { Config, HostConfig, Mounts } = inspected
    const owner = ownerOf(target, row)
    const seen: Omit<ContainerSummary, 'mounts'> = summary(entry, owner, names)
    const mayReadEnv = grant.holds('containers.env', target.team)
    return {
      ...seen,
      mounts: mountViews(Mounts, owner, names),
      ...(sizes && { size: sizes }),
      createdBy: await this.creator(row),
      command: [...(Config.Cmd ?? [])],
      entrypoint: [...(Config.Entrypoint ?? [])],
      ...(mayReadEnv && { env: [...(Config.Env ?? [])] }),
      envHidden: !mayReadEnv,
      tty: Config.Tty ?? false,
      openStdin: Config.OpenStdin ?? false,
      user: Config.User ?? '',
      workingDir: Config.WorkingDir ?? '',
      hostname: text(Config['Hostname']),
      resources: resourcesOf(HostConfig),
      restart: restartOf(inspected),
      autoRemove: HostConfig.AutoRemove ?? false,
      logDriver: HostConfig.LogConfig?.Type ?? '',
      privileged: HostConfig['Privileged'] === true,
      securityOptions: securityOptionsView(
        HostConfig['SecurityOpt'] as string[] | null | undefined,
        owner.ours ? entry.labels[LABEL_SECCOMP] : undefined,
      ),
    }
  }

  private async creator(row: OwnershipRow | null): Promise<string | null> {
    const user = row?.creator_id ? await this.users.find(row.creator_id) : null
    return user?.username ?? null
  }
}

/** Limits as they are shown. */
export function resourcesOf(host: ContainerInspect['HostConfig']): ContainerResources {
  return { memory: number(host['Memory']), cpus: number(host['NanoCpus']) / NANO, pids: Math.max(number(host['PidsLimit']), 0) }
}

/** The restart policy as it is shown, and its restarts so far. */
export function restartOf({ HostConfig, RestartCount }: ContainerInspect): ContainerRestart {
  const { Name, MaximumRetryCount } = HostConfig.RestartPolicy ?? { Name: 'no' }
  return { policy: Name || 'no', maxRetries: MaximumRetryCount ?? 0, count: RestartCount }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
