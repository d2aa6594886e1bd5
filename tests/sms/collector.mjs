// A message centre that writes down what it accepts: collector.mjs [--times] FILE. Binds a free port of 127.0.0.1 and prints
// it. Each text is appended to FILE as one line, joined if it came in parts, before its last submit_sm is answered: what
// belfry heard to be accepted is in the file. --times puts the time of receipt (nanoseconds since 1970) and a space before
// each. Where a receipt is asked for, one is sent. Ends at SIGTERM.
import {openSync, writeSync} from 'node:fs';
import smpp from 'smpp';

const times = process.argv[2] === '--times';
const file = openSync(process.argv[times ? 3 : 2], 'a');
let next = 0;

function append(text) {
  const time = times ? `${BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n} ` : '';
  writeSync(file, time + text.replaceAll('\n', ' ') + '\n');
}

// The whole text once its last part is here, else nothing. Parts carry reference, total and number (3GPP TS 23.040 9.2.3.24.1).
function joined(pdu, waiting) {
  const {message, udh} = pdu.short_message;
  const header = udh?.find((element) => element[0] === 0);
  if (!header) return message;
  const [reference, total, number] = header.subarray(2);
  const key = `${pdu.source_addr} ${pdu.destination_addr} ${reference} ${total}`;
  if (!waiting.has(key)) waiting.set(key, new Map());
  const parts = waiting.get(key).set(number, message);
  if (parts.size < total) return undefined;
  waiting.delete(key);
  return [...parts.keys()].sort((a, b) => a - b).map((each) => parts.get(each)).join('');
}

const server = smpp.createServer({}, (session) => {
  const waiting = new Map(); // parts of this session: a text cut off by its end is sent anew as a whole
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => session.send(pdu.response({system_id: 'collector'})));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
  session.on('submit_sm', (pdu) => {
    const text = joined(pdu, waiting);
    if (text !== undefined) append(text);
    const id = String(++next);
    session.send(pdu.response({message_id: id}));
    if (!(pdu.registered_delivery & 1)) return;
    const short_message = `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:`;
    session.deliver_sm({esm_class: 4, source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, short_message});
  });
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => process.exit(0));
