/** A hundred objects of another team, named so that whoever confuses two teams is found out. */
import type { Field } from '../../adversarial/support/field.js'

/** As alpha calls its own. */
const SAME = { containers: ['web', 'idle'], volumes: ['data'], networks: ['inner'], images: ['mine:1'] }

/** Makes them as bob, some at a time; answers how many. */
export async function crowd(field: Field): Promise<number> {
  const bob = field.actor('bob')
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i).padStart(2, '0'))
  const containers = [...SAME.containers, ...numbers(34).map((i) => `web-${i}`)]
  const volumes = [...SAME.volumes, ...numbers(35).map((i) => `data-${i}`)]
  const networks = [...SAME.networks, ...numbers(4).map((i) => `inner-${i}`)]
  const images = [...SAME.images, ...numbers(22).map((i) => `mine:1-${i}`)]
  const { secrets } = field
  const made = [
    ...networks.map((name) => () => bob.ok('POST', '/networks', { name, labels: { secret: secrets.label } })),
    ...volumes.map((name) => () => bob.ok('POST', '/volumes', { name, labels: { secret: secrets.volumeLabel, stage: 'test' } })),
    ...images.map((target) => () => bob.ok('POST', '/images/tag', { source: field.names.image, target })),
    ...containers.map(
      (name, i) => () =>
        bob.ok('POST', `/containers${i < 3 ? '?start=true' : ''}`, {
          name,
          image: 'busybox:1',
          command: ['sh', '-c', 'echo $SECRET; exec sleep 3600'],
          env: [`SECRET=${secrets.env}`],
          labels: { secret: secrets.label, stage: 'test' },
          ...(i % 5 === 0 && { mounts: [{ type: 'volume', source: `data-${String(i).padStart(2, '0')}`, target: '/data' }] }),
        }),
    ),
  ]
  for (let at = 0; at < made.length; at += 4) await Promise.all(made.slice(at, at + 4).map((make) => make()))
  return made.length
}
