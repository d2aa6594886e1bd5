require('./probe.js')(require('fabric-shim-22'));
