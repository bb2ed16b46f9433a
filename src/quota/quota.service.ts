import { Injectable } from '@nestjs/common'
import { type Grant, Quota, type TeamRef } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { QUOTA_RESOURCES, type QuotaLimits } from '../common/quota.js'
import { QuotaStore } from '../store/quota.store.js'
import type { QuotaBody, QuotaLimitsResponse, QuotaResponse } from './dto/quota.dto.js'

/** What teams may use, and use. */
@Injectable()
export class Quotas {
  constructor(
    private readonly store: QuotaStore,
    private readonly quota: Quota,
  ) {}

  inspect(grant: Grant<'QuotaInspect'>): Promise<QuotaResponse> {
    return this.view(grant.target.team)
  }

  /** In place of all limits. Less than is used takes nothing away, and lets nothing more be made. @throws AppError PERMISSION_DENIED */
  async put({ principal, target }: Grant<'QuotaPut'>, body: QuotaBody): Promise<QuotaResponse> {
    // Whatever a role in the team may list: nobody lifts their own team.
    if (principal.hostRole === null) throw new AppError('PERMISSION_DENIED', { permission: 'quotas.manage' })
    const limits = Object.fromEntries(QUOTA_RESOURCES.flatMap((name) => (typeof body[name] === 'number' ? [[name, body[name]]] : [])))
    await this.store.setLimits(target.team.id, limits)
    return this.view(target.team)
  }

  private async view({ id }: TeamRef): Promise<QuotaResponse> {
    const [limits, used] = await Promise.all([this.store.limits(id), this.quota.use(id)])
    return { limits: toLimits(limits), used }
  }
}

function toLimits(limits: QuotaLimits): QuotaLimitsResponse {
  return Object.fromEntries(QUOTA_RESOURCES.map((name) => [name, limits[name] ?? null])) as unknown as QuotaLimitsResponse
}
