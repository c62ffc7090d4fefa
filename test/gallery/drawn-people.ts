/** Drawn people, in the place of a camera and a network. */

const FRAMES_PER_SECOND = 10

export interface Scene {
  readonly width: number
  readonly height: number
  readonly wall: string
  readonly light: string
  readonly shirt: string
  readonly skin: string
  readonly hair: string
}

export function paint(scene: Scene): MediaStream {
  const canvas = document.createElement('canvas')
  canvas.width = scene.width
  canvas.height = scene.height
  const pen = canvas.getContext('2d')
  if (pen === null) throw new Error('no canvas')
  const { width, height } = scene
  const unit = Math.min(width, height) / 10
  const ellipse = (x: number, y: number, rx: number, ry: number, colour: string) => {
    pen.fillStyle = colour
    pen.beginPath()
    pen.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI)
    pen.fill()
  }
  const draw = () => {
    const sway = Math.sin(Date.now() / 900) * unit * 0.08
    const wall = pen.createRadialGradient(width * 0.75, height * 0.15, unit, width * 0.6, height * 0.4, width)
    wall.addColorStop(0, scene.light)
    wall.addColorStop(1, scene.wall)
    pen.fillStyle = wall
    pen.fillRect(0, 0, width, height)
    const x = width / 2 + sway
    const y = height * 0.42
    ellipse(x, height * 1.08, unit * 4.2, unit * 4, scene.shirt)
    ellipse(x, y + unit * 2, unit * 0.9, unit * 1.2, scene.skin)
    ellipse(x, y - unit * 0.25, unit * 1.75, unit * 2.1, scene.hair)
    ellipse(x, y + unit * 0.15, unit * 1.4, unit * 1.8, scene.skin)
  }
  draw()
  setInterval(draw, 1000 / FRAMES_PER_SECOND)
  return canvas.captureStream(FRAMES_PER_SECOND)
}
