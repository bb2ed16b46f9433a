import type { ErrorCode } from '../common/errors.js'

/*
 * The engine's texts that are recognised, from 20.10 to 29; the engine has no codes. Order matters: the first match counts.
 * The wording of moby: daemon/{delete,kill,start,exec,rename,names,images}.go, libnetwork/error.go, runc's own.
 */

/** The reason of a conflict that another subnet can avoid. */
export const SUBNET_OVERLAPS = 'the subnet overlaps with another network'

/** The reason why sizes can't be had at this moment. */
export const MEASURING = 'the engine is measuring its disk already'

/** The reason of what a container that goes is asked for. */
export const REMOVING = 'the container is being removed'

/** How a forced removal fails where the container ends in the same moment, and one whose files are still let go of: again, and it succeeds. */
export const REMOVAL_RACE = /could not kill running container .* is not running|unable to remove filesystem/i

/** The reason why what differs from an image can't be said: the engine gives up at a file that is gone when it gets there. */
export const VANISHING = 'files of the container go while they are compared: try again, or pause it first'
/** As its walk says it: "lstat …", "open …" or "readdirent: no such file or directory". */
export const VANISHED = /no such file or directory$/i

/** Conflicts, whatever status the engine gives them (409, but also 403 and 500). */
export const CONFLICTS: readonly (readonly [RegExp, ErrorCode, string?])[] = [
  [
    /container name "?\S+ is already in use|network with name \S+ already exists|a volume named \S+ already exists|volume name .* already (in use|exists)/i,
    'NAME_IN_USE',
  ],
  [/cannot remove a running container|cannot remove container .* container is running/i, 'CONTAINER_RUNNING'],
  [
    /cannot remove a paused container|cannot remove container .* container is paused|is paused[,;.] ?unpause|cannot start a paused container|cannot (restart|update) a paused|is already paused|is paused$/i,
    'CONTAINER_PAUSED',
  ],
  // the second one is runc's own, when another unpause was faster
  [/is not paused|container not paused/i, 'CONFLICT', 'the container is not paused'],
  [/is restarting/i, 'CONFLICT', 'the container is restarting'],
  [/removal of container \S+ is already in progress|marked for removal/i, 'CONFLICT', REMOVING],
  // from "cannot" on it ended between the engine's look and the call: containerd's, runc's, and that of a shim that is gone
  [
    /container \S* ?is not running|container not running|is not running$|cannot (pause|resume) a stopped container|unable to get all container pids|ttrpc: closed/i,
    'CONTAINER_NOT_RUNNING',
  ],
  [/exec \S+ has already (run|started)|exec command \S+ is already running/i, 'CONFLICT', 'the command was started before'],
  [/is using its referenced image|image is being used by|must be forced\) - container/i, 'IMAGE_IN_USE'],
  [/image is referenced in (multiple|one or more) repositories/i, 'CONFLICT', 'the image has several references'],
  [/has dependent child images/i, 'CONFLICT', 'other images are made from the image'],
  [/volume is in use|remove \S+: volume .* in use/i, 'CONFLICT', 'the volume is in use'],
  [/has active endpoints/i, 'CONFLICT', 'the network has connected containers'],
  [
    /endpoint with name \S+ already exists in network|already attached to network/i,
    'CONFLICT',
    'the container is connected to the network already',
  ],
  [/is not connected to( the)? network/i, 'CONFLICT', 'the container is not connected to the network'],
  [/disk usage operation is already running/i, 'CONFLICT', MEASURING],
  // runc's, where the kernel does not take a limit below what is used (cgroup v1)
  [/unable to set memory limit to \d+ \(current usage/i, 'CONFLICT', 'the container uses more memory than that now'],
  [/^address already in use$/i, 'CONFLICT', 'another container has the address'],
  [/one of the networks in private \(none\) mode/i, 'CONFLICT', 'the container was made without a network'],
  [
    /sharing network namespace with another container|(connected|disconnected) (to|from) host network/i,
    'CONFLICT',
    'the container uses the network of another container or of the host',
  ],
  [/pool overlaps with other one|networks have overlapping IPv4/i, 'CONFLICT', SUBNET_OVERLAPS],
  [/non-overlapping IPv4 address pool|all predefined address pools have been fully subnetted/i, 'CONFLICT', 'the host has no free subnets'],
]

/** Why a start failed, in our words. Also what a create or an update may be refused for. */
export const START_REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /executable file not found|exec: "[^"]*": stat [^:]+: no such file or directory|exec [^:]+: no such file or directory/i,
    'command not found',
  ],
  [/no command specified/i, 'no command given and the image has none'],
  [/exec: "[^"]*": (permission denied|is a directory)|exec [^:]+: permission denied/i, 'the command may not be executed'],
  [/exec format error/i, 'the command is not made for this machine'],
  [/chdir to cwd|mkdir .*cwd|cannot mkdir: |working directory .* is invalid/i, 'the working directory can not be used'],
  [/unable to find (user|group)|no matching entries in (passwd|group) file/i, 'the user or group does not exist in the image'],
  [
    /not a directory: (unknown|.*mount a directory onto a file)|trying to mount a directory onto a file/i,
    'a directory is mounted on a file or the other way round',
  ],
  [/bind source path does not exist|error mounting|invalid mount config/i, 'a mount can not be made'],
  [/unable to apply caps|operation not permitted/i, 'the host does not permit what it asks for'],
  [/memory limit too low|oom-?killed/i, 'the memory limit is too low'],
  [/minimum memory limit/i, 'the memory limit is below the minimum'],
  [/no space left on device/i, 'no space left on device'],
  [/address already in use/i, 'the address is in use'],
  [
    /cannot join network of a non running container|joining network namespace|is not running/i,
    'the container that it joins is not running',
  ],
  [/^no such container/i, 'the container that it joins does not exist'],
  [/network \S+ not found|could not find a network/i, 'a network does not exist'],
  [/could not select device driver|unknown runtime/i, 'the host lacks a device or runtime'],
  [/cgroup/i, 'the limits can not be set'],
  [/permission denied/i, 'permission denied'],
]

/** Why files could not be copied; moby: daemon/archive.go and pkg/archive. */
export const COPY_REASONS: readonly (readonly [RegExp, string])[] = [
  [/rootfs is marked read-only/i, 'the file system of the container is read-only'],
  [/volume is marked read-only|read-only file system/i, 'what is mounted there is read-only'],
  [/cannot overwrite (non-)?directory|cannot overwrite .* with/i, 'a folder would be replaced by a file, or a file by a folder'],
  [/extraction point is not a directory|not a directory/i, 'the path is not a folder'],
  [/file name too long/i, 'the path is too long'],
  // the second one is moby's own, which counts folders too
  [/too many levels of symbolic links|too many links/i, 'the path leads over too many links or folders'],
  [/device or resource busy/i, 'something is mounted there'],
  [/is not running/i, 'the container is not running'],
]

/** Why a pull or push failed. */
export const TRANSFER_REASONS: readonly (readonly [RegExp, string])[] = [
  [/no space left on device/i, 'no space left on device'],
  [
    /unauthorized|authentication required|denied: requested access|no basic auth credentials|incorrect username or password/i,
    'the registry refuses the credentials or has no such image',
  ],
  [
    /pull access denied|manifest (for .* )?(unknown|not found)|repository .* not found|name unknown|not found: manifest|requested access to the resource is denied/i,
    'the registry has no such image or refuses the credentials',
  ],
  [
    /no matching manifest|does not match the specified platform|does not match the expected platform/i,
    'the image is not made for this platform',
  ],
  [/toomanyrequests|rate limit/i, 'the registry limits requests'],
  [/an image does not exist locally|tag does not exist|no such image/i, 'the image is not present'],
]

/** Why an archive or a build was not taken (pkg/archive, image/tarexport, builder/dockerfile of moby). */
export const ARCHIVE_REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /unexpected EOF|invalid tar header|archive\/tar|unrecognized (image|archive) format|unsupported .*archive/i,
    'it is not a whole tar archive',
  ],
  [
    /file not found in build context|forbidden path outside the build context|no source files were specified/i,
    'a source is not in the context',
  ],
  [/dockerfile parse error|unknown instruction|unknown flag|requires (at least|exactly)/i, 'an instruction is not understood'],
  [/returned a non-zero code/i, 'a command failed'],
  [/invalid (from flag value|change|containerPort|user|env)|is not a valid change command/i, 'a value is not valid'],
]
