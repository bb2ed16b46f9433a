import { Transform } from 'class-transformer'

/** `true` and `false` of a query. */
export const flag = Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value))

/** A query parameter that may be given several times. */
export const many = Transform(({ value }) => (value === undefined || Array.isArray(value) ? value : [value]))
