import type { Admitted } from '../common/admitted.js'
import type { ContainerUpdateSpec } from '../engine/index.js'
import type { ContainerRequest, HostFacts } from './container-request.js'
import { judgeHost, judgeRestart } from './container-rules.js'
import { engineResources } from './container-spec.js'
import { survey } from './fields/judge.js'
import { UPDATES } from './fields/tables.js'
import { updatePointer } from './pointers.js'
import { limitsOf, type TeamPolicy } from './policy.js'
import { NOTHING_OWN } from './specs.js'
import { Verdict } from './verdict.js'

/** What of a container may be changed while it lives; what is left out stays as it is. */
export type ContainerUpdateRequest = Pick<ContainerRequest, 'resources' | 'restart'>

/** By whose policy, on which host. */
export interface UpdateParts {
  readonly policy: TeamPolicy
  readonly host: HostFacts
  /** The container is removed at its end, which no restart goes with. */
  readonly autoRemove?: boolean
}

/**
 * Judges a change of limits and restart policy by the rows of its creation, and builds a new body of nothing else.
 * @throws AppError INVALID_REQUEST, POLICY_DENIED with every violation
 */
export function admitUpdate(request: ContainerUpdateRequest, parts: UpdateParts): Admitted<ContainerUpdateSpec> {
  const { policy, host, autoRemove } = parts
  const verdict = new Verdict(policy.profile)
  if (!request.resources && !request.restart) verdict.wrong('', 'must name something to change: resources or restart')
  judgeHost(request, host, verdict)
  judgeRestart(request, verdict)
  if (autoRemove && (request.restart?.policy ?? 'no') !== 'no')
    verdict.wrong('/restart/policy', 'does not go with a container that is removed at its end')
  const context = { profile: policy.profile, granted: policy.granted, limits: limitsOf(policy, host), own: NOTHING_OWN }
  const found = survey(UPDATES, engineResources(request), { context, apiVersion: host.apiVersion })
  verdict.add(found, updatePointer)
  verdict.conclude()
  return found.body as unknown as Admitted<ContainerUpdateSpec>
}
