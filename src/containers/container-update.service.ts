import { Injectable } from '@nestjs/common'
import { type Grant, Quota } from '../access/index.js'
import { admitUpdate, BASELINE_POLICY, TeamPolicies } from '../admission/index.js'
import type { Admitted } from '../common/admitted.js'
import type { ContainerWants } from '../common/quota.js'
import { type ContainerUpdateSpec, Engine } from '../engine/index.js'
import { resourcesOf, restartOf } from './container-details.service.js'
import { ContainerViews } from './container-views.js'
import type { UpdatedContainer } from './dto/container.response.js'
import type { UpdateContainerBody } from './dto/update-container.body.js'
import { assertFresh } from './creation/freshness.js'
import { Host } from './creation/host-facts.js'

/** What of a container can be changed while it lives. */
@Injectable()
export class ContainerUpdates {
  constructor(
    private readonly engine: Engine,
    private readonly policies: TeamPolicies,
    private readonly host: Host,
    private readonly views: ContainerViews,
    private readonly quota: Quota,
  ) {}

  /** At once, also of one that runs. @throws AppError INVALID_REQUEST, POLICY_DENIED, QUOTA_EXCEEDED */
  async update({ target }: Grant<'ContainerUpdate'>, body: UpdateContainerBody): Promise<UpdatedContainer> {
    await assertFresh(this.engine)
    const { containers } = this.engine
    const [policy, host, { HostConfig }] = await Promise.all([
      target.team ? this.policies.of(target.team.id) : BASELINE_POLICY,
      this.host.facts(),
      containers.inspect(target.engineId),
    ])
    const change = admitUpdate(body, { policy, host, autoRemove: HostConfig.AutoRemove ?? false })
    await this.quota.resized(target, wantsOf(change), () => containers.update(target.engineId, change))
    const [view, now] = await Promise.all([this.views.fresh(target), containers.inspect(target.engineId)])
    return Object.assign(view, { resources: resourcesOf(now.HostConfig), restart: restartOf(now) })
  }
}

/** What of the team's quota the change speaks of. */
function wantsOf({ Memory, NanoCpus, PidsLimit }: Admitted<ContainerUpdateSpec>): Partial<ContainerWants> {
  return {
    ...(typeof Memory === 'number' && { memory: Memory }),
    ...(typeof NanoCpus === 'number' && { cpus: NanoCpus / 1e9 }),
    ...(typeof PidsLimit === 'number' && { pids: PidsLimit }),
  }
}
