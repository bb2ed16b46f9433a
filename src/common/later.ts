/** Something that has begun, and its outcome; the edge tells its client of both. A promise of a promise would be one promise. */
export interface Later<T> {
  readonly value: Promise<T>
}
