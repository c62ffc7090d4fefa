/** A desktop with a document on it, as somebody could share it. */

const SIZE = { width: 1920, height: 1080 }

export function paintScreen(): MediaStream {
  const canvas = document.createElement('canvas')
  canvas.width = SIZE.width
  canvas.height = SIZE.height
  const pen = canvas.getContext('2d')
  const draw = () => {
    if (pen === null) return
    pen.fillStyle = '#2f4858'
    pen.fillRect(0, 0, SIZE.width, SIZE.height)
    pen.fillStyle = '#ffffff'
    pen.fillRect(260, 90, 1400, 900)
    pen.fillStyle = '#e4e7ea'
    pen.fillRect(260, 90, 1400, 56)
    pen.fillStyle = '#1b1c1f'
    pen.font = '600 44px sans-serif'
    pen.fillText('Quarterly plan', 340, 240)
    pen.font = '26px sans-serif'
    for (let line = 0; line < 14; line++) {
      pen.fillText('The quick brown fox jumps over the lazy dog, and nobody in the call minds.', 340, 310 + line * 46)
    }
  }
  draw()
  // A canvas that does not change gives no frames to who looks later.
  setInterval(draw, 200)
  return canvas.captureStream(5)
}
