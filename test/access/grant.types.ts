/**
 * Compiled, never run: each `@ts-expect-error` is an attack on the access layer that must not compile. One that would compile
 * is itself an error, so test/contract/grants.spec.ts fails on it.
 */
import type { Grant } from '../../src/access/index.js'
import type { TargetOf } from '../../src/access/index.js'
import { Granted, Operation } from '../../src/http/operation.decorator.js'
import type { SystemService } from '../../src/system/system.service.js'
import type { AuditService } from '../../src/audit/audit.service.js'

declare const system: SystemService
declare const audit: AuditService
declare const version: Grant<'SystemVersion'>
declare const auditList: Grant<'AuditList'>
declare const start: Grant<'ContainerStart'>
declare const list: Grant<'ContainerList'>
declare const anyGrant: Grant<'SystemVersion' | 'AuditList'>

// the right one
void system.version(version)

// @ts-expect-error no grant at all
void system.version()
// @ts-expect-error the grant of another operation
void system.version(auditList)
// @ts-expect-error of an operation with the same permission and target
void system.info(version)
// @ts-expect-error one that is not known to be this operation's
void system.version(anyGrant)
// @ts-expect-error a look-alike
void system.version({
  operation: 'SystemVersion',
  target: { kind: 'host' },
  requestId: '',
  asAdmin: true,
  address: '',
  principal: version.principal,
  holds: () => true,
})
// @ts-expect-error a copy loses the proof
void system.version({ ...version }) // eslint-disable-line typescript/no-misused-spread -- it is what must not pass
// @ts-expect-error null is no proof
void system.version(null)
// @ts-expect-error nor is undefined
void audit.list(undefined, { limit: 1 })

// the target is that of the operation
const pinned: string = start.target.engineId
void list.target.teams[0]?.id
// @ts-expect-error a list has no single object
void list.target.engineId
// @ts-expect-error an object is not a scope
void start.target.teams
// @ts-expect-error grants are not changed
start.operation = 'ContainerStart'
// @ts-expect-error a target is not swapped for another
start.target = { kind: 'container', team: null, uid: null, name: pinned, engineId: pinned }
// @ts-expect-error a container is not a volume
const wrong: TargetOf<'VolumeInspect'> = start.target
void wrong

class Handlers {
  @Operation('SystemVersion')
  right(@Granted() _grant: Grant<'SystemVersion'>): void {}

  // @ts-expect-error the method takes the grant of another operation than the guard decides on
  @Operation('SystemVersion')
  other(@Granted() _grant: Grant<'AuditList'>): void {}

  // @ts-expect-error an operation that is not in the table
  @Operation('ContainerSpy')
  unknown(@Granted() _grant: Grant<'SystemVersion'>): void {}
}
void Handlers
