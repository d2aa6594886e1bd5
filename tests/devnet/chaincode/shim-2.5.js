require('./probe.js')(require('fabric-shim'));
