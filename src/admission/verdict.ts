import { AppError, type FieldError, type Violation } from '../common/errors.js'
import type { Survey } from './fields/judge.js'
import type { Profile } from './fields/rule.js'

/** Collects everything that is wrong, so that a client hears of all of it at once. */
export class Verdict {
  private readonly violations: Violation[] = []
  private readonly errors: FieldError[] = []

  constructor(private readonly profile: Profile = 'baseline') {}

  /** The profile does not allow it. The rule says what would, and a safer cure where there is one. */
  deny(path: string, rule: string): void {
    this.violations.push({ path, profile: this.profile, rule })
  }

  /** No profile would make sense of it. */
  wrong(pointer: string, detail: string): void {
    this.errors.push({ pointer, detail })
  }

  /** What the field table found, with its paths in the words of the request. */
  add({ errors, violations }: Pick<Survey, 'errors' | 'violations'>, pointerOf: (path: string) => string): void {
    for (const { pointer, detail } of errors) this.wrong(pointerOf(pointer), detail)
    for (const { path, rule } of violations) this.deny(pointerOf(path), rule)
  }

  /** @throws AppError INVALID_REQUEST for wrong fields, else POLICY_DENIED for violations. */
  conclude(): void {
    const { errors, violations, profile } = this
    if (errors.length > 0)
      throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors, ...(violations.length > 0 && { violations }) })
    if (violations.length > 0) throw new AppError('POLICY_DENIED', { profile, violations })
  }
}
