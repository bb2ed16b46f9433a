/** The engine's words → ours, for what a request can say. The longest that fits counts, and what is below it stays. */
const WORDS: Readonly<Record<string, string>> = {
  '/Image': '/image',
  '/Cmd': '/command',
  '/Entrypoint': '/entrypoint',
  '/Env': '/env',
  '/Tty': '/tty',
  '/OpenStdin': '/openStdin',
  '/User': '/user',
  '/WorkingDir': '/workingDir',
  '/Hostname': '/hostname',
  '/StopSignal': '/stopSignal',
  '/StopTimeout': '/stopTimeout',
  '/Labels': '/labels',
  '/ExposedPorts': '/ports',
  '/Healthcheck': '/healthcheck',
  '/Healthcheck/Test': '/healthcheck/test',
  '/Healthcheck/Interval': '/healthcheck/interval',
  '/Healthcheck/Timeout': '/healthcheck/timeout',
  '/Healthcheck/Retries': '/healthcheck/retries',
  '/Healthcheck/StartPeriod': '/healthcheck/startPeriod',
  '/HostConfig/Privileged': '/privileged',
  '/HostConfig/SecurityOpt': '/securityOptions',
  '/HostConfig/NetworkMode': '/network',
  '/NetworkingConfig': '/network',
  '/HostConfig/PortBindings': '/ports',
  '/HostConfig/Mounts': '/mounts',
  '/HostConfig/RestartPolicy/Name': '/restart/policy',
  '/HostConfig/RestartPolicy/MaximumRetryCount': '/restart/maxRetries',
  '/HostConfig/AutoRemove': '/autoRemove',
  '/HostConfig/Memory': '/resources/memory',
  '/HostConfig/NanoCpus': '/resources/cpus',
  '/HostConfig/PidsLimit': '/resources/pids',
}

/** Last steps below a mount or a port. */
const STEPS: Readonly<Record<string, string>> = {
  '/Type': '/type',
  '/Source': '/source',
  '/Target': '/target',
  '/ReadOnly': '/readOnly',
  '/TmpfsOptions/SizeBytes': '/size',
  '/HostPort': '/host',
  '/HostIp': '/hostIp',
}

/** Where a field of the engine's spec stands in the request; `own` are the places of its mounts and ports. */
export function requestPointer(path: string, own: ReadonlyMap<string, string>): string {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const [head, rest] = [path.slice(0, end), path.slice(end)]
    const place = own.get(head)
    // What came by volumesFrom or the image has no words of its own for its parts.
    if (place !== undefined) return /^\/(mounts|ports)\//.test(place) ? place + (STEPS[rest] ?? rest) : place
    if (Object.hasOwn(WORDS, head)) return WORDS[head]! + rest
  }
  return path
}

/** The same for an update, whose fields stand at the top. */
export function updatePointer(path: string): string {
  return requestPointer(`/HostConfig${path}`, new Map())
}
