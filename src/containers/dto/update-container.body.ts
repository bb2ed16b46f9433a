import { Type } from 'class-transformer'
import { IsObject, ValidateNested } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { ResourcesBody, RestartBody } from './container-parts.body.js'

/** What is to be changed; what is left out stays as it is. */
export class UpdateContainerBody {
  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => ResourcesBody)
  resources?: ResourcesBody

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => RestartBody)
  restart?: RestartBody
}
