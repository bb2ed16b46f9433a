import { describe, expect, it } from 'vitest'
import { AppError } from '../common/errors.js'
import { assertChanges } from './changes.js'

const faults = (...changes: string[]) => {
  try {
    assertChanges(changes)
    return []
  } catch (error) {
    return (error as AppError).details.errors!.map(({ pointer }) => pointer)
  }
}

describe('assertChanges', () => {
  it.each([
    'CMD ["sh", "-c", "a"]',
    'cmd sh',
    'ENTRYPOINT ["/x"]',
    'ENV a=b c="d e"',
    'EXPOSE 80/tcp',
    'LABEL a=b',
    'USER 1000:1000',
    'WORKDIR /x',
    'VOLUME /data',
    'LABEL x=berth.uid',
  ])('takes %s', (change) => expect(faults(change)).toEqual([]))

  it.each([
    'RUN id',
    'COPY --from=x /a /b',
    'ADD http://x /',
    'FROM x',
    'ONBUILD RUN id',
    'HEALTHCHECK CMD x',
    'SHELL ["x"]',
    'CMD',
    '',
    'ENV a=b\nRUN id',
    'ENV a=b\rRUN id',
    'ENV a=b \\',
    'ENV a=b `',
    'ENV a=\0',
    'LABEL berth.uid=x',
    'LABEL a=b "berth.uid"=x',
    'LABEL b"erth".uid=x',
    'LABEL b\\erth.uid=x',
    'LABEL $X.uid=x',
    'LABEL BERTH.uid=x',
    ' CMD x',
    '# escape=`',
  ])('refuses %j', (change) => expect(faults('CMD x', change)).toEqual(['/changes/1']))
})
