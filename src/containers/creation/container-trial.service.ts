import { Injectable } from '@nestjs/common'
import { type Grant, Ownership } from '../../access/index.js'
import { AppError } from '../../common/errors.js'
import { Engine } from '../../engine/index.js'
import { namesOf } from './container-creation.service.js'
import { askingOf, ContainerPreparation } from './container-preparation.js'
import type { CreateContainerBody } from '../dto/create-container.body.js'
import { assertFresh } from './freshness.js'
import { HostPorts } from './host-ports.js'

/** A creation that is only tried: everything that can be known before anything is pulled, claimed or made. */
@Injectable()
export class ContainerTrial {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly preparation: ContainerPreparation,
    private readonly ports: HostPorts,
  ) {}

  /** @throws AppError as the creation would */
  async create(grant: Grant<'ContainerCreate'>, body: CreateContainerBody): Promise<void> {
    const names = namesOf(body)
    await assertFresh(this.engine)
    const asking = askingOf(grant)
    await this.ownership.assertRoom('container', asking.team, names.length)
    for (const name of names) if (name !== undefined) await this.ownership.assertFree('container', name, asking.team)
    const { refusal, imageJudged, ports } = await this.preparation.judge(asking, body)
    if (refusal) throw refusal
    if (!imageJudged && body.pull === 'never') throw new AppError('IMAGE_NOT_PRESENT', { reference: body.image })
    if (ports) await this.ports.assertFree(ports)
  }
}
