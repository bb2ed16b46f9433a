/**
 * Runs inside a namespace and connects what comes in on a unix socket to a TCP port there: unix sockets cross network
 * namespaces, ports do not. The first line is `HOST PORT`; the answer is `ok`, or the error's code, then bytes.
 */
import { connect, createServer, type Socket } from 'node:net'

const [path] = process.argv.slice(2)

function serve(client: Socket): void {
  let head = ''
  client.on('error', () => client.destroy())
  client.on('readable', onHead)
  function onHead(): void {
    for (let byte: Buffer | null; (byte = client.read(1) as Buffer | null);) {
      if (byte[0] === 10) {
        client.off('readable', onHead)
        return join(client, head)
      }
      head += byte.toString('latin1')
    }
  }
}

function join(client: Socket, target: string): void {
  const [host = '', port = ''] = target.split(' ')
  const server = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true })
  const refuse = (error: NodeJS.ErrnoException) => client.end(`${error.code ?? 'ERROR'}\n`)
  server.once('error', refuse)
  server.once('connect', () => {
    server.off('error', refuse)
    // one side's reset becomes the other's end; a unix socket has no reset, and asking it for one throws
    server.on('error', () => client.destroy())
    client.on('error', () => server.resetAndDestroy())
    client.on('close', () => server.destroy())
    client.write('ok\n')
    client.pipe(server)
    server.pipe(client)
  })
}

createServer({ allowHalfOpen: true }, serve).listen(path)
