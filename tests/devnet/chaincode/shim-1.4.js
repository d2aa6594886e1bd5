require('../1.4/grpc.cjs');
require('./probe.js')(require('../1.4/node_modules/fabric-shim'));
