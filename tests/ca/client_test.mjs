// Hyperledger's own npm client, unmodified, against `belfry ca serve`: client_test.mjs VERSION BELFRY. What it does is what an
// application's users do: the registrar enrolls, registers, others enroll and reenroll; identities, affiliations and certificates
// are looked after; an identity is revoked.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {once} from 'node:events';
import Module, {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {after, before, test} from 'node:test';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {X509Certificate} from 'node:crypto';

const [version, belfry] = [process.env.CLIENT_VERSION, process.env.BELFRY];
const require = createRequire(join(dirname(fileURLToPath(import.meta.url)), version, 'package.json'));
// 1.4 loads one .proto file through grpc, whose native part does not build on today's Node. This is all it needs of it.
const load = Module._load;
Module._load = function (name, ...rest) {
  return name === 'grpc' ? {loadObject: (builder) => builder.build()} : load.call(this, name, ...rest);
};
const Services = require('fabric-ca-client');
const User = version === '2.2' ? require('fabric-common').User : require('fabric-ca-client/lib/User.js');

const folder = mkdtempSync(join(tmpdir(), 'belfry-ca-'));
let server, ca;

// Starts the CA and waits for the line that says where it serves.
async function serve() {
  const options = ['ca', 'serve', '--data', folder, '--port', '0', '--tls', '--name', 'ca-org1', '--allow-removing'];
  if (version === '1.4') options.push('--older-tokens');
  server = spawn(belfry, options, {env: {...process.env, BELFRY_CA_REGISTRAR_SECRET: 'adminpw'}, stdio: ['ignore', 'inherit', 'pipe']});
  for await (const line of createInterface({input: server.stderr})) {
    const found = line.match(/url=(\S+)/);
    if (found) return found[1].replace('127.0.0.1', 'localhost');
  }
  throw new Error('belfry ca serve did not start');
}

async function userOf(name, enrollment) {
  const user = new User(name);
  user.setCryptoSuite(ca.getCryptoSuite());
  await user.setEnrollment(enrollment.key, enrollment.certificate, 'Org1MSP');
  return user;
}

const refused = (code) => (error) => new RegExp(`"?code"?:\\s*${code}\\b`).test(String(error.message));
const attributes = (pem) => {
  const text = Buffer.from(new X509Certificate(pem).raw).toString('latin1');
  return JSON.parse(text.match(/\{"attrs":\{.*?\}\}/)?.[0] ?? '{"attrs":{}}').attrs;
};

let admin;
before(async () => {
  const url = await serve();
  const trustedRoots = readFileSync(join(folder, 'ca-cert.pem'));
  ca = new Services(url, {trustedRoots: [trustedRoots], verify: true}, 'ca-org1');
  admin = await userOf('admin', await ca.enroll({enrollmentID: 'admin', enrollmentSecret: 'adminpw'}));
});
after(async () => {
  if (server?.kill('SIGTERM')) await once(server, 'exit');
  rmSync(folder, {recursive: true, force: true});
});

test('a wrong secret is refused', async () => {
  await assert.rejects(ca.enroll({enrollmentID: 'admin', enrollmentSecret: 'wrong'}), refused(20));
});

test('an identity is registered, enrolls, reenrolls and is revoked', async () => {
  const secret = await ca.register({
    enrollmentID: 'alice', role: 'client', affiliation: 'org1.department1', maxEnrollments: -1,
    attrs: [{name: 'role', value: 'auditor', ecert: true}, {name: 'email', value: 'a@example.com'}],
  }, admin);
  assert.match(secret, /^[A-Za-z]{12}$/);
  await assert.rejects(ca.register({enrollmentID: 'alice', affiliation: 'org1'}, admin), refused(74));
  await assert.rejects(ca.register({enrollmentID: 'bob', affiliation: 'org9'}, admin), refused(71));

  const enrollment = await ca.enroll({enrollmentID: 'alice', enrollmentSecret: secret});
  const certificate = new X509Certificate(enrollment.certificate);
  assert.match(certificate.subject, /CN=alice/);
  assert.ok(certificate.verify(new X509Certificate(enrollment.rootCertificate).publicKey));
  assert.deepEqual(attributes(enrollment.certificate), {
    'hf.Affiliation': 'org1.department1', 'hf.EnrollmentID': 'alice', 'hf.Type': 'client', role: 'auditor'});
  const tls = await ca.enroll({enrollmentID: 'alice', enrollmentSecret: secret, profile: 'tls', attr_reqs: [{name: 'email'}]});
  assert.deepEqual(attributes(tls.certificate), {email: 'a@example.com'});

  const alice = await userOf('alice', enrollment);
  const again = await ca.reenroll(alice, []);
  assert.notEqual(again.certificate, enrollment.certificate);
  await assert.rejects(ca.register({enrollmentID: 'mallory', affiliation: 'org1'}, alice), refused(71));

  const revoked = await ca.revoke({enrollmentID: 'alice', reason: 'keycompromise', gencrl: true}, admin);
  assert.equal(revoked.result.RevokedCerts.length, 3);
  // 1.4 takes gencrl and does not pass it on.
  if (version !== '1.4') assert.match(Buffer.from(revoked.result.CRL, 'base64').toString(), /BEGIN X509 CRL/);
  await assert.rejects(ca.reenroll(alice, []), refused(20));
  await assert.rejects(ca.enroll({enrollmentID: 'alice', enrollmentSecret: secret}), refused(20));
});

test('a revocation list is made', async () => {
  assert.ok(await ca.generateCRL({}, admin));
});

test('identities are looked after', async () => {
  const service = ca.newIdentityService();
  await service.create({enrollmentID: 'carol', enrollmentSecret: 'carolpw', type: 'client', affiliation: 'org1', maxEnrollments: 2,
                        attrs: [{name: 'k', value: 'v', ecert: true}]}, admin);
  await assert.rejects(service.create({enrollmentID: 'carol', affiliation: 'org1'}, admin), refused(74));
  assert.equal((await service.getOne('carol', admin)).result.max_enrollments, 2);
  await assert.rejects(service.getOne('ghost', admin), refused(63));
  assert.ok((await service.getAll(admin)).result.identities.some((it) => it.id === 'carol'));
  const changed = await service.update('carol', {type: 'peer', affiliation: 'org2', enrollmentSecret: 'newpw'}, admin);
  assert.equal(changed.result.type, 'peer');
  await ca.enroll({enrollmentID: 'carol', enrollmentSecret: 'newpw'});
  assert.equal((await service.delete('carol', admin)).result.id, 'carol');
  await assert.rejects(service.delete('carol', admin), refused(63));
});

test('affiliations are looked after', async () => {
  const service = ca.newAffiliationService();
  assert.equal((await service.create({name: 'org3'}, admin)).result.name, 'org3');
  await service.create({name: 'org4.a.b', force: true}, admin);
  assert.equal((await service.getOne('org1', admin)).result.affiliations.length, 2);
  assert.ok((await service.getAll(admin)).result.affiliations.some((it) => it.name === 'org4'));
  assert.equal((await service.update('org3', {name: 'org5', force: false}, admin)).result.name, 'org5');
  await service.delete({name: 'org5'}, admin);
  await service.delete({name: 'org4', force: true}, admin);
});

test('certificates are found', async () => {
  const service = ca.newCertificateService();
  const found = await service.getCertificates({id: 'admin', notrevoked: true}, admin);
  assert.ok(found.result.certs.length >= 1);
  const none = await service.getCertificates({id: 'admin', expired_start: '2020-01-01T00:00:00Z', expired_end: '2021-01-01T00:00:00Z'}, admin);
  assert.deepEqual(none.result.certs, []);
});
