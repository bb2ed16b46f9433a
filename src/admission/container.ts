import type { Admitted } from '../common/admitted.js'
import { AppError } from '../common/errors.js'
import type { ContainerInspect, ContainerSpec } from '../engine/index.js'
import type { ContainerRequest, ImageFacts } from './container-request.js'
import { judgeHost, judgeRequest } from './container-rules.js'
import { candidateOf, SHORT_ID, type SpecParts } from './container-spec.js'
import { compareWithEngine } from './fields/compare.js'
import { type Survey, survey } from './fields/judge.js'
import type { JudgeContext } from './fields/rule.js'
import { CONTAINERS } from './fields/tables.js'
import { isReservedLabel } from './labels.js'
import { requestPointer } from './pointers.js'
import { limitsOf, type TeamPolicy } from './policy.js'
import { LABEL_SECCOMP, seccompIn } from './seccomp.js'
import { Verdict } from './verdict.js'

/** The reference that the container was created by; the engine itself only knows the content. */
export const LABEL_IMAGE = 'berth.image'

/** What is judged, by whose policy, and whose containers it may name. */
export interface ContainerParts extends SpecParts {
  readonly policy: TeamPolicy
  /** Full ids that `container:` in the request was resolved to. */
  readonly containers?: ReadonlySet<string>
}

/**
 * Judges what is known of a container before anything is made, pulled or claimed for it; with the image also what that brings in.
 * @throws AppError INVALID_REQUEST, POLICY_DENIED with every violation
 */
export function judgeContainer(parts: ContainerParts): Survey['body'] {
  const verdict = new Verdict(parts.policy.profile)
  judgeRequest(parts.request, verdict)
  judgeHost(parts.request, parts.host, verdict)
  const { spec, pointers } = candidateOf(parts)
  const judgement = { context: contextOf(parts), apiVersion: parts.host.apiVersion }
  const found = survey(CONTAINERS, spec, judgement)
  verdict.add(found, (path) => requestPointer(path, pointers))
  if (parts.image) {
    // Its user was judged with the request's.
    const { imageUser: _judged, ...context } = judgement.context
    const { errors, violations } = survey(CONTAINERS, imageSpec(parts.request, parts.image), { ...judgement, context })
    // An image is one thing to its user: the rule says which part of it.
    for (const { path, rule } of violations) verdict.deny('/image', `its ${path.slice(1)}: ${rule}`)
    for (const { pointer, detail } of errors) verdict.deny('/image', `its ${pointer.slice(1)} ${detail}`)
  }
  verdict.conclude()
  return found.body
}

/**
 * Judges request and image and builds a new body for the engine: nothing of the client's is passed through. `labels` are uid
 * and witness of the new object.
 * @throws AppError INVALID_REQUEST, POLICY_DENIED with every violation
 */
export function admitContainer(
  parts: ContainerParts & { readonly image: ImageFacts },
  labels: Readonly<Record<string, string>>,
): Admitted<ContainerSpec> {
  const body = judgeContainer(parts)
  const hostConfig = body['HostConfig'] as Record<string, unknown>
  return {
    ...body,
    Labels: allLabels(parts, body['Labels'], labels),
    HostConfig: { ...hostConfig, Mounts: withLabels(hostConfig['Mounts'], parts) },
  } as unknown as Admitted<ContainerSpec>
}

/**
 * Holds what the engine says that it made to what was admitted, before it is started.
 * @throws AppError ADMISSION_MISMATCH naming the fields
 */
export function assertAsAdmitted(admitted: Admitted<ContainerSpec>, inspected: ContainerInspect): void {
  const differences = compareWithEngine(CONTAINERS, admitted, inspected)
  if (differences.length === 0) return
  const paths = differences.map(({ path }) => path)
  throw new AppError('ADMISSION_MISMATCH', { paths: paths.join(', ') }, { cause: differences })
}

export function contextOf({ policy, host, mounts, network, image, containers = new Set() }: ContainerParts): JudgeContext {
  return {
    profile: policy.profile,
    granted: policy.granted,
    seccomp: policy.seccomp,
    limits: limitsOf(policy, host),
    own: {
      volumes: mounts.volumes,
      exports: mounts.exports,
      containers,
      networks: new Set(network ? [network.engineName] : []),
      linked: new Set((network?.links ?? []).map(({ containerId }) => containerId.slice(0, SHORT_ID))),
      // Never the engine's own default: that bridge is shared by every team.
      defaultNetwork: network?.engineName ?? 'none',
    },
    ...(image && { imageUser: image.user }),
  }
}

/** What the image says where the request does not. */
function imageSpec(request: ContainerRequest, image: ImageFacts): object {
  const { Test, Interval, Timeout, Retries, StartPeriod } = image.healthcheck ?? {}
  const runs = request.healthcheck === undefined && Array.isArray(Test) && Test[0] !== 'NONE'
  return {
    ...(request.workingDir === undefined && { WorkingDir: image.workingDir }),
    Volumes: Object.fromEntries(image.volumes.map((path) => [path, {}])),
    ...(runs && { Healthcheck: { Test, Interval, Timeout, Retries, StartPeriod } }),
  }
}

/** The image's labels that could pass for ours are set empty, since an image can be made by anybody; the client's and ours follow. */
function allLabels(
  { image, request }: ContainerParts & { readonly image: ImageFacts },
  client: unknown,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const seccomp = seccompIn(request.securityOptions)
  const inherited = Object.keys(image.labels).filter(isReservedLabel)
  return {
    ...Object.fromEntries(inherited.map((key) => [key, ''])),
    ...(client as object | undefined),
    ...own,
    [LABEL_IMAGE]: image.reference,
    ...(seccomp !== undefined && { [LABEL_SECCOMP]: seccomp }),
  }
}

/** An anonymous volume carries its own uid and witness: the engine makes it with these labels, and it goes with the container (measured). */
function withLabels(mounts: unknown, { mounts: { list } }: ContainerParts): object[] {
  return ((mounts as object[] | undefined) ?? []).map((mount, at) => {
    const asked = list[at]
    return asked?.type === 'anonymous' ? { ...mount, VolumeOptions: { Labels: { ...asked.labels } } } : mount
  })
}
