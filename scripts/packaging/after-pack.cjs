/** Removes from a packed Linux app what only an unpacked runtime needs. */
const { rm } = require('node:fs/promises')
const path = require('node:path')

exports.default = async ({ appOutDir, electronPlatformName }) => {
  if (electronPlatformName !== 'linux') return
  await rm(path.join(appOutDir, 'resources/default_app.asar'), { force: true })
  await rm(path.join(appOutDir, 'version'), { force: true })
}
