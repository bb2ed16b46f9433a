// A pipe between two sockets that looks at nothing: what a process in the middle costs at least. Prints its port.
import { connect, createServer } from 'node:net'
import process from 'node:process'

const server = createServer((client) => {
  const engine = connect(process.argv[2])
  const end = () => {
    client.destroy()
    engine.destroy()
  }
  client.on('error', end).pipe(engine).on('error', end).pipe(client)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
