import { applyDecorators } from '@nestjs/common'
import { IsOptional, ValidateIf } from 'class-validator'

/** May be left out. Unlike `@IsOptional()` it lets no null through, which code that asks for undefined would take for a value. */
export const Optional = () => applyDecorators(ValidateIf((_, value) => value !== undefined))

/** May be left out, or null to take away what is there. */
export const OptionalOrNull = () => IsOptional()
