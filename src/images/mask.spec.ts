import { describe, expect, it } from 'vitest'
import { maskValues } from './mask.js'

describe('maskValues', () => {
  it.each([
    ['ENV TOKEN=s3cret', 'ENV TOKEN=***'],
    ['ENV A=s3cret B="s3cret s3cret" C=\'s3cret\'', 'ENV A=*** B=*** C=***'],
    ['ENV TOKEN s3cret', 'ENV TOKEN ***'],
    ['/bin/sh -c #(nop)  ENV TOKEN=s3cret', '/bin/sh -c #(nop)  ENV TOKEN=***'],
    ['ARG TOKEN=s3cret', 'ARG TOKEN=***'],
    ['|1 TOKEN=s3cret /bin/sh -c make', '|TOKEN=*** /bin/sh -c make'],
    ['|2 A=s3cret B=s3cret with s3cret /bin/sh -c echo A=1', '|A=*** B=*** /bin/sh -c echo A=1'],
    ['|1 A=s3cret', '|A=***'],
    ['COPY version /app/version', 'COPY version /app/version'],
    ['/bin/sh -c apt-get install x=1', '/bin/sh -c apt-get install x=1'],
  ])('%s', (command, masked) => {
    expect(maskValues(command)).toBe(masked)
    expect(maskValues(command)).not.toContain('s3cret')
  })
})
