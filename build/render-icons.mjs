/**
 * Draws the committed icons from the SVG files here: `node build/render-icons.mjs`, with Debian's librsvg2-bin installed.
 * Packaging takes the results as they are, so nobody else needs the tool.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const svg = (name) => path.join(here, name)

/** @returns {Buffer} a square PNG */
function render(file, size, ...options) {
  const square = ['--width', size, '--height', size].map(String)
  return execFileSync('rsvg-convert', [...square, ...options, file], { maxBuffer: 1 << 26 })
}

/** Apple's grid leaves a tenth of the icon free on each side (Human Interface Guidelines, "App icons"). */
function renderForMac(size) {
  const inner = Math.round(size * 0.86)
  const margin = Math.round((size - inner) / 2)
  return execFileSync(
    'rsvg-convert',
    [
      ...['--page-width', size, '--page-height', size, '--width', inner, '--height', inner].map(String),
      ...['--left', margin, '--top', margin].map(String),
      svg('icon.svg'),
    ],
    { maxBuffer: 1 << 26 },
  )
}

/** ICONDIR and ICONDIRENTRY with PNG images, which Windows reads since Vista. */
function ico(images) {
  const head = Buffer.alloc(6 + 16 * images.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(images.length, 4)
  let offset = head.length
  images.forEach(({ size, png }, index) => {
    const entry = 6 + 16 * index
    // 0 stands for 256.
    head.writeUInt8(size % 256, entry)
    head.writeUInt8(size % 256, entry + 1)
    head.writeUInt16LE(1, entry + 4)
    head.writeUInt16LE(32, entry + 6)
    head.writeUInt32LE(png.length, entry + 8)
    head.writeUInt32LE(offset, entry + 12)
    offset += png.length
  })
  return Buffer.concat([head, ...images.map(({ png }) => png)])
}

/** The types that hold PNG, by their size in pixels; the @2x ones are the sizes that Retina screens ask for. */
const ICNS = { ic11: 32, ic12: 64, ic07: 128, ic13: 256, ic08: 256, ic14: 512, ic09: 512, ic10: 1024 }

function icns() {
  const parts = Object.entries(ICNS).map(([type, size]) => {
    const png = renderForMac(size)
    const head = Buffer.alloc(8)
    head.write(type, 'latin1')
    head.writeUInt32BE(8 + png.length, 4)
    return Buffer.concat([head, png])
  })
  const head = Buffer.alloc(8)
  head.write('icns', 'latin1')
  head.writeUInt32BE(8 + parts.reduce((length, part) => length + part.length, 0), 4)
  return Buffer.concat([head, ...parts])
}

mkdirSync(path.join(here, 'icons'), { recursive: true })
for (const size of [16, 24, 32, 48, 64, 128, 256, 512, 1024]) {
  writeFileSync(path.join(here, 'icons', `${size}x${size}.png`), render(svg('icon.svg'), size))
}
writeFileSync(
  path.join(here, 'icon.ico'),
  ico([16, 24, 32, 48, 64, 128, 256].map((size) => ({ size, png: render(svg('icon.svg'), size) }))),
)
writeFileSync(path.join(here, 'icon.icns'), icns())
writeFileSync(path.join(here, 'tray-template.png'), render(svg('tray-template.svg'), 36))
