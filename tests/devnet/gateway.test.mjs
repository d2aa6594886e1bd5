// @hyperledger/fabric-gateway, as its users use it, with Node chaincode.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import {after, before, describe, test} from 'node:test';
import * as grpc from '@grpc/grpc-js';
import {connect, hash, signers} from '@hyperledger/fabric-gateway';
import {chaincode, startNetwork} from './network.mjs';

const text = (bytes) => Buffer.from(bytes).toString();
let net;
const open = [];

// A gateway of Org1's first peer for a user, and its contract.
function contractOf(user, name, peer = net.peers[0], org = 1) {
  const client = new grpc.Client(peer.address, grpc.credentials.createSsl(net.tlsRoot(org)),
    {'grpc.ssl_target_name_override': peer.name});
  const gateway = connect({
    client, hash: hash.sha256,
    identity: {mspId: user.mspId, credentials: Buffer.from(user.certificate)},
    signer: signers.newPrivateKeySigner(crypto.createPrivateKey(user.key)),
  });
  open.push(() => { gateway.close(); client.close(); });
  const network = gateway.getNetwork('mychannel');
  return {network, contract: network.getContract(name)};
}

before(async () => {
  net = await startNetwork({
    probe: chaincode('shim-2.5.js'), older: chaincode('shim-2.2.js'), oldest: chaincode('shim-1.4.js'),
    things: chaincode('contract'),
  });
});
after(async () => {
  for (const close of open) close();
  await net.stop();
});

for (const name of ['probe', 'older', 'oldest'])
  describe(`chaincode ${name}`, () => {
    test('submits and evaluates', async () => {
      const {contract} = contractOf(net.user('User1', 1), name);
      await contract.submitTransaction('put', 'k', 'v1');
      await contract.submitTransaction('put', 'k', 'v2');
      assert.equal(text(await contract.evaluateTransaction('get', 'k')), 'v2');
      assert.deepEqual(JSON.parse(text(await contract.evaluateTransaction('history', 'k'))), ['v2', 'v1']);
      const who = JSON.parse(text(await contract.evaluateTransaction('who')));
      assert.equal(who.msp, 'Org1MSP');
      assert.equal(who.channel, 'mychannel');
    });

    test('reads ranges of many keys, and pages', async () => {
      const {contract} = contractOf(net.user('User1', 1), name);
      await contract.submitTransaction('fill', '250');
      const keys = JSON.parse(text(await contract.evaluateTransaction('range', 'r', 's')));
      assert.equal(keys.length, 250);
      const page = JSON.parse(text(await contract.evaluateTransaction('page', 'r', 's', '50', '')));
      assert.equal(page.keys.length, 50);
      assert.equal(page.bookmark, 'r00050');
      // A range of more than 50 keys in a transaction: validation sums it up again.
      await contract.submitTransaction('range', 'r', 's');
    });

    test('keeps composite keys apart', async () => {
      const {contract} = contractOf(net.user('User1', 2), name);
      await contract.submitTransaction('composite', 'a', 'b');
    });
  });

test('a chaincode calls another', async () => {
  const {contract} = contractOf(net.user('User1', 1), 'probe');
  await contract.submitTransaction('call', 'older', 'put', 'called', 'yes');
  const {contract: older} = contractOf(net.user('User1', 1), 'older');
  assert.equal(text(await older.evaluateTransaction('get', 'called')), 'yes');
});

test('a failing chaincode is told in Fabric\'s words', async () => {
  const {contract} = contractOf(net.user('User1', 1), 'probe');
  await assert.rejects(contract.evaluateTransaction('fail', 'went wrong'), (error) => {
    assert.equal(error.code, grpc.status.UNKNOWN);
    assert.equal(error.details[0].message, 'chaincode response 500, went wrong');
    return true;
  });
  await assert.rejects(contract.submitTransaction('fail', 'went wrong'), (error) => {
    assert.equal(error.code, grpc.status.ABORTED);
    assert.match(error.message, /failed to endorse transaction, see attached details for more info/);
    return true;
  });
  await assert.rejects(contract.evaluateTransaction('rich', '{}'), (error) => {
    assert.match(error.details[0].message, /ExecuteQuery not supported for leveldb/);
    return true;
  });
});

test('a crash ends its own transaction, and the chaincode comes back', async () => {
  const {contract} = contractOf(net.user('User1', 1), 'probe');
  await assert.rejects(contract.evaluateTransaction('crash'));
  await contract.submitTransaction('put', 'after', 'crash');
  assert.equal(text(await contract.evaluateTransaction('get', 'after')), 'crash');
});

test('events come from the block that is asked for, and after a transaction', async () => {
  const {network, contract} = contractOf(net.user('User1', 1), 'probe');
  const first = await contract.submitAsync('event', {arguments: ['made', '{"n":1}']});
  const status = await first.getStatus();
  assert.ok(status.successful);
  await contract.submitTransaction('event', 'made', '{"n":2}');
  const take = async (options, count) => {
    const events = await network.getChaincodeEvents('probe', options);
    const out = [];
    try {
      for await (const event of events) if (out.push(text(event.payload)) === count) break;
    } finally {
      events.close();
    }
    return out;
  };
  assert.deepEqual(await take({startBlock: status.blockNumber}, 2), ['{"n":1}', '{"n":2}']);
  assert.deepEqual(
    await take({startBlock: status.blockNumber, checkpoint: {getBlockNumber: () => status.blockNumber,
      getTransactionId: () => status.transactionId}}, 1), ['{"n":2}']);
});

test('a member of another organisation uses its own peer', async () => {
  const {contract} = contractOf(net.user('User1', 2), 'probe', net.peers[2], 2);
  await contract.submitTransaction('put', 'by', 'org2');
  assert.equal(text(await contract.evaluateTransaction('get', 'by')), 'org2');
});

test('an endorsement of one organisation is not enough', async () => {
  const {contract} = contractOf(net.user('User1', 1), 'probe');
  const proposal = contract.newProposal('put', {arguments: ['x', 'y'], endorsingOrganizations: ['Org1MSP']});
  const status = await (await (await proposal.endorse()).submit()).getStatus();
  assert.equal(status.successful, false);
  assert.equal(status.code, 10);
});

test('fabric-contract-api', async () => {
  const {contract} = contractOf(net.user('User1', 1), 'things');
  assert.equal(text(await contract.submitTransaction('create', 't1', 'a thing')), 't1');
  assert.equal(text(await contract.evaluateTransaction('read', 't1')), 'a thing');
  await assert.rejects(contract.evaluateTransaction('read', 'none'), /there is no none/);
});
