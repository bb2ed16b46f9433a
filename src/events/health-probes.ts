import { AppError } from '../common/errors.js'
import type { Engine } from '../engine/index.js'
import type { ReadEvent } from './engine-event.js'

const MOST = 5_000

/**
 * The engine tells three events for each probe of a health check, which is most of what happens on a host that has some, and
 * nothing that anybody asks for: what comes of it is told by `health_status`. A probe is known by its command.
 */
export class HealthProbes {
  /** Container → the command line of its probe; null where it has none. */
  private readonly commands = new Map<string, string | null>()
  private readonly running = new Set<string>()

  constructor(private readonly engine: Engine) {}

  async isProbe({ kind, action, engineId, data }: ReadEvent): Promise<boolean> {
    if (kind !== 'container') return false
    if (action === 'destroy') this.commands.delete(engineId)
    if (data.exec === undefined) return false
    if (action === 'exec_die') return this.running.delete(data.exec)
    if (action === 'exec_create' && data.command === (await this.commandOf(engineId))) bounded(this.running).add(data.exec)
    return this.running.has(data.exec)
  }

  private async commandOf(id: string): Promise<string | null> {
    const known = this.commands.get(id)
    if (known !== undefined) return known
    const command = await this.ask(id)
    bounded(this.commands).set(id, command)
    return command
  }

  private async ask(id: string): Promise<string | null> {
    try {
      const { Config } = await this.engine.containers.inspect(id)
      const { Healthcheck, Shell } = Config as {
        Healthcheck?: { Test?: readonly string[] | null } | null
        Shell?: readonly string[] | null
      }
      const [type, ...words] = Healthcheck?.Test ?? []
      if (type === 'CMD') return words.join(' ')
      return type === 'CMD-SHELL' ? [...(Shell?.length ? Shell : ['/bin/sh', '-c']), ...words].join(' ') : null
    } catch (error) {
      if (error instanceof AppError) return null
      throw error
    }
  }
}

/** The oldest goes: a probe that is forgotten is one event more, no harm. */
function bounded<C extends Set<string> | Map<string, unknown>>(entries: C): C {
  if (entries.size >= MOST) entries.delete(entries.keys().next().value!)
  return entries
}
