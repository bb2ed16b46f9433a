import { Injectable, Logger } from '@nestjs/common'
import { Access, type Grant, scopeOf } from '../access/index.js'
import { AppError, type ErrorCode, type FieldError, toProblem } from '../common/errors.js'
import { ContainerLifecycle } from './container-lifecycle.service.js'
import type { BulkAction, BulkBody } from './dto/bulk.body.js'
import type { BulkItem, BulkReport } from './dto/bulk.response.js'
import type { ContainerSummary } from './dto/container.response.js'

/** How many containers are worked on at the same time. */
const AT_ONCE = 4

const OPTIONS: Readonly<Record<'timeout' | 'signal' | 'force' | 'volumes', readonly BulkAction[]>> = {
  timeout: ['stop', 'restart'],
  signal: ['kill'],
  force: ['remove'],
  volumes: ['remove'],
}

/** What may be done to one container at a time. */
type Single =
  | 'ContainerStart'
  | 'ContainerStop'
  | 'ContainerRestart'
  | 'ContainerKill'
  | 'ContainerPause'
  | 'ContainerUnpause'
  | 'ContainerDelete'

/** Decides about the one container, as if it had been asked for by itself. */
type Decide = <Op extends Single>(operation: Op) => Promise<Grant<Op>>

interface Asked {
  readonly grant: Grant<'ContainerBulk'>
  readonly body: BulkBody
  readonly ending: AbortSignal
}

/**
 * One action on many containers. The right to do so is a right of its own, and each container is decided and recorded by
 * itself besides: nothing can be done in bulk that could not be done one by one.
 */
@Injectable()
export class ContainerBulk {
  private readonly logger = new Logger('containers')

  constructor(
    private readonly access: Access,
    private readonly lifecycle: ContainerLifecycle,
  ) {}

  /** What fails is in the report. When the caller leaves or loses the right, the rest is left as it is. */
  async run(grant: Grant<'ContainerBulk'>, body: BulkBody, ending: AbortSignal): Promise<BulkReport> {
    assertOptions(body)
    const items: BulkItem[] = []
    const queue = [...body.refs.entries()]
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) items[next[0]] = await this.item({ grant, body, ending }, next[1])
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return { items }
  }

  private async item(asked: Asked, ref: string): Promise<BulkItem> {
    const decided: { single?: Grant<Single> } = {}
    const outcome = (result: 'ok' | ErrorCode) => decided.single && this.access.outcome(decided.single, asked.grant.principal, result)
    try {
      asked.ending.throwIfAborted()
      const container = await this.act(asked.body, (operation) => this.decide(asked, { operation, ref, decided }))
      await outcome('ok')
      return { ref, done: true, id: idOf(decided), ...(container && { container }) }
    } catch (error) {
      const problem = toProblem(error, asked.grant.requestId)
      if (problem.status >= 500) this.logger.error({ err: error, requestId: asked.grant.requestId }, problem.detail)
      await outcome(error instanceof AppError ? error.code : 'INTERNAL')
      return { ref, done: false, id: idOf(decided), error: problem }
    }
  }

  /** @throws AppError PERMISSION_DENIED in a team where one may act, but not in bulk */
  private async decide<Op extends Single>(
    { grant, body }: Asked,
    { operation, ref, decided }: { operation: Op; ref: string; decided: { single?: Grant<Single> } },
  ): Promise<Grant<Op>> {
    const { principal, requestId, address } = grant
    const pointer = { ref, ...(body.team !== undefined && { team: body.team }) }
    const single = await this.access.grant({ operation, principal, pointer, requestId, address })
    decided.single = single as unknown as Grant<Single>
    const { team } = decided.single.target
    // of nobody: administrators take these one by one
    if (!team) throw new AppError('NOT_FOUND')
    if (!scopeOf(grant).has(team.id)) throw new AppError('PERMISSION_DENIED', { permission: 'containers.bulk' })
    return single
  }

  private async act({ action, timeout, signal, force, volumes }: BulkBody, decide: Decide): Promise<ContainerSummary | null> {
    const stopping = { ...(timeout !== undefined && { timeout }) }
    switch (action) {
      case 'start':
        return this.lifecycle.start(await decide('ContainerStart'))
      case 'stop':
        return this.lifecycle.stop(await decide('ContainerStop'), stopping)
      case 'restart':
        return this.lifecycle.restart(await decide('ContainerRestart'), stopping)
      case 'kill':
        return this.lifecycle.kill(await decide('ContainerKill'), { ...(signal !== undefined && { signal }) })
      case 'pause':
        return this.lifecycle.pause(await decide('ContainerPause'))
      case 'unpause':
        return this.lifecycle.unpause(await decide('ContainerUnpause'))
      case 'remove':
        await this.lifecycle.remove(await decide('ContainerDelete'), { force: force ?? false, volumes: volumes ?? false })
        return null
    }
  }
}

function idOf({ single }: { readonly single?: Grant<Single> }): string | null {
  return single?.target.engineId ?? null
}

/** @throws AppError INVALID_REQUEST for an option that the action has no use for */
function assertOptions(body: BulkBody): void {
  const errors: FieldError[] = []
  for (const [option, actions] of Object.entries(OPTIONS) as [keyof typeof OPTIONS, readonly BulkAction[]][])
    if (body[option] !== undefined && !actions.includes(body.action))
      errors.push({ pointer: `/${option}`, detail: `is an option of ${actions.join(' and ')}` })
  if (errors.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors })
}
