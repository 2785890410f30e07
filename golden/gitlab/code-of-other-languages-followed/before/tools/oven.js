const { spawnSync } = require('node:child_process');
exports.heat = () => spawnSync('docker', ['build', '.']);
