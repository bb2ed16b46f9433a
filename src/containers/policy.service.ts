import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { TeamPolicies } from '../admission/index.js'
import { askingOf, ContainerPreparation } from './creation/container-preparation.js'
import type { PolicyCheckBody, PolicyVerdict } from './dto/policy.dto.js'

/** Answers by the same judgement that a creation gets; nothing is made, claimed or pulled for it. */
@Injectable()
export class PolicyChecks {
  constructor(
    private readonly preparation: ContainerPreparation,
    private readonly policies: TeamPolicies,
  ) {}

  /** @throws AppError INVALID_REFERENCE of the image, engine errors */
  async check(grant: Grant<'PolicyCheck'>, { spec }: PolicyCheckBody): Promise<PolicyVerdict> {
    const { profile } = await this.policies.of(grant.target.team.id)
    const { refusal, imageJudged } = await this.preparation.judge(askingOf(grant), spec)
    const { violations = [], errors = [] } = refusal?.details ?? {}
    return { allowed: refusal === null, profile, imageJudged, violations: [...violations], errors: [...errors] }
  }
}
