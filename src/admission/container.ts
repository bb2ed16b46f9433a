import type { Admitted } from '../common/admitted.js'
import type { ContainerSpec } from '../engine/index.js'
import { type BodyParts, containerBody } from './container-body.js'
import type { ContainerRequest, HostFacts } from './container-request.js'
import { judgeImage, REQUEST_RULES } from './container-rules.js'
import { Verdict } from './verdict.js'

/**
 * Judges what a client asks for before anything is made, pulled or claimed for it.
 * @throws AppError INVALID_REQUEST, POLICY_DENIED with every violation
 */
export function judgeContainer(request: ContainerRequest): void {
  const verdict = new Verdict()
  for (const rule of REQUEST_RULES) rule.judge(request, verdict)
  verdict.conclude()
}

/**
 * Judges request and image and builds a new body for the engine: nothing of the client's is passed through.
 * @throws AppError INVALID_REQUEST, POLICY_DENIED with every violation
 */
export function admitContainer(parts: BodyParts): Admitted<ContainerSpec> {
  const verdict = new Verdict()
  for (const rule of REQUEST_RULES) rule.judge(parts.request, verdict)
  judgeImage(parts.request, parts.image, verdict)
  judgeHost(parts.request, parts.host, verdict)
  verdict.conclude()
  return containerBody(parts) as Admitted<ContainerSpec>
}

function judgeHost({ resources = {} }: ContainerRequest, host: HostFacts, verdict: Verdict): void {
  if ((resources.cpus ?? 0) > host.cpus) verdict.wrong('/resources/cpus', `the host has ${host.cpus}`)
  if ((resources.memory ?? 0) > host.memory) verdict.wrong('/resources/memory', `the host has ${host.memory} bytes`)
}
