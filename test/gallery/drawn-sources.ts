/** Screens and windows as the picker gets them. */
import type { ScreenSource, ScreenSources } from '../../src-shared/ipc/screen-sources.ts'

function drawn(id: string, name: string, width: number, height: number, colour: string): ScreenSource {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const pen = canvas.getContext('2d')
  if (pen !== null) {
    pen.fillStyle = colour
    pen.fillRect(0, 0, width, height)
    pen.fillStyle = '#ffffff'
    pen.fillRect(width * 0.12, height * 0.12, width * 0.6, height * 0.7)
    pen.fillStyle = '#9aa0a8'
    for (let line = 0; line < 6; line++) pen.fillRect(width * 0.17, height * (0.22 + line * 0.09), width * 0.45, 4)
  }
  const kind = id.startsWith('screen') ? 'screen' : 'window'
  return { id, kind, name, picture: canvas.toDataURL('image/jpeg', 0.8) }
}

export const DRAWN_SOURCES: ScreenSources = {
  kind: 'sources',
  mayAskAgain: false,
  sound: true,
  sources: [
    drawn('screen:1:0', 'Screen 1', 400, 225, '#2f4858'),
    drawn('screen:2:0', 'Screen 2', 225, 260, '#584a2f'),
    drawn('window:3:0', 'Quarterly plan – Writer', 400, 250, '#44506b'),
    drawn('window:4:0', 'Inbox (12) – A mail program with a rather long title', 400, 260, '#6b4457'),
    { ...drawn('window:5:0', '', 10, 10, '#000000'), picture: '' },
  ],
}
