import { Injectable } from '@nestjs/common'
import { IsString, MaxLength } from 'class-validator'
import { type Grant, scopeOf } from '../../access/index.js'
import { Optional } from '../../common/optional.js'
import { type OpenStream, type StreamContext, StreamKind, type StreamSource } from '../../streams/source.js'
import { WatchFeed } from './watch-feed.js'

export class WatchParams {
  /** Name or id of one team; all of the caller's when left out. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string
}

const FRAMES = [
  {
    type: 'object',
    description: 'a container as it is now, with the fields of a list over REST: first each that there is, then whatever changes',
    required: ['type', 'container'],
    properties: { type: { const: 'container' }, container: { type: 'object' } },
  },
  {
    type: 'object',
    description: 'a container that is no more, or no more in these teams',
    required: ['type', 'id', 'name', 'team'],
    properties: { type: { const: 'removed' }, id: { type: 'string' }, name: { type: 'string' }, team: { type: 'string' } },
  },
  {
    type: 'object',
    description: 'following: what was told is all that there is; engine_unavailable: it is the last that is known',
    required: ['type', 'state'],
    properties: { type: { const: 'state' }, state: { enum: ['following', 'engine_unavailable'] } },
  },
]

/** `containers.watch`: the list of containers that keeps itself up to date. The engine is never asked for it. */
@Injectable()
@StreamKind({
  kind: 'containers.watch',
  operation: 'ContainerWatch',
  params: WatchParams,
  summary: 'The list of containers, and its changes',
  frames: FRAMES,
})
export class WatchStream implements StreamSource<'ContainerWatch', WatchParams> {
  constructor(private readonly feed: WatchFeed) {}

  pointers({ team }: WatchParams) {
    return [{ team }]
  }

  open(
    [grant]: readonly Grant<'ContainerWatch'>[],
    _params: WatchParams,
    { signal }: StreamContext<'ContainerWatch'>,
  ): Promise<OpenStream> {
    const teams = [...scopeOf(grant!).values()]
    return Promise.resolve({ ack: { teams: teams.map(({ name }) => name) }, output: this.feed.follow(teams, signal) })
  }
}
