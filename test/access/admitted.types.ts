/**
 * Compiled, never run: each `@ts-expect-error` is a way past admission that must not compile. One that would compile is
 * itself an error, so test/contract/grants.spec.ts fails on it.
 */
import {
  admitContainer,
  admitEndpoint,
  admitExec,
  admitNetwork,
  admitUpdate,
  admitVolume,
  BASELINE_POLICY,
  type ContainerParts,
  type HostFacts,
  type ImageFacts,
} from '../../src/admission/index.js'
import type { Admitted } from '../../src/common/admitted.js'
import type { ContainerSpec, ContainerUpdateSpec, Engine, ExecSpec, NetworkSpec, VolumeSpec } from '../../src/engine/index.js'

declare const engine: Engine
declare const id: string
declare const spec: ContainerSpec
declare const parts: ContainerParts & { readonly image: ImageFacts }
declare const admitted: Admitted<ContainerSpec>
declare const host: HostFacts
declare const update: Admitted<ContainerUpdateSpec>
declare const exec: Admitted<ExecSpec>
declare const volume: Admitted<VolumeSpec>
declare const network: Admitted<NetworkSpec>

// the right ones
void engine.containers.create('web', admitContainer(parts, {}))
void engine.exec.create(id, admitExec({ Cmd: ['ls'] }, BASELINE_POLICY))
void engine.volumes.create(admitVolume({ Name: 'v' }, {}))
void engine.containers.update(id, admitUpdate({ resources: { pids: 5 } }, { policy: BASELINE_POLICY, host }))
void engine.networks.connect(id, id, admitEndpoint({ Aliases: ['web'] }))
void engine.networks.create(admitNetwork({ Name: 'n' }, {}))

// @ts-expect-error a body put together elsewhere
void engine.containers.create('web', { Image: 'x' })
// @ts-expect-error the engine's own type of it
void engine.containers.create('web', spec)
// @ts-expect-error the request itself
void engine.containers.create('web', parts.request)
// @ts-expect-error a copy with one field more: the proof is of the whole
void engine.containers.create('web', { Image: 'x', HostConfig: { Privileged: true }, Env: admitted['Env'] })
// @ts-expect-error what was admitted for something else
void engine.containers.create('web', volume)
// @ts-expect-error an exec is no container
void engine.containers.create('web', exec)
// @ts-expect-error limits that nobody judged
void engine.containers.update(id, { Memory: 0 })
// @ts-expect-error a body of limits put together elsewhere
void engine.containers.update(id, { RestartPolicy: { Name: 'always' } })
// @ts-expect-error a change of limits makes no container
void engine.containers.create('web', update)
// @ts-expect-error a command that nobody judged
void engine.exec.create(id, { Cmd: ['sh'], Privileged: true })
// @ts-expect-error a volume of the whole host
void engine.volumes.create({ Name: 'v', DriverOpts: { o: 'bind', device: '/', type: 'none' } })
// @ts-expect-error a network on the host's own card
void engine.networks.create({ Name: 'n', Driver: 'macvlan', Options: { parent: 'eth0' } })
// @ts-expect-error an address and names that nobody judged
void engine.networks.connect(id, id, { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.0.0.1' } })
// @ts-expect-error the key is a symbol that nobody else can name
const forged: Admitted<VolumeSpec> = { Name: 'v', proof: true }
void forged
void network
