const { execSync } = require('child_process')
execSync('docker run --rm shop:ci check')
