// Starts the program that sends (tests/sms/sender.cc), speaks to it and hears what it says.
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

export class Sender {
  constructor(...args) {
    this.process = spawn(process.env.SENDER, args, {stdio: ['pipe', 'pipe', 'pipe']});
    this.errors = '';
    this.process.stderr.on('data', (data) => (this.errors += data));
    this.said = [];
    this.waiting = [];
    createInterface({input: this.process.stdout}).on('line', (line) => {
      this.said.push(JSON.parse(line));
      this.waiting = this.waiting.filter((check) => !check());
    });
    this.ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.sent = 0;
  }

  send(text, to = '+15555550100') {
    this.process.stdin.write(`${to}\t${text}\n`);
    return ++this.sent;
  }

  // The first thing said, now or later, for which `test` holds.
  heard(test) {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.said.find(test);
        if (found) resolve(found);
        return Boolean(found);
      };
      if (!check()) this.waiting.push(check);
    });
  }
  result(message) {
    return this.heard((it) => it.message === message);
  }
  receipt(id, kept = 'yes') {
    return this.heard((it) => it.receipt === id && it.kept === kept);
  }

  // No more to send: the status at the end, once all is answered.
  async finish() {
    this.process.stdin.end();
    const code = await this.ended;
    if (code !== 0) throw new Error(`the sender ended with ${code}: ${this.errors}`);
    return this.said.at(-1);
  }
}
