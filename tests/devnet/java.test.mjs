// Hyperledger's Java client and Java chaincode: java/Client.java makes the calls, java/Probe.java answers them.
import {execFile} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {promisify} from 'node:util';
import {here, startNetwork} from './network.mjs';

let net;
before(async () => {
  net = await startNetwork({probe: path.join(here, 'java', 'probe.sh')});
});
after(() => net?.stop());

test('fabric-gateway of Java calls Java chaincode', async () => {
  const user = net.user('User1', 1);
  const file = (name, text) => {
    const where = path.join(net.network, name);
    fs.writeFileSync(where, text);
    return where;
  };
  const {address, name} = net.peers[0];
  const words = [address, name, user.mspId, file('client.crt', user.certificate), file('client.key', user.key), file('tls.crt', net.tlsRoot(1))];
  await promisify(execFile)('java', ['-cp', `${process.env.JARS}/*`, path.join(here, 'java', 'Client.java'), ...words]);
});
