import { applyDecorators } from '@nestjs/common'
import { ValidateIf } from 'class-validator'

/** May be left out. Unlike `@IsOptional()` it lets no null through, which code that asks for undefined would take for a value. */
export const Optional = () => applyDecorators(ValidateIf((_, value) => value !== undefined))
