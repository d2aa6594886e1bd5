// fabric-client 1.4, which the AWS sample uses, with chaincode on fabric-shim 1.4: connection profile, queries, invokes, and the
// channel's event hub with blocks, transactions and chaincode events, from now and from a block on.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {chaincode, startNetwork} from './network.mjs';

const require = createRequire(new URL('./1.4/package.json', import.meta.url));
require('./grpc.cjs');
const Client = require('fabric-client');

let net, client, channel;
const hubs = [];

before(async () => {
  net = await startNetwork({probe: chaincode('shim-1.4.js')});
  client = Client.loadFromConfig(net.profile('Org1MSP'));
  client.setCryptoSuite(Client.newCryptoSuite());
  const user = net.user('User1', 1);
  await client.createUser({
    username: 'User1', mspid: user.mspId, skipPersistence: true,
    cryptoContent: {privateKeyPEM: user.key, signedCertPEM: user.certificate},
  });
  channel = client.getChannel('mychannel');
  await channel.initialize({discover: true, asLocalhost: true});
});
after(async () => {
  // The network first: to reset a stream that is open may keep Node's http2 busy for ever (nodejs/node issue 52952).
  await net?.stop();
  for (const hub of hubs) hub.close();
});

// A hub of its own on Org1's first peer, which is connected when this returns.
async function connected(options) {
  const hub = channel.newChannelEventHub(client.getPeersForOrg('Org1MSP')[0]);
  hubs.push(hub);
  await new Promise((resolve, reject) => hub.connect(options, (error) => (error ? reject(error) : resolve())));
  return hub;
}

async function endorse(fcn, ...args) {
  const txId = client.newTransactionID();
  const [proposalResponses, proposal] = await channel.sendTransactionProposal({chaincodeId: 'probe', fcn, args, txId});
  return {txId, proposalResponses, proposal};
}

// What the sample does: the hub hears of the transaction that is sent. Its block's number.
async function invoke(hub, ...call) {
  const {txId, ...endorsed} = await endorse(...call);
  for (const response of endorsed.proposalResponses) assert.equal(response.response?.status, 200, response.message);
  const committed = new Promise((resolve, reject) => {
    hub.registerTxEvent(txId.getTransactionID(), (id, code, block) => resolve({code, block}), reject);
  });
  const answer = await channel.sendTransaction({...endorsed, txId});
  assert.equal(answer.status, 'SUCCESS');
  const {code, block} = await committed;
  assert.equal(code, 'VALID');
  return Number(block);
}

test('invokes and queries', async () => {
  const hub = await connected();
  await invoke(hub, 'put', 'k', 'v');
  const answers = await channel.queryByChaincode({chaincodeId: 'probe', fcn: 'get', args: ['k'], targets: client.getPeersForOrg('Org1MSP')});
  assert.deepEqual(answers.map(String), ['v', 'v']);
  assert.ok((await channel.queryInfo()).height.toNumber() > 1);
});

test('a failing chaincode', async () => {
  await assert.rejects(endorse('fail', 'went wrong'), (error) => {
    assert.ok(error.endorsements.length > 0);
    for (const endorsement of error.endorsements) assert.match(endorsement.message, /went wrong/);
    return true;
  });
});

test('hears of chaincode events and blocks, and hears them again from a block on', async () => {
  const hub = await connected({full_block: true});
  const events = [], blocks = [];
  const heard = new Promise((resolve, reject) => {
    hub.registerChaincodeEvent('probe', '^made$', (event, block, id, code) => {
      events.push({name: event.event_name, payload: event.payload.toString(), code});
      if (events.length === 2) resolve();
    }, reject);
    hub.registerBlockEvent((block) => blocks.push(Number(block.header.number)), reject);
  });
  const first = await invoke(hub, 'event', 'made', '{"n":1}');
  const last = await invoke(hub, 'event', 'made', '{"n":2}');
  await heard;
  assert.deepEqual(events, [{name: 'made', payload: '{"n":1}', code: 'VALID'}, {name: 'made', payload: '{"n":2}', code: 'VALID'}]);
  assert.deepEqual(blocks, [first, last]);

  const again = channel.newChannelEventHub(client.getPeersForOrg('Org1MSP')[1]);
  hubs.push(again);
  const replayed = [];
  await new Promise((resolve, reject) => {
    again.registerChaincodeEvent('probe', 'made', (event, block) => {
      replayed.push(Number(block));
      if (replayed.length === 2) resolve();
    }, reject, {startBlock: first});
    again.connect({full_block: true});
  });
  assert.deepEqual(replayed, [first, last]);
});

test('reconnects where it left off', async () => {
  const hub = await connected({full_block: true});
  const block = await invoke(hub, 'event', 'gone', 'a');
  hub.disconnect();
  assert.equal(hub.isconnected(), false);
  await invoke(await connected(), 'event', 'gone', 'b');
  const missed = [];
  await new Promise((resolve, reject) => {
    hub.registerChaincodeEvent('probe', 'gone', (event) => {
      missed.push(event.payload.toString());
      resolve();
    }, reject, {startBlock: block + 1});
    hub.connect({full_block: true});
  });
  assert.deepEqual(missed, ['b']);
  assert.equal(hub.isconnected(), true);
});
