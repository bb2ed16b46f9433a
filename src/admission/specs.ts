import type { Admitted } from '../common/admitted.js'
import type { EndpointSpec, ExecSpec, NetworkSpec, VolumeSpec } from '../engine/index.js'
import { type FieldTable, survey } from './fields/judge.js'
import type { JudgeContext, Limits, Own } from './fields/rule.js'
import { ENDPOINTS, EXECS, NETWORKS, VOLUMES } from './fields/tables.js'
import { requestPointer } from './pointers.js'
import { BASELINE_POLICY, type TeamPolicy } from './policy.js'
import { Verdict } from './verdict.js'

/** What these specs have none of. */
const NO_LIMITS: Limits = { memory: 0, nanoCpus: 0, pids: 0, portRange: [0, 0], openFiles: 0 }
export const NOTHING_OWN: Own = {
  volumes: new Set(),
  containers: new Set(),
  networks: new Set(),
  linked: new Set(),
  exports: new Map(),
  defaultNetwork: '',
}

type Labels = Readonly<Record<string, string>>

/**
 * A command in a running container. `user` is the container's own, which counts where the spec names none.
 * @throws AppError INVALID_REQUEST, POLICY_DENIED
 */
export function admitExec(spec: ExecSpec, policy: TeamPolicy, user?: string): Admitted<ExecSpec> {
  return admit(EXECS, spec, { policy, ...(user !== undefined && { imageUser: user }) }) as Admitted<ExecSpec>
}

/** A command of the gateway's own, such as the end of another; no team's policy is asked. */
export function admitOwnExec(spec: ExecSpec): Admitted<ExecSpec> {
  return admitExec(spec, BASELINE_POLICY)
}

/** A volume with the labels of the client; `own`, uid and witness, are put over them. @throws AppError POLICY_DENIED */
export function admitVolume(spec: VolumeSpec, own: Labels, policy: TeamPolicy = BASELINE_POLICY): Admitted<VolumeSpec> {
  return withLabels(admit(VOLUMES, spec, { policy }), own) as Admitted<VolumeSpec>
}

/** A network of a team; `own`, uid and witness, are put over its labels. @throws AppError INVALID_REQUEST, POLICY_DENIED */
export function admitNetwork(spec: NetworkSpec, own: Labels, policy: TeamPolicy = BASELINE_POLICY): Admitted<NetworkSpec> {
  return withLabels(admit(NETWORKS, spec, { policy }), own) as Admitted<NetworkSpec>
}

/**
 * A container's place on a network of its team, which it is put on while it lives. `linked` are short ids of containers there
 * that it may have names of its own for.
 * @throws AppError INVALID_REQUEST, POLICY_DENIED
 */
export function admitEndpoint(spec: EndpointSpec, linked: ReadonlySet<string> = new Set()): Admitted<EndpointSpec> {
  return admit(ENDPOINTS, spec, { policy: BASELINE_POLICY, own: { ...NOTHING_OWN, linked } }) as Admitted<EndpointSpec>
}

/** Fields that came with a later engine API than the oldest are not offered in these, so its version does not matter. */
const API_VERSION = '1.41'

interface Asked {
  readonly policy: TeamPolicy
  readonly imageUser?: string
  readonly own?: Own
}

function admit(table: FieldTable, spec: object, { policy, imageUser, own = NOTHING_OWN }: Asked): unknown {
  const { profile, granted } = policy
  const context: JudgeContext = { profile, granted, limits: NO_LIMITS, own, ...(imageUser !== undefined && { imageUser }) }
  const found = survey(table, spec, { context, apiVersion: API_VERSION })
  const verdict = new Verdict(profile)
  verdict.add(found, (path) => requestPointer(path, new Map()))
  verdict.conclude()
  return found.body
}

function withLabels(body: unknown, own: Labels): unknown {
  const { Labels: labels, ...rest } = body as { readonly Labels?: Labels }
  return { ...rest, Labels: { ...labels, ...own } }
}
