// belfry's HTTP gateway sender against a server that checks requests as Twilio and Vonage document them and answers as
// they do.
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';
import {Sender} from './sender.mjs';

let server;
let base;
let seen;
let busy;

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function answer(response, status, value, headers = {}) {
  response.writeHead(status, {'Content-Type': 'application/json', ...headers});
  response.end(JSON.stringify(value));
}

// https://www.twilio.com/docs/messaging/api/message-resource
async function twilio(request, response) {
  const wanted = 'Basic ' + Buffer.from('AC0123:token').toString('base64');
  if (request.headers.authorization !== wanted)
    return answer(response, 401, {code: 20003, message: 'Authenticate', more_info: '', status: 401});
  if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') return answer(response, 415, {});
  const form = new URLSearchParams(await body(request));
  seen.push(Object.fromEntries(form));
  if (busy-- > 0) return answer(response, 429, {code: 20429, message: 'Too Many Requests', status: 429}, {'Retry-After': '2'});
  if (form.get('To') === '+15005550001')
    return answer(response, 400, {code: 21211, message: "Invalid 'To' Phone Number: +1500555XXXX", status: 400});
  if (form.get('Body').length > 1600) return answer(response, 400, {code: 21617, message: 'The concatenated message body exceeds the 1600 character limit', status: 400});
  answer(response, 201, {sid: 'SM' + seen.length, status: 'queued', error_code: null, num_segments: '1'});
}

// https://developer.vonage.com/en/api/sms
async function vonage(request, response) {
  const sent = JSON.parse(await body(request));
  seen.push(sent);
  const messages = (...statuses) =>
    answer(response, 200, {
      'message-count': String(statuses.length),
      messages: statuses.map(([status, text], index) =>
        status === '0' ? {to: sent.to, 'message-id': `v${seen.length}-${index}`, status} : {status, 'error-text': text}),
    });
  if (sent.api_key !== 'key' || sent.api_secret !== 'secret') return messages(['4', 'Bad Credentials']);
  if (!/^\d+$/.test(sent.to)) return messages(['3', 'Invalid value for parameter: to']);
  if (busy-- > 0) return messages(['1', 'Throughput Rate Exceeded - please wait [ 50 ] and retry']);
  if (sent.to === '15005550001') return messages(['7', 'Number barred']);
  if (sent.text.length > 160) return messages(['0'], ['0']);
  messages(['0']);
}

before(async () => {
  server = createServer((request, response) => {
    if (request.method !== 'POST') return answer(response, 405, {});
    if (request.url === '/2010-04-01/Accounts/AC0123/Messages.json') return twilio(request, response);
    if (request.url === '/sms/json') return vonage(request, response);
    if (request.url === '/drop') return request.socket.destroy();
    answer(response, 404, {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

async function results(args, messages) {
  seen = [];
  const sender = new Sender('gateway', ...args);
  const found = [];
  for (const [to, text] of messages) found.push(await sender.result(sender.send(text, to)));
  await sender.finish();
  return found;
}

const byTwilio = (password = 'token') => ['--preset', 'twilio', '--account', 'AC0123', '--password', password, '--from',
  '+15005550006', '--url', `${base}/2010-04-01/Accounts/{{account}}/Messages.json`];
const byVonage = (password = 'secret') => ['--preset', 'vonage', '--user', 'key', '--password', password, '--from', 'belfry',
  '--url', `${base}/sms/json`];

test('Twilio takes what it documents', async () => {
  busy = 0;
  const [good, bad] = await results(byTwilio(), [['+15555550100', 'é & + % 😀'], ['+15005550001', 'x']]);
  assert.deepEqual([good.next, good.ids], ['accepted', ['SM1']]);
  assert.deepEqual(seen[0], {To: '+15555550100', From: '+15005550006', Body: 'é & + % 😀'});
  assert.deepEqual([bad.next, bad.reason],
    ['permanent', "Twilio refused with 400 (error 21211): Invalid 'To' Phone Number: +1500555XXXX"]);
});

test("Twilio's throttling and wrong credentials may pass", async () => {
  busy = 1;
  const [throttled] = await results(byTwilio(), [['+15555550100', 'x']]);
  assert.deepEqual([throttled.next, throttled.retry_after_ms], ['retry', 2000]);
  const [refused] = await results(byTwilio('wrong'), [['+15555550100', 'x']]);
  assert.deepEqual([refused.next, refused.reason], ['retry', 'Twilio refused with 401 (error 20003): Authenticate']);
});

test('Vonage takes what it documents', async () => {
  busy = 0;
  const [good, long, bad] = await results(byVonage(),
    [['+15555550100', 'говорит "да"'], ['+15555550100', 'x'.repeat(200)], ['+15005550001', 'x']]);
  assert.deepEqual([good.next, good.ids], ['accepted', ['v1-0']]);
  assert.deepEqual(seen[0], {api_key: 'key', api_secret: 'secret', from: 'belfry', to: '15555550100',
    text: 'говорит "да"', type: 'unicode'});
  assert.deepEqual([long.next, long.parts, long.ids.length], ['accepted', 2, 2]);
  assert.deepEqual([bad.next, bad.reason], ['permanent', 'Vonage refused part 1 of 1 with status 7: Number barred']);
});

test("Vonage's 200 may be throttling or wrong credentials", async () => {
  busy = 1;
  const [throttled] = await results(byVonage(), [['+15555550100', 'x']]);
  assert.equal(throttled.next, 'retry');
  assert.match(throttled.reason, /Throughput Rate Exceeded/);
  const [refused] = await results(byVonage('wrong'), [['+15555550100', 'x']]);
  assert.equal(refused.next, 'retry');
});

test('a dropped connection may pass, a wrong path does not', async () => {
  const [dropped] = await results(['--url', `${base}/drop`, '--body', 'text={{text}}'], [['+15555550100', 'x']]);
  assert.equal(dropped.next, 'retry');
  const [missing] = await results(['--url', `${base}/none`, '--body', 'text={{text}}'], [['+15555550100', 'x']]);
  assert.deepEqual([missing.next, missing.reason], ['permanent', 'the gateway answered 404: {}']);
});
