// Pulls an image with a progress bar for each layer: npm run example -- pull ubuntu:24.04 [team]
import { args, client, failed, streams } from './connect.mjs'

const [reference, team] = args('pull <reference> [team]', 1)
const WIDTH = 30

/** `3f1a… [██████······] 12.3 MB` */
function bar({ id, status, current, total }) {
  const share = total ? current / total : status === 'done' || status === 'exists' ? 1 : 0
  const full = Math.round(share * WIDTH)
  return `${id.slice(0, 16).padEnd(16)} [${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}] ${status}`
}

try {
  const job = await client.call('ImageCreate', { body: { reference, ...(team && { team }) } })
  const steps = new Map()
  let drawn = 0
  for await (const record of await streams.open('job.progress', { job: job.id })) {
    for (const step of record.step ? [record.step] : (record.job?.steps ?? [])) steps.set(step.id, step)
    if (record.job?.error) throw Object.assign(new Error(record.job.error.detail), { hint: record.job.error.hint })
    if (!process.stdout.isTTY) continue
    // over what was drawn before
    process.stdout.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${[...steps.values()].map((step) => `\u001b[2K${bar(step)}\n`).join('')}`)
    drawn = steps.size
  }
  if (!process.stdout.isTTY) for (const step of steps.values()) console.log(bar(step))
  console.log(`${reference} is there`)
} catch (error) {
  failed(error)
} finally {
  streams.close()
}
