import { IsBoolean } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { OnlyNew, TerminalParams } from './terminal-params.dto.js'

/** Params of `container.attach`. */
export class AttachParams extends TerminalParams {
  /** Also to a container that does not run yet: nothing of its output is missed then. */
  @Optional()
  @OnlyNew()
  @IsBoolean()
  beforeStart?: boolean
}
