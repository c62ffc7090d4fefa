/** The Debian packages that Electron, a virtual display, a keyring and packaging need. Other systems bring theirs or say what is missing. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** What Chromium links against, and libsecret for `safeStorage`. */
const RUN = [
  'libasound2',
  'libatk-bridge2.0-0',
  'libatspi2.0-0',
  'libdrm2',
  'libgbm1',
  'libgtk-3-0',
  'libnotify4',
  'libnss3',
  'libsecret-1-0',
  'libxss1',
  'libxtst6',
]

/** A machine without a screen: display, session bus and a throw-away keyring. */
const HEADLESS = ['dbus', 'dbus-x11', 'gnome-keyring', 'xauth', 'xvfb']

/**
 * `p7zip-full` builds the deb, `iproute2` the network namespaces of a capture, `tcpdump` the capture itself. PipeWire is the
 * room of the echo test; unlike `pulseaudio` it pushes no desktop's sound server out.
 */
const TEST = ['iproute2', 'libpulse0', 'libsecret-tools', 'p7zip-full', 'pipewire-pulse', 'tcpdump', 'wireplumber']

/** The network laboratory: address translation, and a compiler for its bad link. */
const LAB = ['gcc', 'libc6-dev', 'nftables']

/** Renamed in Debian's time_t transition. */
const alternatives = new Map([
  ['libasound2', 'libasound2t64'],
  ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'],
  ['libatspi2.0-0', 'libatspi2.0-0t64'],
  ['libgtk-3-0', 'libgtk-3-0t64'],
])

export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}

export function missingSystemPackages(purpose) {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-query')) return []
  const wanted = [
    ...RUN,
    ...(purpose !== 'run' || !hasDisplay() ? HEADLESS : []),
    ...(purpose !== 'run' ? TEST : []),
    ...(purpose === 'lab' ? LAB : []),
  ]
  const names = wanted.flatMap((name) => [name, alternatives.get(name) ?? []].flat())
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${Package} ${db:Status-Status}\n', ...names], {
    encoding: 'utf8',
  })
  const installed = new Set(
    stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  )
  return wanted.filter((name) => !installed.has(name) && !installed.has(alternatives.get(name)))
}

/** Needs root. `true` if all are there afterwards. */
export function installSystemPackages(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { env, stdio: ['ignore', 'ignore', 2] })
  const install = () => apt('install', '-y', '--no-install-recommends', ...names).status === 0
  return install() || (apt('update').status === 0 && install())
}
