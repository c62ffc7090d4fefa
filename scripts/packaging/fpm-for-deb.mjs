#!/usr/bin/env node
/**
 * Stands in for fpm where its download host cannot be reached: electron-builder calls `fpm -s dir -t deb …`
 * (through CUSTOM_FPM_PATH), and Debian's own dpkg-deb builds the package. Understands what electron-builder passes, refuses the rest.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Options without a value. */
const SWITCHES = new Set(['--force', '--debug'])
const MAINTAINER_SCRIPTS = { 'after-install': 'postinst', 'after-remove': 'postrm' }

function parseArguments(args) {
  const options = new Map()
  const depends = []
  const recommends = []
  const files = []
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]
    if (SWITCHES.has(argument)) continue
    if (argument === '-d' || argument === '--depends') depends.push(args[++i])
    else if (argument === '--deb-recommends') recommends.push(args[++i])
    else if (argument.startsWith('-')) options.set(argument.replace(/^-+/, ''), args[++i])
    else files.push([argument.slice(0, argument.lastIndexOf('=')), argument.slice(argument.lastIndexOf('=') + 1)])
  }
  return { options, depends, recommends, files }
}

const { options, depends, recommends, files } = parseArguments(process.argv.slice(2))
if (options.get('s') !== 'dir' || options.get('t') !== 'deb') {
  throw new Error(`cannot build ${options.get('s')} → ${options.get('t')}: only deb packages are built without fpm`)
}

const work = mkdtempSync(path.join(tmpdir(), 'sightline-deb-'))
try {
  const tree = path.join(work, 'root')
  for (const [from, to] of files) {
    const target = path.join(tree, to)
    const wholeFolder = from.endsWith('/')
    mkdirSync(wholeFolder ? target : path.dirname(target), { recursive: true })
    execFileSync('cp', wholeFolder ? ['-a', `${from}.`, target] : ['-L', from, target])
  }
  execFileSync('chmod', ['-R', 'u+rwX,go+rX,go-w', tree])
  const control = path.join(tree, 'DEBIAN')
  mkdirSync(control)
  writeFileSync(path.join(control, 'control'), controlFile(tree))
  for (const [option, name] of Object.entries(MAINTAINER_SCRIPTS)) {
    const script = options.get(option)
    if (!script) continue
    copyFileSync(script, path.join(control, name))
    chmodSync(path.join(control, name), 0o755)
  }
  const compression =
    { gz: 'gzip', bzip2: 'xz' }[options.get('deb-compression')] ?? options.get('deb-compression') ?? 'xz'
  const level = process.env.SIGHTLINE_DEB_LEVEL ? [`-z${process.env.SIGHTLINE_DEB_LEVEL}`] : []
  execFileSync(
    'dpkg-deb',
    ['--root-owner-group', `-Z${compression}`, ...level, '--build', tree, options.get('package')],
    { stdio: 'inherit' },
  )
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** https://www.debian.org/doc/debian-policy/ch-controlfields.html */
function controlFile(tree) {
  const kilobytes = execFileSync('du', ['-sk', '--apparent-size', tree], { encoding: 'utf8' }).split('\t')[0]
  const [summary, ...rest] = options
    .get('description')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  const fields = {
    Package: options.get('name'),
    Version: options.get('version') + (options.has('iteration') ? `-${options.get('iteration')}` : ''),
    Architecture: options.get('architecture'),
    Maintainer: options.get('maintainer'),
    'Installed-Size': kilobytes,
    Depends: depends.join(', '),
    Recommends: recommends.join(', '),
    Section: options.get('category') ?? 'default',
    Priority: options.get('deb-priority') ?? 'optional',
    Homepage: options.get('url'),
    Description: [summary, ...rest].join('\n '),
  }
  return Object.entries(fields)
    .filter(([, value]) => value)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('')
}
