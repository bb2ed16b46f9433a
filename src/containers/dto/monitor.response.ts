/** The end of a container that was waited for. */
export class ContainerExit {
  exitCode!: number
  /** Why the code says nothing. */
  error?: string
}

export class CpuUse {
  /** Cores at work. */
  cores!: number
  /** Of one core: 200 is two cores at work. */
  percent!: number
  /** Cores that there are. */
  online!: number
}

export class MemoryUse {
  /** Bytes, without the file cache that the kernel can take back. */
  used!: number
  /** Bytes. */
  limit!: number
  percent!: number
}

export class NetworkUse {
  /** Bytes since its start, over all interfaces. */
  received!: number
  sent!: number
}

export class BlockIoUse {
  /** Bytes since its start. */
  read!: number
  written!: number
}

/** What a running container uses, as the docker CLI computes it. */
export class ContainerUse {
  /** Full id. */
  container!: string
  name!: string
  /** RFC 3339. */
  time!: string
  cpu!: CpuUse
  memory!: MemoryUse
  network!: NetworkUse
  blockIo!: BlockIoUse
  /** Processes and threads. */
  pids!: number
}
