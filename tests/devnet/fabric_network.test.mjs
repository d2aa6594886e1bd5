// fabric-network 2.2: wallet, discovery, event services.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {chaincode, startNetwork} from './network.mjs';

const {Gateway, Wallets} = createRequire(import.meta.url)('fabric-network');
let net, gateway, network, contract;

before(async () => {
  net = await startNetwork({probe: chaincode('shim-2.5.js')});
  const wallet = await Wallets.newInMemoryWallet();
  const user = net.user('User1', 1);
  await wallet.put('user', {credentials: {certificate: user.certificate, privateKey: user.key}, mspId: user.mspId, type: 'X.509'});
  gateway = new Gateway();
  await gateway.connect(net.profile('Org1MSP'), {wallet, identity: 'user', discovery: {enabled: true, asLocalhost: true}});
  network = await gateway.getNetwork('mychannel');
  contract = network.getContract('probe');
});
after(async () => {
  gateway.disconnect();
  await net.stop();
});

test('submits and evaluates', async () => {
  await contract.submitTransaction('put', 'k', 'v');
  assert.equal((await contract.evaluateTransaction('get', 'k')).toString(), 'v');
});

test('hears of contract events and blocks', async () => {
  const heard = new Promise((resolve) => {
    contract.addContractListener(async (event) => resolve(event), {type: 'full'});
  });
  const block = new Promise((resolve) => {
    network.addBlockListener(async (event) => resolve(event), {type: 'filtered'});
  });
  await contract.submitTransaction('event', 'made', '{"a":1}');
  const event = await heard;
  assert.equal(event.eventName, 'made');
  assert.equal(event.payload.toString(), '{"a":1}');
  assert.ok((await block).blockNumber.toNumber() > 0);
});

test('replays events from a block', async () => {
  const heard = [];
  await new Promise((resolve) => {
    contract.addContractListener(async (event) => {
      heard.push(event.eventName);
      resolve();
    }, {startBlock: 0});
  });
  assert.deepEqual(heard, ['made']);
});

test('a failing chaincode', async () => {
  await assert.rejects(contract.submitTransaction('fail', 'went wrong'), /went wrong/);
});
