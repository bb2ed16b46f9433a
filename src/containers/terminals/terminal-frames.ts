/** What comes out of a terminal session, for the AsyncAPI document. */
export const TERMINAL_FRAMES = [
  {
    type: 'object',
    required: ['stream', 'data'],
    properties: {
      stream: { enum: ['stdout', 'stderr'] },
      data: { type: 'string', format: 'binary', description: 'bytes as they came; with a terminal all of it is stdout' },
    },
  },
  {
    type: 'object',
    description: 'who is there now, where others take part',
    required: ['type', 'participants'],
    properties: {
      type: { const: 'participants' },
      participants: {
        type: 'array',
        items: {
          type: 'object',
          required: ['username', 'role'],
          properties: { username: { type: 'string' }, role: { enum: ['owner', 'peer', 'observer'] } },
        },
      },
    },
  },
  {
    type: 'object',
    description: 'size of the terminal, for those who do not set it',
    required: ['type', 'rows', 'cols'],
    properties: { type: { const: 'size' }, rows: { type: 'integer' }, cols: { type: 'integer' } },
  },
]
