/** The application menu, with what each system's users expect of it. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import type { Notices } from '../../src-shared/ipc/contract.ts'
import type { Texts } from './texts.ts'

export function setApplicationMenu(texts: Texts, navigate: (payload: Notices['navigate']) => void): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(template(texts, navigate)))
}

function template(texts: Texts, navigate: (payload: Notices['navigate']) => void): MenuItemConstructorOptions[] {
  const mac = process.platform === 'darwin'
  const to = (label: string, accelerator: string, place: Notices['navigate']['to']): MenuItemConstructorOptions => ({
    label,
    accelerator,
    click: () => {
      navigate({ to: place })
    },
  })
  const settings = to(texts.settings, 'CmdOrCtrl+,', 'settings')
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const appMenu: MenuItemConstructorOptions = {
    label: texts.app,
    submenu: [
      { role: 'about', label: texts.about },
      separator,
      settings,
      separator,
      { role: 'services', label: texts.services },
      separator,
      { role: 'hide', label: texts.hide },
      { role: 'hideOthers', label: texts.hideOthers },
      { role: 'unhide', label: texts.showAll },
      separator,
      { role: 'quit', label: texts.quit },
    ],
  }
  return [
    ...(mac ? [appMenu] : []),
    {
      label: texts.file,
      submenu: [
        to(texts.newCall, 'CmdOrCtrl+N', 'new-call'),
        to(texts.newGroup, 'CmdOrCtrl+Shift+N', 'new-group'),
        to(texts.search, 'CmdOrCtrl+F', 'search'),
        separator,
        ...(mac ? [] : [settings, separator]),
        { role: 'close', label: texts.close },
        ...(mac ? [] : [{ role: 'quit', label: texts.quit } satisfies MenuItemConstructorOptions]),
      ],
    },
    {
      label: texts.edit,
      submenu: [
        { role: 'undo', label: texts.undo },
        { role: 'redo', label: texts.redo },
        separator,
        { role: 'cut', label: texts.cut },
        { role: 'copy', label: texts.copy },
        { role: 'paste', label: texts.paste },
        { role: 'selectAll', label: texts.selectAll },
      ],
    },
    {
      label: texts.view,
      submenu: [
        { role: 'resetZoom', label: texts.actualSize },
        { role: 'zoomIn', label: texts.zoomIn },
        { role: 'zoomOut', label: texts.zoomOut },
        separator,
        { role: 'togglefullscreen', label: texts.fullScreen },
      ],
    },
    {
      role: 'window',
      label: texts.window,
      submenu: [
        { role: 'minimize', label: texts.minimize },
        { role: 'zoom', label: texts.zoom },
        ...(mac
          ? [separator, { role: 'front', label: texts.bringAllToFront } satisfies MenuItemConstructorOptions]
          : []),
      ],
    },
    ...(mac
      ? []
      : [
          {
            role: 'help',
            label: texts.help,
            submenu: [
              {
                label: texts.about,
                click: () => {
                  app.showAboutPanel()
                },
              },
            ],
          } satisfies MenuItemConstructorOptions,
        ]),
  ]
}
