// belfry's SMPP sender against a real SMPP server (npm `smpp`) that accepts, throttles, refuses, falls silent, drops
// connections and sends receipts.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, test} from 'node:test';
import smpp from 'smpp';
import {Sender} from './sender.mjs';

let centre;
const open = [];

// A message centre that accepts; `on` changes what it does with a session's PDUs.
class Centre {
  constructor(on = {}, options = {}) {
    this.on = on;
    this.binds = [];
    this.submits = [];
    this.sessions = [];
    this.unbinds = 0;
    this.enquiries = 0;
    this.next = 0;
    this.server = smpp.createServer(options, (session) => this.serve(session));
    this.server.on('error', () => {});
    centre = this;
  }

  async listen(port = 0) {
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.address = `127.0.0.1:${this.server.address().port}`;
    return this;
  }

  serve(session) {
    session.on('error', () => {});
    this.sessions.push(session);
    for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
      session.on(kind, (pdu) => {
        this.binds.push(pdu);
        session.kind = kind;
        if (this.on.bind) return this.on.bind(pdu, session);
        session.send(pdu.response({system_id: 'centre'}));
      });
    }
    session.on('submit_sm', (pdu) => {
      this.submits.push(pdu);
      if (this.on.submit) return this.on.submit(pdu, session, this.submits.length);
      this.accept(pdu, session);
    });
    session.on('enquire_link', (pdu) => {
      this.enquiries += 1;
      session.send(pdu.response());
    });
    session.on('unbind', (pdu) => {
      this.unbinds += 1;
      session.send(pdu.response());
      session.close();
    });
  }

  accept(pdu, session) {
    const id = `id${++this.next}`;
    session.send(pdu.response({message_id: id}));
    return id;
  }

  refuse(pdu, session, status) {
    session.send(pdu.response({command_status: status}));
  }

  // What a phone shows of the submits to it.
  texts() {
    return this.submits.map((pdu) => pdu.short_message.message);
  }

  close() {
    for (const session of this.sessions) session.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

function sender(...args) {
  const started = new Sender('smpp', centre.address, '--system-id', 'belfry', '--password', 'secret', ...args);
  open.push(started);
  return started;
}

afterEach(async () => {
  for (const each of open.splice(0)) if (each.process.exitCode === null) each.process.kill('SIGKILL');
  await centre.close();
});

test('binds, sends, and unbinds in order', async () => {
  await new Centre().listen();
  const it = sender('--from', '+15555550199');
  assert.equal((await it.result(it.send('Olga just donated $100 {ngo} é€'))).next, 'accepted');
  const status = await it.finish();
  assert.equal(status.accepted, 1);
  assert.equal(centre.unbinds, 1);
  assert.equal(centre.binds[0].system_id, 'belfry');
  assert.equal(centre.binds[0].password, 'secret');
  assert.equal(centre.binds[0].interface_version, 0x34);
  const [pdu] = centre.submits;
  assert.equal(pdu.destination_addr, '15555550100');
  assert.deepEqual([pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.source_addr_ton], [1, 1, 1]);
  assert.equal(pdu.source_addr, '15555550199');
  assert.equal(pdu.registered_delivery, 1);
  assert.equal(pdu.short_message.message, 'Olga just donated $100 {ngo} é€');
});

test('sends other alphabets as UCS-2', async () => {
  await new Centre().listen();
  const it = sender();
  await it.result(it.send('Ольга 😀'));
  assert.equal(centre.submits[0].data_coding, 8);
  assert.deepEqual(centre.texts(), ['Ольга 😀']);
});

test('sends a long message in parts that a phone can join', async () => {
  await new Centre().listen();
  const it = sender();
  const text = 'A donation of many words. '.repeat(20);
  const result = await it.result(it.send(text));
  assert.equal(result.parts, 4);
  assert.equal(result.ids.length, 4);
  assert.equal(centre.texts().join(''), text);
  const headers = centre.submits.map((pdu) => [...pdu.short_message.udh[0]]);
  const number = headers[0][2];
  headers.forEach((header, index) => assert.deepEqual(header, [0, 3, number, 4, index + 1]));
  assert.ok(centre.submits.every((pdu) => pdu.esm_class === 0x40));
});

test('a part refused for good makes the message permanent and names the part', async () => {
  await new Centre({
    submit(pdu, session, count) {
      if (count === 2) return centre.refuse(pdu, session, smpp.ESME_RINVDSTADR);
      centre.accept(pdu, session);
    },
  }).listen();
  const it = sender('--window', '1');
  const result = await it.result(it.send('x'.repeat(400)));
  assert.equal(result.next, 'permanent');
  assert.equal(
    result.reason,
    'the message centre refused part 2 of 3: ESME_RINVDSTADR (invalid destination address) (1 of 3 parts were accepted)',
  );
  assert.equal(centre.submits.length, 2);
});

test('a throttled message is sent again after a pause', async () => {
  await new Centre({
    submit(pdu, session, count) {
      if (count === 1) return centre.refuse(pdu, session, smpp.ESME_RTHROTTLED);
      if (count === 2) return centre.refuse(pdu, session, smpp.ESME_RMSGQFUL);
      centre.accept(pdu, session);
    },
  }).listen();
  const it = sender();
  assert.equal((await it.result(it.send('x'))).next, 'accepted');
  assert.equal((await it.finish()).throttled, 2);
});

test('hundreds of messages go through a window under throttling', async () => {
  let most = 0;
  let under_way = 0;
  await new Centre({
    submit(pdu, session, count) {
      most = Math.max(most, ++under_way);
      setImmediate(() => {
        under_way -= 1;
        if (count % 100 === 0) return centre.refuse(pdu, session, smpp.ESME_RTHROTTLED);
        centre.accept(pdu, session);
      });
    },
  }).listen();
  const it = sender('--window', '8');
  const numbers = Array.from({length: 500}, (_, i) => it.send(`message ${i}`));
  for (const number of numbers) assert.equal((await it.result(number)).next, 'accepted');
  assert.ok(most <= 8, `${most} were under way`);
  assert.equal(new Set(centre.texts()).size, 500);
});

test('what was under way when the connection dropped is retried, what waited goes on', async () => {
  await new Centre({
    submit(pdu, session, count) {
      if (count === 1) return session.destroy();
      centre.accept(pdu, session);
    },
  }).listen();
  const it = sender('--window', '1');
  const [first, second] = [it.send('one'), it.send('two')];
  const lost = await it.result(first);
  assert.equal(lost.next, 'retry');
  assert.match(lost.reason, /no answer came before the session ended, so it may arrive twice: /);
  assert.equal((await it.result(second)).next, 'accepted');
  assert.equal(centre.binds.length, 2);
});

test('a centre that comes up late is found', async () => {
  await new Centre().listen();
  const port = centre.server.address().port;
  await centre.close();
  const it = sender();
  const number = it.send('x');
  await new Centre().listen(port);
  assert.equal((await it.result(number)).next, 'accepted');
});

test('without a centre the message ends as retry that says why', async () => {
  await new Centre().listen();
  await centre.close();
  const it = sender('--patience', '4');
  const result = await it.result(it.send('x'));
  assert.equal(result.next, 'retry');
  assert.equal(result.reason, `no session with ${centre.address}: Connection refused`);
  await new Centre().listen();
});

test('a wrong password is said, and not asked again at once', async () => {
  await new Centre({bind: (pdu, session) => centre.refuse(pdu, session, smpp.ESME_RINVPASWD)}).listen();
  const it = sender('--patience', '4');
  const result = await it.result(it.send('x'));
  assert.equal(result.next, 'retry');
  assert.match(result.reason, /refused the bind: ESME_RINVPASWD \(invalid password\)/);
  assert.equal(centre.binds.length, 1);
});

test('a centre that falls silent is left for a new session', async () => {
  await new Centre({
    submit(pdu, session, count) {
      if (count > 1) centre.accept(pdu, session);
    },
  }).listen();
  const it = sender('--window', '1');
  const [first, second] = [it.send('one'), it.send('two')];
  const silent = await it.result(first);
  assert.equal(silent.next, 'retry');
  assert.match(silent.reason, /the message centre does not answer/);
  assert.equal((await it.result(second)).next, 'accepted');
});

test('an idle session is kept alive', async () => {
  await new Centre().listen();
  const it = sender('--enquire', '50');
  await it.result(it.send('x'));
  await new Promise((resolve) => {
    const waiting = setInterval(() => {
      if (centre.enquiries < 3) return;
      clearInterval(waiting);
      resolve();
    }, 10);
  });
  assert.equal((await it.result(it.send('y'))).next, 'accepted');
  assert.equal(centre.binds.length, 1);
});

// Sends a receipt and waits for the answer to it.
function deliver(session, fields) {
  return new Promise((resolve) => session.deliver_sm({esm_class: 4, source_addr: '15555550100', ...fields}, resolve));
}

test('delivery receipts are recorded, then answered', async () => {
  await new Centre().listen();
  const it = sender();
  const {ids} = await it.result(it.send('x'));
  const answer = await deliver(centre.sessions[0], {
    short_message: `id:${ids[0]} sub:001 dlvrd:001 submit date:2611240220 done date:2611240221 stat:DELIVRD err:000 text:x`,
  });
  assert.equal(answer.command_status, 0);
  assert.equal((await it.receipt(ids[0])).state, 'DELIVERED');
  await deliver(centre.sessions[0], {receipted_message_id: 'other', message_state: 3, short_message: ''});
  assert.equal((await it.receipt('other')).state, 'EXPIRED');
  assert.equal((await it.finish()).receipts, 2);
});

test('a receipt that could not be kept is asked for again', async () => {
  await new Centre().listen();
  const it = sender('--receipts-fail-first');
  await it.result(it.send('x'));
  const receipt = {short_message: 'id:1 stat:DELIVRD'};
  assert.equal((await deliver(centre.sessions[0], receipt)).command_status, smpp.ESME_RX_T_APPN);
  assert.equal((await deliver(centre.sessions[0], receipt)).command_status, 0);
});

test('a text from a phone is answered and let be', async () => {
  await new Centre().listen();
  const it = sender();
  await it.result(it.send('x'));
  assert.equal((await deliver(centre.sessions[0], {esm_class: 0, short_message: 'STOP'})).command_status, 0);
  assert.equal((await it.finish()).receipts, 0);
});

test('two sessions: one sends, the other hears receipts', async () => {
  await new Centre().listen();
  const it = sender('--two-sessions');
  await it.result(it.send('x'));
  while (centre.binds.length < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(centre.sessions.map((session) => session.kind).sort(), ['bind_receiver', 'bind_transmitter']);
  const receiver = centre.sessions.find((session) => session.kind === 'bind_receiver');
  await deliver(receiver, {short_message: 'id:7 stat:REJECTD'});
  assert.equal((await it.receipt('7')).state, 'REJECTED');
  await it.finish();
  assert.equal(centre.unbinds, 2);
});

test('speaks TLS, and only to a centre whose certificate holds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-sms-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=centre', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], {stdio: 'ignore'});
  await new Centre({}, {key: readFileSync(key), cert: readFileSync(cert)}).listen();
  const good = sender('--tls', '--tls-authorities', cert);
  assert.equal((await good.result(good.send('x'))).next, 'accepted');
  await good.finish();
  const wary = sender('--tls', '--patience', '4');
  const result = await wary.result(wary.send('x'));
  assert.equal(result.next, 'retry');
  assert.match(result.reason, /the certificate does not hold: self-signed certificate/);
});
