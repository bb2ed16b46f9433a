import { AppError } from '../../common/errors.js'

/** A Dockerfile that can not be used as it is. */
export function invalidDockerfile(reason: string, line?: number): AppError {
  const errors = line === undefined ? undefined : [{ pointer: `/dockerfile/${line}`, detail: reason }]
  return new AppError('INVALID_DOCKERFILE', { reason: line === undefined ? reason : `line ${line}: ${reason}`, ...(errors && { errors }) })
}
