// The AWS sample's walk, as it was with Fabric 1.4: the CA's registrar registers a user, who enrolls; an administrator installs
// and instantiates Node chaincode; the user queries, invokes and listens; the chaincode is upgraded.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import {after, before, test} from 'node:test';
import {chaincode} from './network.mjs';

const require = createRequire(new URL('./1.4/package.json', import.meta.url));
require('./grpc.cjs');
const Client = require('fabric-client');

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'belfry-sample-'));
const folder = path.join(work, 'devnet');
let devnet, client, channel, hub;

before(async () => {
  devnet = spawn(process.env.BELFRY, ['devnet', '--for-1-4', '--data', folder, '--ports', 'free', '--json'], {stdio: ['ignore', 'pipe', 'inherit']});
  await new Promise((resolve, reject) => {
    readline.createInterface({input: devnet.stdout}).once('line', resolve);
    devnet.once('exit', (code) => reject(new Error(`belfry devnet ended with ${code}`)));
  });
  client = Client.loadFromConfig(path.join(folder, 'connection-org1.example.com.yaml'));
  const store = path.join(work, 'keys');
  client.loadFromConfig({version: '1.0', client: {organization: 'Org1', credentialStore: {path: store, cryptoStore: {path: store}}}});
  await client.initCredentialStores();
});
after(async () => {
  // The network first: to reset a stream that is open may keep Node's http2 busy for ever (nodejs/node issue 52952).
  if (devnet) {
    const ended = new Promise((resolve) => devnet.once('exit', resolve));
    devnet.kill('SIGTERM');
    await ended;
  }
  hub?.close();
  fs.rmSync(work, {recursive: true, force: true});
});

const only = (where) => fs.readFileSync(path.join(where, fs.readdirSync(where)[0]), 'utf8');
const good = ([responses, proposal]) => {
  for (const response of responses) assert.equal(response.response?.status, 200, response.message);
  return {proposalResponses: responses, proposal};
};

// Orders what was endorsed, and waits for the hub to hear of it.
async function commit(endorsed, txId) {
  const committed = new Promise((resolve, reject) => {
    hub.registerTxEvent(txId.getTransactionID(), (id, code, block) => resolve({code, block: Number(block)}), reject);
  });
  assert.equal((await channel.sendTransaction({...endorsed, txId})).status, 'SUCCESS');
  const {code, block} = await committed;
  assert.equal(code, 'VALID');
  return block;
}

async function invoke(fcn, ...args) {
  const txId = client.newTransactionID();
  return commit(good(await channel.sendTransactionProposal({chaincodeId: 'ngo', fcn, args, txId})), txId);
}

// A folder as an application's developer has it, and its installation on Org1's peers.
async function install(version) {
  const chaincodePath = fs.mkdtempSync(path.join(work, 'chaincode-'));
  fs.writeFileSync(path.join(chaincodePath, 'package.json'), JSON.stringify({name: 'ngo', version: '1.0.0', scripts: {start: 'node ngo.js'}}));
  fs.writeFileSync(path.join(chaincodePath, 'ngo.js'), `require(${JSON.stringify(chaincode('shim-1.4.js'))});\n`);
  good(await client.installChaincode({
    targets: client.getPeersForOrg('Org1MSP'), chaincodeType: 'node', chaincodePath, chaincodeId: 'ngo', chaincodeVersion: version,
    txId: client.newTransactionID(true),
  }));
}

test('the registrar enrolls and registers a user, who enrolls', async () => {
  const registrar = await client.setUserContext({username: 'admin', password: 'adminpw'});
  assert.ok(registrar.isEnrolled());
  const secret = await client.getCertificateAuthority().register({enrollmentID: 'listener', affiliation: 'org1'}, registrar);
  const user = await client.setUserContext({username: 'listener', password: secret});
  assert.ok(user.isEnrolled());
  assert.equal((await client.getUserContext('listener', true)).getName(), 'listener');
});

test('an administrator installs and instantiates', async () => {
  const msp = path.join(folder, 'peerOrganizations/org1.example.com/users/Admin@org1.example.com/msp');
  client.setAdminSigningIdentity(only(path.join(msp, 'keystore')), only(path.join(msp, 'signcerts')), 'Org1MSP');
  await install('1.0');
  const [peer] = client.getPeersForOrg('Org1MSP');
  const {chaincodes} = await client.queryInstalledChaincodes(peer, true);
  assert.deepEqual(chaincodes.map((one) => `${one.name}:${one.version}`), ['ngo:1.0']);

  channel = client.getChannel('mychannel');
  await channel.initialize();
  hub = channel.newChannelEventHub(peer);
  await new Promise((resolve, reject) => hub.connect({full_block: true}, (error) => (error ? reject(error) : resolve())));
  const txId = client.newTransactionID(true);
  const request = {chaincodeId: 'ngo', chaincodeVersion: '1.0', chaincodeType: 'node', args: [], txId};
  await commit(good(await channel.sendInstantiateProposal(request, 60000)), txId);
  const instantiated = await channel.queryInstantiatedChaincodes(peer, true);
  assert.equal(instantiated.chaincodes[0].version, '1.0');
  // Nobody but an administrator may.
  await assert.rejects(client.installChaincode({
    targets: [peer], chaincodeType: 'node', chaincodePath: work, chaincodeId: 'x', chaincodeVersion: '1', txId: client.newTransactionID(),
  }).then(good));
});

test('the user invokes, queries and listens', async () => {
  const event = new Promise((resolve, reject) => {
    hub.registerChaincodeEvent('ngo', 'donation', (heard, block) => resolve({payload: heard.payload.toString(), block: Number(block)}), reject);
  });
  const block = await invoke('event', 'donation', '{"donationAmount":100}');
  assert.deepEqual(await event, {payload: '{"donationAmount":100}', block});
  await invoke('put', 'k', 'v');
  assert.equal(String((await channel.queryByChaincode({chaincodeId: 'ngo', fcn: 'get', args: ['k']}))[0]), 'v');
});

test('the chaincode is upgraded', async () => {
  await install('1.1');
  const txId = client.newTransactionID(true);
  const request = {chaincodeId: 'ngo', chaincodeVersion: '1.1', chaincodeType: 'node', args: [], txId};
  await commit(good(await channel.sendUpgradeProposal(request, 60000)), txId);
  await invoke('put', 'k', 'v2');
  const [peer] = client.getPeersForOrg('Org1MSP');
  const instantiated = await channel.queryInstantiatedChaincodes(peer, true);
  assert.deepEqual(instantiated.chaincodes.map((one) => `${one.name}:${one.version}`), ['ngo:1.1']);
});
