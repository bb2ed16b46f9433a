import type { Admitted } from '../../src/common/admitted.js'

/** A spec that admission never saw: for tests of the engine part alone, and for what is made beside the gateway. */
export function unjudged<T>(spec: T): Admitted<T> {
  return spec as Admitted<T>
}
