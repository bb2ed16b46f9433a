import { Injectable } from '@nestjs/common'
import { AppError, type Violation } from '../common/errors.js'
import { TeamNetworks } from '../common/team-network.js'
import { Config } from '../config/config.js'
import { type BuildOptions, Engine } from '../engine/index.js'
import type { JobContext } from '../jobs/index.js'
import { inflated } from './archive/inflate.js'
import { BuildContext } from './build/build-context.js'
import { BuildLeftovers } from './build/build-leftovers.js'
import { BuildLog } from './build/build-log.js'
import { type BaseImage, planBuild } from './build/build-plan.js'
import { isDangling } from '../common/dangling-image.js'
import type { BuildImageQuery } from './dto/build.query.js'
import { type Destination, type Made, NewContent } from './new-content.js'
import type { TagName } from './scratch.js'
import { TeamImageSource } from './team-image-source.js'
import { isImageId, TeamImages } from './team-images.js'
import { sending } from './upload.js'

/** What to build, and for whom. */
export interface BuildRequest {
  readonly team: { readonly id: string; readonly name: string }
  readonly query: BuildImageQuery
  readonly to: Destination
  readonly buildArgs: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, string>
  /** Bases that the team does not have. */
  readonly mayPull: boolean
  readonly noCommands?: Pick<Violation, 'profile' | 'rule'>
}

const GIB = 1024 ** 3
const DEFAULTS = { memory: 2 * GIB, cpus: 2 } as const
/** A list of more would make the engine look for long, and find little more. */
const MOST_CACHES = 100

/** Builds for one team, with the engine's classic builder: what it may use is said by us, in a Dockerfile of ours. */
@Injectable()
export class Builder {
  private readonly limit: number

  constructor(
    private readonly engine: Engine,
    private readonly content: NewContent,
    private readonly images: TeamImages,
    private readonly source: TeamImageSource,
    private readonly networks: TeamNetworks,
    private readonly leftovers: BuildLeftovers,
    config: Config,
  ) {
    this.limit = config.BERTH_ARCHIVE_BYTES
  }

  /** @throws AppError ARCHIVE_REFUSED, INVALID_DOCKERFILE, POLICY_DENIED, BUILD_FAILED, DISK_FULL and those of a pull */
  build(request: BuildRequest, job: JobContext, chunks: AsyncIterable<Uint8Array>): Promise<Made> {
    return this.leftovers.around(() => this.content.make(request.to, job, (tag) => this.run(request, { tag, job, chunks })))
  }

  private async run(
    request: BuildRequest,
    { tag, job, chunks }: { tag: TagName; job: JobContext; chunks: AsyncIterable<Uint8Array> },
  ): Promise<string> {
    const log = new BuildLog(job.report, request.buildArgs)
    const context = new BuildContext(inflated(chunks, this.limit), request.query.dockerfile ?? 'Dockerfile')
    const options = await this.options(request, { dockerfile: context.dockerfile, signal: job.signal })
    const rewrite = async (dockerfile: Buffer): Promise<string> => {
      const plan = await this.plan(dockerfile, request, job)
      log.plan = plan
      return plan.dockerfile
    }
    const id = await sending(context.chunks(rewrite), (tar) => this.follow(tar, options, log))
    // named at once, by what is taken away again whatever happens
    await this.engine.images.tag(id, tag)
    job.signal.throwIfAborted()
    await this.assertOurs(id)
    return id
  }

  /** Until the engine says what the last stage has become. Then it takes the context away, 0.2 s for a gigabyte, and nobody has to wait for that. */
  private async follow(tar: AsyncIterable<Uint8Array>, options: BuildOptions, log: BuildLog): Promise<string> {
    const events = this.engine.builds.run(tar, options)
    try {
      while (log.made === undefined) {
        const turn = await events.next()
        if (turn.done === true) break
        log.take(turn.value)
        assertReadAlike(log, options)
      }
      log.end('done')
    } catch (error) {
      log.end('failed')
      await events.return(undefined)
      throw withStep(error, log)
    }
    if (log.made === undefined) throw new AppError('BUILD_FAILED', { reason: 'the engine does not say what it made' })
    void leftAlone(events)
    return log.made
  }

  private plan(dockerfile: Buffer, { team, to, query, buildArgs, mayPull, noCommands }: BuildRequest, job: JobContext) {
    const policy = mayPull ? (query.pull === true ? 'always' : 'missing') : 'never'
    const image = async (reference: string): Promise<BaseImage> => {
      const wanted = { team, reference, policy, requestId: '', userId: to.creatorId } as const
      const { contentId } = await this.source.get(wanted, job)
      const { Config: config } = await this.engine.images.inspect(contentId)
      return {
        contentId,
        env: config?.Env ?? [],
        workingDir: config?.WorkingDir ?? '',
        onBuild: (config?.['OnBuild'] as string[] | null | undefined) ?? [],
        labels: config?.Labels ?? {},
      }
    }
    return planBuild(dockerfile, { buildArgs, target: query.target, mark: this.leftovers.mark, image, noCommands })
  }

  private async options(request: BuildRequest, known: Pick<BuildOptions, 'dockerfile' | 'signal'>): Promise<BuildOptions> {
    const { team, query, buildArgs, labels } = request
    const { MemTotal, NCPU } = await this.engine.system.info()
    return {
      ...known,
      target: query.target,
      buildArgs: Object.fromEntries(buildArgs),
      labels: Object.fromEntries(labels),
      network: query.network === 'none' ? 'none' : (await this.networks.defaultFor(team)).engineName,
      cacheFrom: query.noCache === true ? [] : await this.caches(team.id, query.cacheFrom),
      memory: Math.min(query.memory ?? DEFAULTS.memory, MemTotal),
      cpus: Math.min(query.cpus ?? DEFAULTS.cpus, NCPU),
    }
  }

  /** Contents of the team's own references, the newest first; the library's and other teams' are none of its making. */
  private async caches(teamId: string, named: readonly string[] | undefined): Promise<string[]> {
    if (named) return Promise.all(named.map(async (ref) => (await this.own(teamId, ref)).content_id))
    const rows = (await this.images.all(teamId)).filter((row) => !isDangling(row)).sort((a, b) => (a.created_at < b.created_at ? 1 : -1))
    return [...new Set(rows.map((row) => row.content_id))].slice(0, MOST_CACHES)
  }

  private async own(teamId: string, ref: string) {
    const row = await this.images.find(teamId, ref).catch(() => null)
    if (row?.team_id === teamId) return row
    const detail = isImageId(ref) ? 'the team has no such image' : `the team has no image ${ref.slice(0, 300)}`
    throw new AppError('INVALID_REQUEST', { reason: 'a cache is no image of the team', errors: [{ pointer: '/query/cacheFrom', detail }] })
  }

  /** Nothing in it says that a container of it were somebody's. */
  private async assertOurs(id: string): Promise<void> {
    const { Config: config } = await this.engine.images.inspect(id)
    const ours = Object.entries(config?.Labels ?? {}).find(([key, value]) => /^berth\./i.test(key) && value !== '')
    if (ours) throw new AppError('BUILD_FAILED', { reason: `it sets the label ${ours[0].slice(0, 100)}, and labels berth.* are reserved` })
  }
}

/**
 * What was judged is what is built: an instruction that the engine joins to another would be missing in its count, which it tells before it does anything.
 * It takes each label for one more.
 */
function assertReadAlike({ total, plan }: BuildLog, { labels }: BuildOptions): void {
  if (total === undefined || total === plan.steps.length + Object.keys(labels).length) return
  throw new AppError('BUILD_FAILED', { reason: 'the engine reads the Dockerfile differently than the gateway: write it in a simpler way' })
}

/** What the engine does after its work is done, to its end: a connection that is closed would be a build that is given up. */
async function leftAlone(events: AsyncGenerator): Promise<void> {
  while (!(await events.next().catch(() => ({ done: true }))).done);
}

/** The engine's text has the command itself; ours names the step. */
function withStep(error: unknown, log: BuildLog): unknown {
  if (!(error instanceof AppError) || error.code !== 'BUILD_FAILED') return error
  const { reason } = error.details
  const [, exit] = /returned a non-zero code: (\d+)/.exec(typeof error.cause === 'string' ? error.cause : '') ?? []
  const text = exit === undefined ? `${String(reason)} (${log.present})` : `${log.present} ended with exit code ${exit}`
  return new AppError('BUILD_FAILED', { reason: text }, { cause: error.cause })
}
