import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { admitUpdate, BASELINE_POLICY, TeamPolicies } from '../admission/index.js'
import { Engine } from '../engine/index.js'
import { resourcesOf, restartOf } from './container-details.service.js'
import { ContainerViews } from './container-views.js'
import type { UpdatedContainer } from './dto/container.response.js'
import type { UpdateContainerBody } from './dto/update-container.body.js'
import { assertFresh } from './freshness.js'
import { Host } from './host-facts.js'

/** What of a container can be changed while it lives. */
@Injectable()
export class ContainerUpdates {
  constructor(
    private readonly engine: Engine,
    private readonly policies: TeamPolicies,
    private readonly host: Host,
    private readonly views: ContainerViews,
  ) {}

  /** At once, also of one that runs. @throws AppError INVALID_REQUEST, POLICY_DENIED */
  async update({ target }: Grant<'ContainerUpdate'>, body: UpdateContainerBody): Promise<UpdatedContainer> {
    await assertFresh(this.engine)
    const { containers } = this.engine
    const [policy, host, { HostConfig }] = await Promise.all([
      target.team ? this.policies.of(target.team.id) : BASELINE_POLICY,
      this.host.facts(),
      containers.inspect(target.engineId),
    ])
    await containers.update(target.engineId, admitUpdate(body, { policy, host, autoRemove: HostConfig.AutoRemove ?? false }))
    const [view, now] = await Promise.all([this.views.fresh(target), containers.inspect(target.engineId)])
    return Object.assign(view, { resources: resourcesOf(now.HostConfig), restart: restartOf(now) })
  }
}
