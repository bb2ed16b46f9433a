import { AppError, type FieldError, type Violation } from '../common/errors.js'

/** The only profile there is until the admission issue: ordinary images run, nothing of the host is reachable. */
export const BASELINE = 'baseline'

/** Collects everything that is wrong, so that a client hears of all of it at once. */
export class Verdict {
  private readonly violations: Violation[] = []
  private readonly errors: FieldError[] = []

  /** The profile does not allow it. The rule says what would, and a safer cure where there is one. */
  deny(path: string, rule: string): void {
    this.violations.push({ path, profile: BASELINE, rule })
  }

  /** No profile would make sense of it. */
  wrong(pointer: string, detail: string): void {
    this.errors.push({ pointer, detail })
  }

  /** @throws AppError INVALID_REQUEST for wrong fields, else POLICY_DENIED for violations. */
  conclude(): void {
    const { errors, violations } = this
    if (errors.length > 0)
      throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors, ...(violations.length > 0 && { violations }) })
    if (violations.length > 0) throw new AppError('POLICY_DENIED', { profile: BASELINE, violations })
  }
}
